/* --output and --format: where results go and as what. */
#ifndef COMMAND_DEST_H
#define COMMAND_DEST_H

#include "cmd.h"

#include "../base/buf.h"
#include "../mail/writer.h"

enum dest_kind {
	DEST_JSON, /* an array, null-terminated */
	DEST_JSONL, /* one object per line; also ndjson, ldjson */
	DEST_CONCATJSON, /* objects, a newline at the end */
	DEST_TEXT, /* for a person */
	DEST_REPLY, /* likewise, to be answered */
	DEST_MAIL, /* a mail_format */
};

struct dest {
	enum dest_kind kind;
	enum mail_format format; /* DEST_MAIL */
	const char *path; /* NULL: standard output */
	struct buf shown; /* the path as feedback and MUAs get it: absolute, a Maildir with '/' */
};

static inline bool dest_is_text(const struct dest *d)
{
	return d->kind == DEST_TEXT || d->kind == DEST_REPLY;
}

/* `output` (NULL or "-": standard output) may start with "format:"; `format` may be NULL. */
int dest_parse(const char *output, const char *format, const char *format_option, struct dest *ret,
               struct err *e);
void dest_free(struct dest *d);

/* DEST_MAIL only. */
int dest_open(const struct dest *d, const struct writer_opts *opts, struct mail_writer **ret,
              struct err *e);

#endif

/* Messages as text for a person: -f text and -f reply, to standard output or a file. */
#ifndef COMMAND_TEXT_OUT_H
#define COMMAND_TEXT_OUT_H

#include "cmd.h"
#include "dest.h"

#include "../base/buf.h"
#include "../mail/outfile.h"
#include "../mail/palette.h"

struct text_out { /* zeroed before use */
	const struct dest *dest;
	struct buf buf; /* not written yet */
	struct outfile *file; /* NULL: standard output */
	struct palette palette;
	bool colored;
};

struct text_mail {
	const char *raw;
	size_t len;
	const char *oid; /* NULL: in no store */
	int64_t received;
	int pct; /* -1 for unknown */
	kw_set kw;
	const char *labels; /* NUL-separated, ended by an empty string */
};

/* Coloured when --color says so, or when standard output is the place and a terminal: to be asked
 * before a pager takes that over.  DEST_TEXT and DEST_REPLY; does nothing for other kinds. */
int text_out_prepare(struct text_out *t, const struct cmd *c, const struct dest *d, struct err *e);
int text_out_open(struct text_out *t, const struct writer_opts *opts, struct err *e);
int text_out_put(struct text_out *t, const struct text_mail *m, struct err *e);
int text_out_close(struct text_out *t, struct err *e); /* all is out, in a file durable */
void text_out_free(struct text_out *t); /* what was not closed is dropped */

#endif

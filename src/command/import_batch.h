/* A batch: raw mails on their way from the splitter to a parser, one after the other, each
 * behind its length, keywords and the file that it was read from.  Lives in memory or in a memfd, between processes of one
 * build; read checked all the same. */
#ifndef COMMAND_IMPORT_BATCH_H
#define COMMAND_IMPORT_BATCH_H

#include "../base/buf.h"
#include "../mail/source.h"

#include <stdbool.h>

struct err;
struct encoder;

enum { BATCH_BYTES = 1 << 20 }; /* a batch is closed when it has this much */

struct batch_mail {
	const char *data;
	size_t len;
	kw_set kw;
	const char *folder, *name; /* both "" when it is in no folder that we remember */
};

/* `folder`: the URL of the one in which m->name is, NULL for none. */
void batch_add(struct buf *b, const struct raw_mail *m, const char *folder);
/* 1 with the mail at *at, which advances; 0 at the end; -EBADMSG. */
int batch_next(const char *data, size_t len, size_t *at, struct batch_mail *ret);

/* Write bytes to a new memfd (close-on-exec). */
int memfd_with(const char *data, size_t len, int *ret, struct err *e);

struct marks { /* what +kw:, +L: and --no-kw ask for */
	kw_set kw;
	bool take_kw;
	const char *labels;
	bool index_only; /* the bytes stay where they are */
};
/* Parse every mail of a batch and append the records to `out`. */
int batch_to_records(struct encoder *x, const char *data, size_t len, const struct marks *marks,
                     struct buf *out, struct err *e);

#endif

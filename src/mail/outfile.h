/* A file that becomes what it shall be all at once: written beside under no name, and renamed over when
 * everything is durable.  What is locked stays so until then.
 *
 * A FIFO or device is written directly, as it comes. */
#ifndef MAIL_OUTFILE_H
#define MAIL_OUTFILE_H

#include "sink.h"
#include "writer.h"

struct outfile;

enum outfile_kind {
	OUTFILE_MBOX, /* only added to an mbox; an empty line parts the mails */
	OUTFILE_TEXT,
};

/* Compressed when the name ends so.  Unless it is replaced, what is there is copied first. */
int outfile_open(const char *path, enum outfile_kind kind, const struct writer_opts *opts,
                 struct outfile **ret, struct err *e);
struct sink *outfile_sink(struct outfile *o);
void outfile_staged(struct outfile *o, mail_staged_fn *fn, void *rock); /* see writer.h */
bool outfile_joins(const struct outfile *o); /* something was there, and stays */
int outfile_close(struct outfile *o, struct err *e); /* frees o in any case */
void outfile_abort(struct outfile *o); /* the file stays as it was; NULL is fine */

#endif

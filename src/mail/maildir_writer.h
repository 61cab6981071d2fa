/* Mail into a Maildir: everything goes to tmp/ first and moves when all of it is durable. */
#ifndef MAIL_MAILDIR_WRITER_H
#define MAIL_MAILDIR_WRITER_H

#include "writer.h"

struct err;
struct out_mail;
struct maildir_writer;

/* The Maildir, and what leads to it, is made when absent. */
int maildir_writer_open(const char *path, enum writer_mode mode, struct maildir_writer **ret,
                        struct err *e);
void maildir_writer_tell(struct maildir_writer *w, mail_written_fn *fn, void *rock);
void maildir_writer_staged(struct maildir_writer *w, mail_staged_fn *fn, void *rock);
size_t maildir_writer_count(const struct maildir_writer *w);
int maildir_writer_put(struct maildir_writer *w, const struct out_mail *m, struct err *e);
int maildir_writer_close(struct maildir_writer *w, struct err *e); /* frees w */
void maildir_writer_abort(struct maildir_writer *w); /* frees w; NULL is fine */

#endif

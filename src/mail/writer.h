/* Mail out: one message after the other to an mbox, a Maildir or a descriptor. */
#ifndef MAIL_WRITER_H
#define MAIL_WRITER_H

#include "format.h"
#include "keywords.h"

#include <stdbool.h>
#include <stddef.h>

struct err;
struct mail_writer;

struct out_mail {
	const char *data; /* what to write; an mbox gets new Status, Lines, ... fields */
	size_t len;
	const char *oid; /* 40 hex digits: for the From_ line and the Maildir name; NULL is fine */
	kw_set kw;
};

/* mbox to a descriptor (the caller's; e.g. stdout, perhaps a pipe): written as it comes. */
int mail_writer_fd(int fd, const char *name, enum mail_format f, struct mail_writer **ret,
                   struct err *e);
enum writer_mode {
	WRITER_REPLACE,
	WRITER_AUGMENT, /* what is new is told from what is there: no O in Status, new/ */
	WRITER_APPEND, /* what comes is as old as what is there */
};

/* To a path: a Maildir (made when absent), or an mbox file.  WRITER_REPLACE replaces what is there,
 * as the original does, but only once everything new is durable: an mbox is written beside and
 * renamed over; Maildir files go through tmp/. */
int mail_writer_path(const char *path, enum mail_format f, enum writer_mode mode,
                     struct mail_writer **ret, struct err *e);
int mail_writer_put(struct mail_writer *w, const struct out_mail *m, struct err *e);
/* Flush and make durable; only a 0 from here means that everything is out.  Frees w. */
int mail_writer_close(struct mail_writer *w, struct err *e);
void mail_writer_abort(struct mail_writer *w); /* leave the destination as it was; NULL is fine */

#endif

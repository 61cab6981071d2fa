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
	kw_set own; /* of those, what `tell` is to say of the file alone */
};

/* mbox to a descriptor (the caller's; e.g. stdout, perhaps a pipe): written as it comes. */
int mail_writer_fd(int fd, const char *name, enum mail_format f, struct mail_writer **ret,
                   struct err *e);
enum writer_mode {
	WRITER_REPLACE,
	WRITER_AUGMENT, /* what is new is told from what is there: no O in Status, new/ */
	WRITER_UPDATE, /* likewise, also where nothing is there (any more) */
	WRITER_APPEND, /* what comes is as old as what is there */
};

struct lock_plan;
struct writer_opts { /* zeroed: replace, without locks */
	enum writer_mode mode;
	const struct lock_plan *lock; /* of a file that is an mbox; may be NULL */
	bool rsyncable; /* compress so that a small change stays small */
};

/* To a path: a Maildir (made when absent), or an mbox file, compressed when its name ends in .gz, .bz2,
 * .xz or .zst.  WRITER_REPLACE replaces what is there, as the original does, but only once
 * everything new is durable: an mbox is written beside and renamed over; Maildir files go through
 * tmp/. */
int mail_writer_path(const char *path, enum mail_format f, const struct writer_opts *opts,
                     struct mail_writer **ret, struct err *e);

/* A Maildir's file, as `tell` below hears of it. */
struct written {
	const char *name; /* without a directory */
	bool gone; /* it was there before, and was removed; the rest is about what is there now */
	const char *oid; /* as given with the mail; "" for none */
	kw_set kw, own;
};
typedef int mail_written_fn(void *rock, const struct written *f, struct err *e);
/* When a Maildir is closed, tell fn of each file that is new in it or was removed from it, once it is
 * durable; non-zero ends the telling, and is the result of the close.  Others never tell. */
void mail_writer_tell(struct mail_writer *w, mail_written_fn *fn, void *rock);

/* When a writer to a path is closed, fn is called once everything is durable beside its place and before
 * anything appears in it, with a token for staged.h; non-zero ends the close, and is its result. */
typedef int mail_staged_fn(void *rock, const char *token, struct err *e);
void mail_writer_staged(struct mail_writer *w, mail_staged_fn *fn, void *rock);
/* Mails that will appear so far. */
size_t mail_writer_count(const struct mail_writer *w);

int mail_writer_put(struct mail_writer *w, const struct out_mail *m, struct err *e);
/* Flush and make durable; only a 0 from here means that everything is out.  Frees w. */
int mail_writer_close(struct mail_writer *w, struct err *e);
void mail_writer_abort(struct mail_writer *w); /* leave the destination as it was; NULL is fine */

#endif

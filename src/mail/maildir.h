/* Reading a Maildir while others change it. */
#ifndef MAIL_MAILDIR_H
#define MAIL_MAILDIR_H

#include "keywords.h"

#include <stdbool.h>
#include <stddef.h>

struct err;

struct maildir_mail { /* valid during the call */
	const char *data;
	size_t len;
	const char *name; /* of its file, without a directory */
	kw_set kw; /* its flags */
};
/* One mail; non-zero stops the reading. */
typedef int maildir_fn(void *rock, const struct maildir_mail *m, struct err *e);

/* Has the directory open at `fd` a cur/ or a new/? */
bool maildir_is(int fd);
/* Has it files named by numbers, as MH makes them? */
bool maildir_is_mh(int fd);
#define MH_INSTEAD "name the files in it, with -F eml"
/* Each mail of new/ and cur/ once, in the order of names; trash (T), dot files and what is no
 * regular file are skipped, names that we do not understand are mail without flags.  A file
 * that cannot be read costs only itself: its error is returned after the others are delivered.
 * `name` is for messages. */
int maildir_read(int fd, const char *name, maildir_fn *fn, void *rock, struct err *e);
bool maildir_is_trash(const char *basename);
/* Each name in the directory `dir`, dot files and subdirectories left out, in no order; a
 * negative return of fn ends the walk and is returned. */
int maildir_each_name(int dir, int (*fn)(void *rock, const char *name), void *rock);

/* One mail by the name of its file: in new/ or cur/, and under whatever flags it has by now.  Offers
 * all that may be meant to fn, whose first non-zero result is returned; 0: no file, or none was
 * taken. */
struct maildir_lookup;
int maildir_lookup_open(const char *path, struct maildir_lookup **ret, struct err *e);
int maildir_lookup(struct maildir_lookup *l, const char *name, maildir_fn *fn, void *rock,
                   struct err *e);
void maildir_lookup_close(struct maildir_lookup *l); /* NULL is fine */

#endif

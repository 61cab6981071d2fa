/* Reading a Maildir while others change it. */
#ifndef MAIL_MAILDIR_H
#define MAIL_MAILDIR_H

#include "keywords.h"

#include <stdbool.h>
#include <stddef.h>

struct err;

/* One mail; non-zero stops the reading. */
typedef int maildir_fn(void *rock, const char *data, size_t len, kw_set kw, struct err *e);

/* Has the directory open at `fd` a cur/ or a new/? */
bool maildir_is(int fd);
/* Each mail of new/ and cur/ once, in the order of names; trash (T), dot files and what is no
 * regular file are skipped, names that we do not understand are mail without flags.  A file
 * that cannot be read costs only itself: its error is returned after the others are delivered.
 * `name` is for messages. */
int maildir_read(int fd, const char *name, maildir_fn *fn, void *rock, struct err *e);
bool maildir_is_trash(const char *basename);
/* Each name in the directory `dir`, dot files and subdirectories left out, in no order; a
 * negative return of fn ends the walk and is returned. */
int maildir_each_name(int dir, int (*fn)(void *rock, const char *name), void *rock);

#endif

/* Directories below a directory, for those who look for Maildirs. */
#ifndef MAIL_TREE_H
#define MAIL_TREE_H

struct err;

/* fn for each directory at and below path, before it is read, so that it can be watched from then
 * on; non-zero ends the walk and is returned.  Links are not followed, and cur, new and tmp of a
 * Maildir are left out. */
typedef int tree_fn(void *rock, const char *path, struct err *e);
int tree_walk(const char *path, tree_fn *fn, void *rock, struct err *e);

#endif

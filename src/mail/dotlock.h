/* A dotlock: the file PATH.lock, there while somebody works on PATH.
 *
 * Ours tells who made it.  A guard, a child in a group of its own, removes it when its maker is
 * killed; one that was left nevertheless is taken for stale when it was made here, by a process that
 * is gone.  Nobody else's is ever removed. */
#ifndef MAIL_DOTLOCK_H
#define MAIL_DOTLOCK_H

#include <sys/types.h>

struct dotlock;

/* For the file `path`, once: 0, -EEXIST while somebody else has it, or another -errno. */
int dotlock_try(const char *path, struct dotlock **ret);
void dotlock_free(struct dotlock *l); /* it is there no more; NULL is fine */
/* Who holds the lock of the file `path`: as it says itself; 0 for unknown. */
pid_t dotlock_holder(const char *path);

#endif

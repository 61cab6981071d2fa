/* Locks of a mailbox file, as other mail programs take them: dotlock, fcntl, flock. */
#ifndef MAIL_MBOX_LOCK_H
#define MAIL_MBOX_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct mbox_lock;

enum lock_method { LOCK_FCNTL, LOCK_DOTLOCK, LOCK_FLOCK, LOCK_METHODS };

struct lock_plan { /* zeroed: no locks */
	enum lock_method methods[LOCK_METHODS]; /* in this order */
	size_t n;
	int64_t timeout_ns, delay_ns; /* how long to try, and how often */
	bool by_default; /* nobody asked for it */
};

/* fcntl and dotlock, for 5 seconds, as the original and Debian's policy have it. */
struct lock_plan lock_plan_default(void);
/* "dotlock,fcntl timeout=30": methods and "none", "timeout=SECONDS", "delay=SECONDS", parted by commas or
 * blanks. */
int lock_plan_parse(const char *words, struct lock_plan *ret, struct err *e);

enum lock_access { LOCK_TO_READ, LOCK_TO_WRITE };

/* Open and lock the file `path`, which is made when it is to be written and is not there; a symbolic
 * link is followed.  Waits as the plan says; -EBUSY then, and the text names the lock and, where it
 * is known, its holder.  By default a reader who may not make files there does without dotlock. */
int mbox_lock_open(const char *path, enum lock_access access, const struct lock_plan *plan,
                   struct mbox_lock **ret, struct err *e);
int mbox_lock_fd(const struct mbox_lock *l); /* at the start of the file; stays the lock's */
const char *mbox_lock_path(const struct mbox_lock *l); /* where the file is, links followed */
void mbox_lock_unmake(
    struct mbox_lock *l); /* remove the file if it was not there and is still empty */
void mbox_lock_free(struct mbox_lock *l); /* unlocks; NULL is fine */

#endif

/* A backend: who tells us that something changed in a directory.
 *
 * Three of them behind one struct of functions: inotify, kqueue (EVFILT_VNODE), and polling for file
 * systems that notify nobody.  A backend watches directories, never files, and reports names where
 * it knows them.  Whatever it cannot report exactly (a full queue, kqueue's "something changed") it
 * reports as BACKEND_LOOK: the caller scans.  Silence always means that nothing happened, but for:
 * - inotify and kqueue watch the directory, not the way to it: a rename further up, a symlink turned
 *   elsewhere, something mounted over it, or (inotify) its removal while somebody has it open.  Who
 *   wants to know watches what is above, too;
 * - kqueue and polling do not see that a file was rewritten in its place, inotify sees it when the
 *   writer closes it. */
#ifndef WATCH_BACKEND_H
#define WATCH_BACKEND_H

#include "../event/event.h"

#include <stdbool.h>
#include <stdint.h>

struct err;

enum backend_news {
	BACKEND_NAME, /* this name appeared, vanished or was changed */
	BACKEND_LOOK, /* look at the whole directory */
	BACKEND_LOST, /* the directory went away (removed, moved, unmounted): no more news from it, and
	               * the id is free */
};

/* `id` is the caller's number of the directory; name is NULL unless BACKEND_NAME. */
typedef void backend_fn(void *rock, unsigned id, enum backend_news news, const char *name);

struct backend; /* one instance: one loop */
struct backend_ops {
	const char *name; /* "inotify", "kqueue", "poll" */
	/* fn is called from turns of the loop, and may add and remove, but not close.  -EMFILE;
	 * -ENOSYS where the system has no such thing. */
	int (*open)(struct loop *l, backend_fn *fn, void *rock, struct backend **ret,
	            struct err *e);
	/* Begin to watch `path`; the state before the call is the caller's to scan *afterwards*, so that
	 * nothing falls in between.  -ENOSPC, -EMFILE: at the system's limit (another backend may do);
	 * -EOPNOTSUPP: this file system tells nobody (network, FUSE); -ENOENT, -EACCES, -ENOTDIR;
	 * -EEXIST for an id in use.  One directory may have many ids.  `path` is absolute. */
	int (*add)(struct backend *b, unsigned id, const char *path, struct err *e);
	void (*remove)(struct backend *b, unsigned id); /* no news any more; unknown is fine */
	/* Before loop_free; not in a child after fork, whose loop_after_fork is enough.  NULL is
	 * fine. */
	void (*close)(struct backend *b);
};

extern const struct backend_ops backend_inotify, backend_kqueue, backend_poll;

/* How long the polling one waits between looks (the least time; 2 s at first).  -EBUSY while it
 * watches something, -EINVAL below a millisecond. */
int backend_poll_period(struct backend *poll, int64_t period_ns);

/* The ones to try for a directory, best first, ended by NULL; `choice` is the user's ("auto", or a
 * name): -EINVAL for an unknown one. */
int backend_candidates(const char *choice, const struct backend_ops *ret[4], struct err *e);

#endif

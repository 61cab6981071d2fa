/* A backend: who tells us that something changed in a directory.
 *
 * Three of them behind one struct of functions: inotify, kqueue (EVFILT_VNODE), and polling for file
 * systems that notify nobody.  A backend watches directories, never files, and reports names where
 * it knows them.  Whatever it cannot report exactly (a full queue, a directory moved or removed, an
 * unmount, kqueue's "something changed") it reports as BACKEND_LOOK: the caller scans.  Silence
 * always means that nothing happened. */
#ifndef WATCH_BACKEND_H
#define WATCH_BACKEND_H

#include "../event/event.h"

#include <stdbool.h>
#include <stdint.h>

struct err;

enum backend_news {
	BACKEND_NAME, /* this name appeared, vanished or was changed */
	BACKEND_LOOK, /* look at the whole directory */
	BACKEND_LOST, /* the directory went away (removed, moved, unmounted): no more news from it */
};

/* `id` is the caller's number of the directory; name is NULL unless BACKEND_NAME. */
typedef void backend_fn(void *rock, unsigned id, enum backend_news news, const char *name);

struct backend; /* one instance: one loop */
struct backend_ops {
	const char *name; /* "inotify", "kqueue", "poll" */
	/* fn is called from turns of the loop.  -ENOSYS where the system has no such thing. */
	int (*open)(struct loop *l, backend_fn *fn, void *rock, struct backend **ret,
	            struct err *e);
	/* Begin to watch `path`; the state before the call is the caller's to scan *afterwards*, so that
	 * nothing falls in between.  -ENOSPC, -EMFILE: at the system's limit (another backend may do);
	 * -EOPNOTSUPP: this file system tells nobody (network, FUSE); -ENOENT, -EACCES, -ENOTDIR. */
	int (*add)(struct backend *b, unsigned id, const char *path, struct err *e);
	void (*remove)(struct backend *b,
	               unsigned id); /* no news of it any more; unknown is fine */
	void (*close)(struct backend *b); /* NULL is fine */
};

extern const struct backend_ops backend_inotify, backend_kqueue, backend_poll;

/* The ones to try for a directory, best first, ended by NULL; `choice` is the user's ("auto", or a
 * name): -EINVAL for an unknown one. */
int backend_candidates(const char *choice, const struct backend_ops *ret[4], struct err *e);

#endif

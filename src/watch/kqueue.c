/* kqueue's EVFILT_VNODE: a descriptor for each directory, and "something changed", without names.
 * KQUEUE_HEADER: what to take instead of <sys/event.h>; the tests have a kqueue of their own. */
#if !defined(KQUEUE_HEADER) && __has_include(<sys/event.h>)
#define KQUEUE_HEADER <sys/event.h>
#endif

#ifdef KQUEUE_HEADER

#include "../base/err.h"
#include "backend.h"
#include "backend_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/param.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>
#include KQUEUE_HEADER

#define CHANGED (NOTE_WRITE | NOTE_EXTEND)
#define ENDED (NOTE_DELETE | NOTE_RENAME | NOTE_REVOKE)

/* A turn takes so many, so that a flood leaves the loop to others in between. */
enum { EVENTS_PER_TURN = 64 };

struct dir {
	unsigned id;
	int fd;
};

struct backend {
	struct stream *stream;
	backend_fn *fn;
	void *rock;
	int kq;
	struct backend_table by_id; /* owns the dirs */
};

/* Closing the descriptor ends what was asked of it, and drops what it has to say. */
static void dir_free(struct dir *d)
{
	if (d->fd >= 0)
		close(d->fd);
	free(d);
}

static void kq_remove(struct backend *b, unsigned id)
{
	struct dir *d = backend_table_take(&b->by_id, id);
	if (d)
		dir_free(d);
}

/* ---- what the kernel says ---- */

static void deliver(struct backend *b, const struct kevent *kev)
{
	unsigned id = (unsigned)(uintptr_t)kev->udata;
	if (kev->fflags & ENDED) {
		kq_remove(b, id);
		b->fn(b->rock, id, BACKEND_LOST, NULL);
	} else {
		b->fn(b->rock, id, BACKEND_LOOK, NULL);
	}
}

/* One by one: a callback may remove a directory, and an event of it that was taken out with others
 * would be stale. */
static void ready(struct stream *s, unsigned what, void *rock)
{
	static const struct timespec at_once;
	struct backend *b = rock;
	(void)s;
	(void)what;
	struct kevent kev;
	for (int n = 0; n < EVENTS_PER_TURN; n++) {
		if (kevent(b->kq, NULL, 0, &kev, 1, &at_once) < 1)
			break;
		deliver(b, &kev);
	}
}

/* ---- the interface ---- */

static void kq_close(struct backend *b)
{
	if (!b)
		return;
	stream_free(b->stream);
	for (size_t i = 0; i < b->by_id.n; i++)
		dir_free(b->by_id.at[i].item);
	backend_table_done(&b->by_id);
	if (b->kq >= 0)
		close(b->kq);
	free(b);
}

/* A kqueue is not inherited by fork, and this process has one thread: nobody gets it in between. */
static int kq_start(struct backend *b, struct loop *l, struct err *e)
{
	b->kq = kqueue();
	if (b->kq < 0 || fcntl(b->kq, F_SETFD, FD_CLOEXEC) < 0)
		return err_sys(e, errno, "kqueue");
	b->stream = stream_new(l, b->kq, STREAM_READ, ready, b);
	return b->stream ? 0 : err_sys(e, errno, "kqueue");
}

static int kq_open(struct loop *l, backend_fn *fn, void *rock, struct backend **ret, struct err *e)
{
	struct backend *b = calloc(1, sizeof *b);
	if (!b)
		return err_sys(e, ENOMEM, "kqueue");
	b->kq = -1;
	b->fn = fn;
	b->rock = rock;
	int rc = kq_start(b, l, e);
	if (rc < 0)
		kq_close(b);
	else
		*ret = b;
	return rc;
}

/* Does the kernel hear of everything that happens there?  NetBSD has no such call. */
static bool hears_all(int fd)
{
#if defined(MNT_LOCAL) && !defined(__NetBSD__)
	struct statfs fs;
	return fstatfs(fd, &fs) == 0 && (fs.f_flags & MNT_LOCAL) &&
	       !strstr(fs.f_fstypename, "fuse");
#else
	(void)fd;
	return true;
#endif
}

static int watch(struct backend *b, const struct dir *d)
{
	struct kevent kev;
	if (d->fd < 0)
		return -errno;
	if (!hears_all(d->fd))
		return -EOPNOTSUPP;
	EV_SET(&kev, (uintptr_t)d->fd, EVFILT_VNODE, EV_ADD | EV_CLEAR, CHANGED | ENDED, 0,
	       (void *)(uintptr_t)d->id);
	if (kevent(b->kq, &kev, 1, NULL, 0, NULL) == 0)
		return 0;
	/* Some say of file systems without notes that the argument is wrong. */
	return errno == EINVAL || errno == ENOTSUP ? -EOPNOTSUPP : -errno;
}

static int kq_add(struct backend *b, unsigned id, const char *path, struct err *e)
{
	if (backend_table_get(&b->by_id, id))
		return err_sys(e, EEXIST, "%s", path);
	struct dir *d = malloc(sizeof *d);
	if (!d)
		return err_sys(e, ENOMEM, "%s", path);
	*d = (struct dir){ id, open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	int rc = watch(b, d);
	if (rc == 0)
		rc = backend_table_put(&b->by_id, id, d);
	if (rc == 0)
		return 0;
	dir_free(d);
	return rc == -EOPNOTSUPP
	           ? err_set(e, rc, "%s: its file system does not tell of changes", path)
	           : err_sys(e, -rc, "%s: kqueue", path);
}

const struct backend_ops backend_kqueue = { "kqueue", kq_open, kq_add, kq_remove, kq_close };

#else

#include "backend_absent.h"

const struct backend_ops backend_kqueue = BACKEND_ABSENT("kqueue");

#endif

/* inotify: exact names, until its queue is full. */
#ifdef __linux__

#include "../base/err.h"
#include "backend.h"
#include "backend_local.h"
#include "backend_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

/* A Maildir's file is complete when it appears, by rename or link; but some copy right into cur/,
 * and what was half there when it was created is whole when its writer closes it. */
#define APPEARED (IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE)
#define VANISHED (IN_DELETE | IN_MOVED_FROM)
#define ENDED (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)
#define ASKED (APPEARED | VANISHED | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK)

/* A turn reads one portion, so that a flood leaves the loop to others in between. */
enum { PORTION = 64 * 1024 };

struct dir {
	unsigned id;
	int wd; /* the kernel gives one directory one, however often it is added */
	char path[];
};

struct backend {
	struct stream *stream;
	backend_fn *fn;
	void *rock;
	int fd;
	struct backend_table by_id, by_wd; /* own the dirs, together */
	_Alignas(struct inotify_event) char portion[PORTION];
};

static uint64_t wd_key(int wd, unsigned id)
{
	return (uint64_t)(uint32_t)wd << 32 | id;
}

/* The first directory of this watch with an id not below. */
static struct dir *watch_from(const struct backend *b, int wd, uint64_t id)
{
	struct dir *d = id > UINT32_MAX ? NULL
	                                : backend_table_from(&b->by_wd, wd_key(wd, (unsigned)id));
	return d && d->wd == wd ? d : NULL;
}

/* Stop a watch that nobody has any more.  The kernel may have done so already.  It does not give
 * the number again, so what is still in the queue is nobody's. */
static void watch_release(struct backend *b, int wd)
{
	if (!watch_from(b, wd, 0))
		(void)inotify_rm_watch(b->fd, wd);
}

static void forget(struct backend *b, struct dir *d)
{
	backend_table_take(&b->by_id, d->id);
	backend_table_take(&b->by_wd, wd_key(d->wd, d->id));
	watch_release(b, d->wd);
	free(d);
}

static void lose(struct backend *b, struct dir *d)
{
	unsigned id = d->id;
	forget(b, d);
	b->fn(b->rock, id, BACKEND_LOST, NULL);
}

/* ---- what the kernel says ---- */

/* Is the path still the watched directory?  The answer is a watch, which may be a new one. */
static bool still_there(struct backend *b, const struct dir *d)
{
	int wd = inotify_add_watch(b->fd, d->path, ASKED);
	if (wd >= 0)
		watch_release(b, wd);
	return wd == d->wd;
}

/* Anything may have been lost, the end of a watch included. */
static void overflow(struct backend *b)
{
	struct dir *d;
	for (uint64_t next = 0; (d = backend_table_from(&b->by_id, next));) {
		next = (uint64_t)d->id + 1;
		if (still_there(b, d))
			b->fn(b->rock, d->id, BACKEND_LOOK, NULL);
		else
			lose(b, d);
	}
}

static void deliver(struct backend *b, const struct inotify_event *ev)
{
	struct dir *d;
	if (ev->mask & IN_Q_OVERFLOW) {
		overflow(b);
		return;
	}
	for (uint64_t next = 0; (d = watch_from(b, ev->wd, next));) {
		next = (uint64_t)d->id + 1;
		if (ev->mask & ENDED)
			lose(b, d);
		else if (ev->len > 0)
			b->fn(b->rock, d->id, BACKEND_NAME, ev->name);
	}
}

static void ready(struct stream *s, unsigned what, void *rock)
{
	struct backend *b = rock;
	(void)s;
	(void)what;
	ssize_t got = read(b->fd, b->portion, sizeof b->portion);
	for (const char *p = b->portion; got > 0 && p < b->portion + got;) {
		const struct inotify_event *ev = (const void *)p;
		p += sizeof *ev + ev->len;
		deliver(b, ev);
	}
}

/* ---- the interface ---- */

static void in_close(struct backend *b)
{
	if (!b)
		return;
	stream_free(b->stream);
	if (b->fd >= 0)
		close(b->fd);
	for (size_t i = 0; i < b->by_id.n; i++)
		free(b->by_id.at[i].item);
	backend_table_done(&b->by_id);
	backend_table_done(&b->by_wd);
	free(b);
}

static int in_start(struct backend *b, struct loop *l, struct err *e)
{
	b->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (b->fd < 0)
		return err_sys(e, errno, "inotify%s",
		               errno == EMFILE ? " (see fs.inotify.max_user_instances)" : "");
	b->stream = stream_new(l, b->fd, STREAM_READ, ready, b);
	return b->stream ? 0 : err_sys(e, errno, "inotify");
}

static int in_open(struct loop *l, backend_fn *fn, void *rock, struct backend **ret, struct err *e)
{
	struct backend *b = calloc(1, sizeof *b);
	if (!b)
		return err_sys(e, ENOMEM, "inotify");
	b->fd = -1;
	b->fn = fn;
	b->rock = rock;
	int rc = in_start(b, l, e);
	if (rc < 0)
		in_close(b);
	else
		*ret = b;
	return rc;
}

static int watch(struct backend *b, const char *path, struct err *e)
{
	struct statfs fs;
	if (statfs(path, &fs) < 0)
		return err_sys(e, errno, "%s", path);
	if (!backend_hears_all((uint32_t)fs.f_type))
		return err_set(e, -EOPNOTSUPP, "%s: its file system does not tell of changes",
		               path);
	int wd = inotify_add_watch(b->fd, path, ASKED);
	if (wd < 0)
		return err_sys(e, errno, "%s: inotify%s", path,
		               errno == ENOSPC ? " (see fs.inotify.max_user_watches)" : "");
	return wd;
}

static int enter(struct backend *b, struct dir *d)
{
	int rc = backend_table_put(&b->by_id, d->id, d);
	if (rc < 0)
		return rc;
	rc = backend_table_put(&b->by_wd, wd_key(d->wd, d->id), d);
	if (rc < 0)
		backend_table_take(&b->by_id, d->id);
	return rc;
}

static int in_add(struct backend *b, unsigned id, const char *path, struct err *e)
{
	if (backend_table_get(&b->by_id, id))
		return err_sys(e, EEXIST, "%s", path);
	int wd = watch(b, path, e);
	if (wd < 0)
		return wd;
	size_t size = strlen(path) + 1;
	struct dir *d = malloc(sizeof *d + size);
	int rc = -ENOMEM;
	if (d) {
		d->id = id;
		d->wd = wd;
		memcpy(d->path, path, size);
		rc = enter(b, d);
	}
	if (rc < 0) {
		free(d);
		watch_release(b, wd);
		return err_sys(e, -rc, "%s", path);
	}
	return 0;
}

static void in_remove(struct backend *b, unsigned id)
{
	struct dir *d = backend_table_get(&b->by_id, id);
	if (d)
		forget(b, d);
}

const struct backend_ops backend_inotify = { "inotify", in_open, in_add, in_remove, in_close };

#else

#include "backend_absent.h"

const struct backend_ops backend_inotify = BACKEND_ABSENT("inotify");

#endif

/* Polling: look at every directory's times once in a while, for file systems that tell nobody.
 *
 * A directory's time may be coarse: what changes within the same tick after we looked leaves it as
 * it is.  And it is another machine's, so it cannot be compared with our clock.  So each time that
 * was seen for the first time is good for a second look, once the coarsest tick is over. */
#include "../base/err.h"
#include "backend.h"
#include "backend_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PERIOD_NS (2 * EVENT_SECOND)
#define TICK_NS (2 * EVENT_SECOND) /* FAT's */

/* Which directory it is, and its state as far as it shows. */
struct stamp {
	uint64_t dev, ino, size, mtime_ns, ctime_ns;
};

struct dir {
	unsigned id;
	int64_t rounds; /* until the second look; 0: it was done */
	struct stamp stamp;
	char path[];
};

struct backend {
	backend_fn *fn;
	void *rock;
	struct stream *stream; /* without a descriptor: carries the event */
	waitevent round; /* while there is something to look at */
	int64_t period_ns;
	struct backend_table by_id; /* owns the dirs */
};

/* ---- stamps ---- */

/* May wrap: it is only compared. */
static uint64_t nanoseconds(int64_t sec, int64_t nsec)
{
	return (uint64_t)sec * (uint64_t)EVENT_SECOND + (uint64_t)nsec;
}

#ifdef AT_STATX_FORCE_SYNC
/* As the server has it, not as a cache of up to a minute's age. */
static int stamp_get(const char *path, struct stamp *ret)
{
	struct statx st;
	if (statx(AT_FDCWD, path, AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &st) < 0)
		return -errno;
	*ret = (struct stamp){
		.dev = (uint64_t)st.stx_dev_major << 32 | st.stx_dev_minor,
		.ino = st.stx_ino,
		.size = st.stx_size,
		.mtime_ns = nanoseconds(st.stx_mtime.tv_sec, st.stx_mtime.tv_nsec),
		.ctime_ns = nanoseconds(st.stx_ctime.tv_sec, st.stx_ctime.tv_nsec),
	};
	return 0;
}
#else
static int stamp_get(const char *path, struct stamp *ret)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return -errno;
	*ret = (struct stamp){
		.dev = (uint64_t)st.st_dev,
		.ino = (uint64_t)st.st_ino,
		.size = (uint64_t)st.st_size,
		.mtime_ns = nanoseconds(st.st_mtim.tv_sec, st.st_mtim.tv_nsec),
		.ctime_ns = nanoseconds(st.st_ctim.tv_sec, st.st_ctim.tv_nsec),
	};
	return 0;
}
#endif

static bool same_dir(const struct stamp *a, const struct stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

static bool same_state(const struct stamp *a, const struct stamp *b)
{
	return a->size == b->size && a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

/* ---- looking ---- */

/* Rounds that surely take a tick. */
static int64_t rounds_per_tick(const struct backend *b)
{
	return (TICK_NS - 1) / b->period_ns + 1;
}

static void forget(struct backend *b, struct dir *d)
{
	backend_table_take(&b->by_id, d->id);
	free(d);
	if (b->by_id.n > 0)
		return;
	waitevent_remove(b->stream, b->round);
	b->round = WAITEVENT_NONE;
}

/* Is there reason to tell of it? */
static bool news(const struct backend *b, struct dir *d, const struct stamp *now)
{
	if (!same_state(&d->stamp, now)) {
		d->stamp = *now;
		d->rounds = rounds_per_tick(b);
		return true;
	}
	return d->rounds > 0 && --d->rounds == 0;
}

static void look(struct backend *b, struct dir *d)
{
	struct stamp now = { 0 };
	unsigned id = d->id;
	if (stamp_get(d->path, &now) < 0 || !same_dir(&d->stamp, &now)) {
		forget(b, d);
		b->fn(b->rock, id, BACKEND_LOST, NULL);
	} else if (news(b, d, &now)) {
		b->fn(b->rock, id, BACKEND_LOOK, NULL);
	}
}

static waitevent round_run(struct stream *s, waitevent self, void *rock)
{
	struct backend *b = rock;
	struct dir *d;
	(void)s;
	(void)self;
	for (uint64_t next = 0; (d = backend_table_from(&b->by_id, next));) {
		next = (uint64_t)d->id + 1;
		look(b, d);
	}
	return b->round;
}

/* ---- the interface ---- */

static void poll_close(struct backend *b)
{
	if (!b)
		return;
	stream_free(b->stream);
	for (size_t i = 0; i < b->by_id.n; i++)
		free(b->by_id.at[i].item);
	backend_table_done(&b->by_id);
	free(b);
}

static int poll_open(struct loop *l, backend_fn *fn, void *rock, struct backend **ret,
                     struct err *e)
{
	struct backend *b = malloc(sizeof *b);
	if (!b)
		return err_sys(e, ENOMEM, "poll");
	*b = (struct backend){ .fn = fn, .rock = rock, .period_ns = PERIOD_NS };
	b->stream = stream_new(l, -1, 0, NULL, NULL);
	if (!b->stream) {
		int rc = err_sys(e, errno, "poll");
		poll_close(b);
		return rc;
	}
	*ret = b;
	return 0;
}

int backend_poll_period(struct backend *b, int64_t period_ns)
{
	if (period_ns < EVENT_SECOND / 1000)
		return -EINVAL;
	if (b->by_id.n > 0)
		return -EBUSY;
	b->period_ns = period_ns;
	return 0;
}

/* As the other backends: only a directory that can be read. */
static int readable(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* An idle event: it goes by the monotonic clock, and nothing arrives on this stream. */
static int enter(struct backend *b, struct dir *d)
{
	int rc = backend_table_put(&b->by_id, d->id, d);
	if (rc < 0 || b->round != WAITEVENT_NONE)
		return rc;
	b->round = waitevent_add_idle(b->stream, b->period_ns, round_run, b);
	if (b->round != WAITEVENT_NONE)
		return 0;
	rc = -errno;
	backend_table_take(&b->by_id, d->id);
	return rc;
}

static int poll_add(struct backend *b, unsigned id, const char *path, struct err *e)
{
	size_t size = strlen(path) + 1;
	struct dir *d = malloc(sizeof *d + size);
	if (!d)
		return err_sys(e, ENOMEM, "%s", path);
	d->id = id;
	d->rounds = rounds_per_tick(b) + 1; /* the round that runs has begun before */
	memcpy(d->path, path, size);
	int rc = readable(path);
	if (rc == 0)
		rc = stamp_get(path, &d->stamp);
	if (rc == 0)
		rc = enter(b, d);
	if (rc == 0)
		return 0;
	free(d);
	return err_sys(e, -rc, "%s", path);
}

static void poll_remove(struct backend *b, unsigned id)
{
	struct dir *d = backend_table_get(&b->by_id, id);
	if (d)
		forget(b, d);
}

const struct backend_ops backend_poll = { "poll", poll_open, poll_add, poll_remove, poll_close };

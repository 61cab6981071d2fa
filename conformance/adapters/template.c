/* A template for adapters, and with it the smallest implementation of wait events that there can
 * be: a stream has a list of events, and waiting is poll(2).
 *
 * To write yours, replace the upper half by your library, and let the lower half call it.  Leave out
 * of `adapter` what your library lacks.  Wherever your library asks for the time, or sleeps, it
 * must ask the kit: through hooks of its own, or by defining time(), poll() … in this program. */
#include "kit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- the implementation ---- */

struct event;
struct stream;
typedef struct event *callback(struct stream *s, struct event *ev, void *rock);

struct event {
	struct event *next;
	int64_t mark_ns;
	callback *fn;
	void *rock;
	unsigned long pass; /* when it was added or has run */
	bool removed;
};

struct stream {
	struct kit *k;
	struct event *events; /* in the order of their addition */
	int fd;
	bool nonblock;
	int64_t since_ns, limit_ns;
	unsigned long pass;
	bool ended; /* with `end`: 0 the end of the file, else a negative errno */
	ssize_t end;
};

static struct event *event_add(struct stream *s, int64_t mark_ns, callback *fn, void *rock)
{
	struct event *ev = calloc(1, sizeof(*ev)), **at = &s->events;
	if (!ev)
		return NULL;
	*ev = (struct event){ .mark_ns = mark_ns, .fn = fn, .rock = rock, .pass = s->pass };
	while (*at)
		at = &(*at)->next;
	*at = ev;
	return ev;
}

/* Marked only, so that a stale pointer is harmless; stream_free frees it. */
static void event_remove(struct stream *s, struct event *ev)
{
	for (struct event *own = s->events; own; own = own->next)
		if (own == ev)
			ev->removed = true;
}

static void run_due(struct stream *s)
{
	int64_t now = kit_now(s->k, KIT_WALL);
	s->pass++;
	for (struct event *ev = s->events; ev; ev = ev->next) {
		if (ev->removed || ev->mark_ns > now || ev->pass == s->pass)
			continue;
		ev->pass = s->pass;
		if (ev->fn(s, ev, ev->rock) != ev)
			ev->removed = true;
	}
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* How long nothing happens.  An event that stays due has a millisecond's rest. */
static int64_t rest(const struct stream *s)
{
	int64_t ret = KIT_NEVER, now = kit_now(s->k, KIT_WALL);
	if (s->limit_ns != KIT_NEVER)
		ret = kit_later(s->since_ns, s->limit_ns) - kit_now(s->k, KIT_MONO);
	for (const struct event *ev = s->events; ev; ev = ev->next)
		if (!ev->removed && ev->mark_ns != KIT_NEVER)
			ret = least(ret, ev->mark_ns > now ? ev->mark_ns - now : 1000000);
	return ret;
}

static ssize_t ends_with(struct stream *s, ssize_t end)
{
	s->ended = true;
	return s->end = end;
}

static ssize_t take_input(struct stream *s, char *buf, size_t n)
{
	s->since_ns = kit_now(s->k, KIT_MONO);
	ssize_t got = read(s->fd, buf, n);
	return got > 0 ? got : ends_with(s, got < 0 ? -errno : 0);
}

static ssize_t stream_read(struct stream *s, char *buf, size_t n)
{
	struct pollfd in = { .fd = s->fd, .events = POLLIN };
	while (!s->ended) {
		run_due(s);
		int64_t idle = kit_now(s->k, KIT_MONO) - s->since_ns, ns = rest(s);
		int rc = kit_poll(s->k, &in, 1, s->nonblock || ns < 0 ? 0 : ns);
		if (rc < 0 && rc != -EINTR)
			return ends_with(s, rc);
		if (rc > 0)
			return take_input(s, buf, n);
		if (s->limit_ns != KIT_NEVER && idle >= s->limit_ns)
			return ends_with(s, -ETIMEDOUT);
		if (s->nonblock)
			return -EAGAIN;
	}
	return s->end;
}

/* ---- the adapter ---- */

static void *make(struct kit *k, void *all, const struct kit_words *w)
{
	struct stream *s = calloc(1, sizeof(*s));
	(void)all;
	if (!s)
		return NULL;
	if (w->fd < 0)
		kit_unsupported(k, "bare");
	if (w->write)
		kit_unsupported(k, "write");
	*s = (struct stream){ k, NULL,  w->fd, w->nonblock, kit_now(k, KIT_MONO), w->limit_ns,
		              1, false, 0 };
	return s;
}

static void drop(void *s)
{
	struct event *next;
	for (struct event *ev = ((struct stream *)s)->events; ev; ev = next) {
		next = ev->next;
		free(ev);
	}
	free(s);
}

static void limit(void *s, int64_t ns)
{
	((struct stream *)s)->limit_ns = ns;
}

static void nonblock(void *s, bool on)
{
	((struct stream *)s)->nonblock = on;
}

static ssize_t read_some(void *s, char *buf, size_t n)
{
	return stream_read(s, buf, n);
}

/* The rock is the kit's.  Handles are numbers: here, pointers. */
static struct event *fired(struct stream *s, struct event *ev, void *rock)
{
	return (struct event *)(uintptr_t)kit_fire(rock, s, (uintptr_t)ev);
}

static uint64_t add(void *s, int64_t mark_ns, struct kit_event *ev)
{
	return (uintptr_t)event_add(s, mark_ns, fired, ev);
}

static void set_mark(void *s, uint64_t handle, int64_t mark_ns)
{
	(void)s;
	((struct event *)(uintptr_t)handle)->mark_ns = mark_ns;
}

static void drop_event(void *s, uint64_t handle)
{
	event_remove(s, (struct event *)(uintptr_t)handle);
}

const struct kit_impl adapter = {
	.name = "template",
	.stream_new = make,
	.stream_free = drop,
	.limit = limit,
	.nonblock = nonblock,
	.read = read_some,
	.add = add,
	.mark = set_mark,
	.remove = drop_event,
};

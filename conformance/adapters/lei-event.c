/* Adapter for src/event: the loop's `now` and `wait` are the kit's clocks. */
#include "kit.h"

#include "event/event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct all {
	struct kit *k;
	struct loop *loop;
	struct mine *streams;
};

/* The rock of an event. */
struct added {
	struct added *next;
	struct kit_event *ev;
	struct mine *on;
	waitevent handle;
	bool idle;
};

/* A stream, what is written to the output bound to it, and what was ever added to it.  The kit
 * knows the stream by it. */
struct mine {
	struct all *all;
	struct mine *prev, *next;
	struct stream *stream;
	int out_fd;
	char *out;
	size_t out_len;
	struct added *added;
};

/* ---- time ---- */

static int64_t now(enum loop_clock clock, void *rock)
{
	return kit_now(rock, clock == LOOP_REALTIME ? KIT_WALL : KIT_MONO);
}

static int wait_for(int64_t ns, void *rock)
{
	int rc = kit_sleep(rock, ns);
	return rc == -EINTR ? 0 : rc; /* the loop goes on after a signal: it looks again */
}

static void *begin(struct kit *k)
{
	struct loop_time time = { now, wait_for, k };
	struct all *a = calloc(1, sizeof(*a));
	if (!a || !(a->loop = loop_new(LOOP_REALTIME, &time)))
		abort();
	a->k = k;
	return a;
}

static void end(void *all)
{
	struct all *a = all;
	loop_free(a->loop);
	free(a);
}

/* ---- streams ---- */

static void ready(struct stream *s, unsigned what, void *rock)
{
	struct mine *m = rock;
	(void)s;
	if (what & (STREAM_READ | STREAM_HANGUP))
		kit_turned(m->all->k, KIT_INPUT, m);
	if (what & STREAM_IDLE)
		kit_turned(m->all->k, KIT_IDLE, m);
}

static void flush(void *s)
{
	struct mine *m = s;
	if (m->out_len && write(m->out_fd, m->out, m->out_len) != (ssize_t)m->out_len)
		kit_error(m->all->k, m, strerror(errno));
	m->out_len = 0;
}

static void output(void *s, const char *bytes, size_t n)
{
	struct mine *m = s;
	char *grown = realloc(m->out, m->out_len + n);
	if (!grown)
		abort();
	m->out = grown;
	memcpy(m->out + m->out_len, bytes, n);
	m->out_len += n;
}

static void before_wait(struct stream *s, void *rock)
{
	(void)s;
	flush(rock);
}

static void *stream_make(struct kit *k, void *all, const struct kit_words *w)
{
	struct all *a = all;
	struct mine *m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	(void)k;
	m->all = a;
	m->out_fd = w->out_fd;
	m->stream = stream_new(a->loop, w->fd, w->write || w->fd < 0 ? 0 : STREAM_READ, ready, m);
	if (!m->stream || stream_idle_limit(m->stream, w->limit_ns)) {
		stream_free(m->stream);
		free(m);
		return NULL;
	}
	stream_nonblock(m->stream, w->nonblock);
	if (w->out_fd >= 0)
		stream_before_wait(m->stream, before_wait, m);
	m->next = a->streams;
	if (m->next)
		m->next->prev = m;
	a->streams = m;
	return m;
}

static void stream_end(void *s)
{
	struct mine *m = s;
	if (m->next)
		m->next->prev = m->prev;
	*(m->prev ? &m->prev->next : &m->all->streams) = m->next;
	stream_free(m->stream);
	while (m->added) {
		struct added *a = m->added;
		m->added = a->next;
		free(a);
	}
	free(m->out);
	free(m);
}

static void limit(void *s, int64_t ns)
{
	struct mine *m = s;
	stream_idle_limit(m->stream, ns);
}

static void touch(void *s)
{
	struct mine *m = s;
	stream_touch(m->stream);
}

static void nonblock(void *s, bool on)
{
	struct mine *m = s;
	stream_nonblock(m->stream, on);
}

static ssize_t read_some(void *s, char *buf, size_t n)
{
	struct mine *m = s;
	return stream_read(m->stream, buf, n);
}

static ssize_t read_line(void *s, char *buf, size_t n)
{
	struct mine *m = s;
	return stream_line(m->stream, buf, n);
}

/* ---- events ---- */

static waitevent fired(struct stream *s, waitevent handle, void *rock)
{
	struct added *a = rock;
	return kit_fire(a->ev, s == a->on->stream ? a->on : NULL, handle);
}

static uint64_t add(struct mine *m, bool idle, int64_t when, struct kit_event *ev)
{
	struct added *a = calloc(1, sizeof(*a));
	if (!a)
		return WAITEVENT_NONE;
	*a = (struct added){ .next = m->added, .ev = ev, .on = m, .idle = idle };
	a->handle = idle ? waitevent_add_idle(m->stream, when, fired, a)
	                 : waitevent_add(m->stream, when, fired, a);
	if (a->handle == WAITEVENT_NONE) {
		free(a);
		return WAITEVENT_NONE;
	}
	m->added = a;
	return a->handle;
}

static uint64_t add_marked(void *s, int64_t mark_ns, struct kit_event *ev)
{
	return add(s, false, mark_ns, ev);
}

static uint64_t add_idle(void *s, int64_t idle_ns, struct kit_event *ev)
{
	return add(s, true, idle_ns, ev);
}

static void set_mark(void *s, uint64_t handle, int64_t mark_ns)
{
	struct mine *m = s;
	waitevent_set_mark(m->stream, handle, mark_ns);
}

static void remove_one(void *s, uint64_t handle)
{
	struct mine *m = s;
	waitevent_remove(m->stream, handle);
}

/* ---- turns ---- */

static bool any_due(const struct all *all)
{
	for (const struct mine *m = all->streams; m; m = m->next)
		for (const struct added *a = m->added; a; a = a->next) {
			int64_t mark = waitevent_mark(m->stream, a->handle);
			if (mark != EVENT_NEVER &&
			    mark <= kit_now(all->k, a->idle ? KIT_MONO : KIT_WALL))
				return true;
		}
	return false;
}

static int turn(void *all, int64_t ns)
{
	struct all *a = all;
	int rc = loop_turn(a->loop,
	                   ns == KIT_NEVER ? EVENT_NEVER : kit_later(loop_now(a->loop), ns));
	if (rc == 0 && any_due(a))
		kit_turned(a->k, KIT_DUE, NULL);
	return rc;
}

const struct kit_impl adapter = {
	.name = "lei-event",
	.begin = begin,
	.end = end,
	.stream_new = stream_make,
	.stream_free = stream_end,
	.limit = limit,
	.touch = touch,
	.nonblock = nonblock,
	.read = read_some,
	.line = read_line,
	.output = output,
	.flush = flush,
	.turn = turn,
	.add = add_marked,
	.add_idle = add_idle,
	.mark = set_mark,
	.remove = remove_one,
};

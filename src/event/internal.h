/* What the files of event/ share.  Nobody else includes this but the tests of this room.
 *
 * Events live in a table of the loop, which never moves them; a handle names a place in it and
 * the generation of its tenant.  Each stream sorts its own events, the loop sorts the streams by
 * the earliest of theirs: a blocking read asks its stream, a turn asks the loop.
 *
 * A stream that is freed while something waits is unlinked at once, marked dead and put in the
 * loop's graveyard, which is emptied when the wait is over. */
#ifndef EVENT_INTERNAL_H
#define EVENT_INTERNAL_H

#include "event.h"
#include "list.h"

#include <stddef.h>

/* ---- heap.c ---- */

#define HEAP_OUT UINT32_MAX /* the position of an item in no heap */
#define HEAP_MAX (UINT32_C(1) << 29)

struct heap_item {
	uint32_t pos;
};

struct heap_node {
	int64_t key;
	struct heap_item *item;
};

struct heap {
	struct heap_node *at;
	uint32_t n, cap;
	uint64_t compares; /* work done so far, for tests of cost */
};

bool heap_reserve(struct heap *h, uint32_t n); /* afterwards n items have room */
void heap_push(struct heap *h, struct heap_item *item, int64_t key);
void heap_remove(struct heap *h, struct heap_item *item);
void heap_move(struct heap *h, struct heap_item *item, int64_t key);
/* Put it in, take it out or move it, as needed. */
void heap_set(struct heap *h, struct heap_item *item, bool in, int64_t key);
/* Move all with a key up to `key` to the end of the nodes of `to`, in no order; there is room.  One
 * by one while they are few, which costs O(log n) each, else in one sweep, O(1) each. */
void heap_take(struct heap *h, int64_t key, struct heap *to);
/* Is there one with a key up to `key` that passes the test?  Looks at no others. */
typedef bool heap_test(struct heap_item *item, void *rock);
bool heap_any(const struct heap *h, int64_t key, heap_test *test, void *rock);

static inline int64_t heap_least(const struct heap *h)
{
	return h->n ? h->at[0].key : EVENT_NEVER;
}

/* ---- time ---- */

struct instant {
	int64_t clock; /* what the loop's clock reads */
	int64_t mono; /* what the monotonic one reads */
};

struct instant loop_instant(const struct loop *l);
int64_t loop_mono(const struct loop *l);

static inline int64_t time_add(int64_t a, int64_t b)
{
	int64_t sum;
	if (!__builtin_add_overflow(a, b, &sum))
		return sum;
	return b > 0 ? INT64_MAX : INT64_MIN;
}

static inline int64_t time_sub(int64_t a, int64_t b)
{
	int64_t difference;
	if (!__builtin_sub_overflow(a, b, &difference))
		return difference;
	return b < 0 ? INT64_MAX : INT64_MIN;
}

static inline int64_t time_min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t time_max(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* ---- table.c: where events live ---- */

enum event_state {
	EVENT_WAITING, /* in a heap of its stream */
	EVENT_DUE, /* in this pass, not run yet */
	EVENT_RUNNING, /* its callback is on the stack */
	EVENT_GONE, /* no longer an event, but the pass still holds the place */
	EVENT_FREE,
};

#define EVENT_NOWHERE UINT32_MAX /* the index of no event */
#define PASS_MASK ((UINT32_C(1) << 29) - 1)

/* 64 bytes: a program may have a million. */
struct event {
	union {
		struct heap_item item;
		uint32_t next; /* index of the next that is free */
	};
	uint32_t index;
	struct stream *stream;
	waitevent_fn *fn;
	void *rock;
	int64_t at_ns; /* the mark; of an idle event the start of its count */
	int64_t idle_ns; /* 0: not an idle event */
	uint64_t seq; /* order of addition */
	uint32_t generation; /* never 0 */
	uint32_t state : 3; /* enum event_state */
	uint32_t touched : 29; /* the last pass before or while it ran or got its mark */
};

struct table {
	struct event **chunks;
	uint32_t n_chunks, cap_chunks;
	uint32_t free; /* index of the first */
	uint32_t n_taken;
};

struct event *table_take(struct table *t); /* NULL: ENOMEM */
void table_give(struct table *t, struct event *ev); /* handles of it are stale from now on */
void table_expire(struct event *ev); /* only make them stale */
struct event *table_at(const struct table *t, uint32_t index);
struct event *table_find(const struct table *t, waitevent handle); /* NULL for a stale one */
waitevent table_handle(const struct event *ev);
void table_done(struct table *t);

/* ---- waitevent.c ---- */

bool event_is_due(const struct event *ev, struct instant now);
void event_wait(struct event *ev); /* put it into a heap of its stream */
void event_unwait(struct event *ev);
void events_drop(struct stream *s); /* all of its events */
/* Is something of the stream due that had no part in the latest pass? */
bool events_came_due(const struct stream *s, struct instant now);

/* ---- pass.c ---- */

/* Run what is due of `only`, or of all streams. */
void pass_run(struct loop *l, struct stream *only, struct instant now);

/* ---- idle.c ---- */

void idle_heard(struct stream *s, int64_t mono_ns); /* there was input */
int64_t idle_next(const struct stream *s); /* of its idle events */
int64_t idle_limit_at(const struct stream *s);
void idle_limit_moved(struct stream *s);
void idle_limits_judge(struct loop *l, struct instant now); /* tell the streams that reached it */

/* ---- stream.c ---- */

struct stream {
	struct loop *loop;
	struct link all, hooked, unread; /* in rings of the loop */
	struct stream *next_dead, *next_limit;
	stream_fn *fn;
	void *rock;
	void (*before_wait)(struct stream *s, void *rock);
	void *before_wait_rock;
	int fd;
	unsigned interest;
	bool watched; /* epoll knows the descriptor */
	bool unwatchable; /* a regular file */
	bool dead;
	bool nonblock;
	uint64_t served; /* the turn that last called fn for input */

	/* Events: by mark; idle ones that count from the input, by their time; the others, which
	 * count from later, by when they are due. */
	struct heap marks, from_input, from_later;
	uint32_t n_marks, n_idle; /* alive, waiting or not */
	struct heap_item by_mark, by_idle, by_limit; /* in the heaps of the loop */
	int64_t input_ns, limit_ns;

	/* read.c */
	char *buf;
	size_t start, len; /* of what is in it */
	bool partial; /* what is in it makes no line yet, and lines are wanted */
	bool ended; /* for ever */
	int end; /* 0 or -errno */
};

void stream_ready(struct stream *s, uint32_t epoll_events);
void streams_unread(struct loop *l); /* tell those that have bytes in their buffers */
void streams_before_wait(struct loop *l);
/* Its earliest events of that kind may have changed, or of both kinds. */
void stream_resort_marks(struct stream *s);
void stream_resort_idles(struct stream *s);
void stream_resort(struct stream *s);

/* ---- read.c ---- */

void stream_end(struct stream *s, int rc);
void stream_unread_changed(struct stream *s);

/* ---- wait.c ---- */

int wait_open(struct loop *l); /* 0 or -errno */
/* How long to sleep: until the loop's clock reads `clock_ns`, but no longer than `mono_ns`. */
struct span {
	int64_t clock_ns, mono_ns;
};
/* The span until time brings something for `only`, or for all streams; false: it has. */
bool wait_span(const struct loop *l, const struct stream *only, struct instant now,
               struct span *ret);
/* Sleep until fd is readable, a signal came, or the span is over; maybe less.  0 or -errno;
 * -EAGAIN in a loop that cannot sleep. */
int wait_sleep(struct loop *l, int fd, struct instant now, struct span span);

/* ---- signal.c, child.c ---- */

struct child {
	struct child *next;
	pid_t pid;
	int wait_status; /* once it has ended */
	child_fn *fn;
	void *rock;
};

void signals_ready(struct loop *l);
void signals_done(struct loop *l); /* restore mask and disposition, close the signalfd */
void children_reap(struct loop *l); /* find those that have ended, run their callbacks */
void children_forget(struct loop *l);

/* ---- loop.c ---- */

struct loop {
	int epoll_fd, timer_fd, signal_fd; /* -1 where there is none */
	enum loop_clock clock;
	bool bent; /* time is what `time` says */
	bool waiting; /* in a turn or a read, so a caller is a callback */
	bool stopped;
	bool chld_changed; /* SIGCHLD had another disposition, chld_before */
	bool child_ended; /* one had ended before it was registered */
	struct loop_time time;
	int64_t armed_ns; /* what timer_fd is set to, EVENT_NEVER when it is not */
	uint64_t turn;

	struct link streams, hooked, unread; /* all; with a before_wait; with bytes to read */
	uint32_t n_streams;
	struct stream *dead;

	struct table table;
	uint64_t next_seq;
	struct heap marks, idles, limits; /* of streams */
	uint32_t pass; /* number of the latest */
	struct instant passed; /* when that was over */
	struct heap due; /* only its room is used: what is in the pass, in order of addition */
	struct event *running;

	sigset_t signals, mask_before;
	struct sigaction chld_before;
	signal_fn *signal_fn;
	void *signal_rock;

	struct child *children; /* running, in order of registration */
	struct child *ended; /* reaped, callback still to run */
};

void loop_bury(struct loop *l);

#endif

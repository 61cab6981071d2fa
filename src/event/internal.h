/* What the files of event/ share.  Nobody else includes this but the tests of this room.
 *
 * Nothing that a callback could still be looking at is freed while a turn runs: streams and
 * wait events that end then are unlinked at once, marked dead and put in the loop's graveyard,
 * which is emptied when the turn is over. */
#ifndef EVENT_INTERNAL_H
#define EVENT_INTERNAL_H

#include "event.h"

#include <stddef.h>

/* ---- heap.c: wait events by mark, then by age ---- */

struct heap {
	struct waitevent **at;
	size_t n, cap;
	uint64_t compares; /* work done since loop_new, for tests of cost */
};

bool heap_reserve(struct heap *h, size_t n); /* afterwards n pushes cannot fail */
void heap_push(struct heap *h, struct waitevent *ev);
void heap_remove(struct heap *h, struct waitevent *ev);
void heap_moved(struct heap *h, struct waitevent *ev); /* its mark has changed */

/* ---- waitevent.c ---- */

enum waitevent_state {
	WAITEVENT_WAITING, /* in the heap */
	WAITEVENT_DUE, /* in this pass's list, not run yet */
	WAITEVENT_RUNNING, /* its callback is on the stack */
	WAITEVENT_DEAD, /* in the graveyard */
};

struct waitevent {
	struct stream *stream;
	struct waitevent *prev, *next; /* in stream->events; next also links the graveyard */
	struct waitevent *next_due;
	waitevent_fn *fn;
	void *rock;
	int64_t mark_ns;
	uint64_t seq; /* order of addition */
	size_t pos; /* index in the heap */
	enum waitevent_state state;
};

void waitevents_run(struct loop *l); /* one pass */
void waitevents_free(struct stream *s);
int64_t waitevents_next(const struct loop *l); /* the earliest mark, or EVENT_NEVER */

/* ---- stream.c ---- */

struct stream {
	struct loop *loop;
	struct stream *prev, *next; /* in loop->streams; next also links the graveyard */
	struct waitevent *events;
	stream_fn *fn;
	void *rock;
	int fd;
	unsigned interest;
	bool watched; /* epoll knows the descriptor */
	bool dead;
};

void stream_ready(struct stream *s, uint32_t epoll_events);

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
	clockid_t clock;
	int64_t (*now)(void *rock); /* NULL: ask the system */
	void *now_rock;
	int64_t armed_ns; /* what timer_fd is set to, EVENT_NEVER when it is not */
	bool turning, stopped;

	struct stream *streams;
	struct heap heap;
	size_t waitevents; /* all that are alive, in the heap or not */
	uint64_t next_seq;
	struct waitevent *due; /* the rest of the pass that is running */
	struct stream *dead_streams;
	struct waitevent *dead_waitevents;

	sigset_t signals, mask_before;
	struct sigaction chld_before;
	bool chld_changed;
	signal_fn *signal_fn;
	void *signal_rock;

	struct child *children; /* running, in order of registration */
	struct child *ended; /* reaped, callback still to run */
	bool child_ended; /* one had ended before it was registered */
};

#endif

/* event: the one place that waits.
 *
 * A loop watches streams (file descriptors) and runs their callbacks.  A wait event is a timer
 * on a stream, after Cyrus's "prot events": an absolute mark, a callback that returns the event
 * (still active; to reschedule it, set its mark first) or NULL (done), removal at any moment.
 * libc only; not thread-safe; one loop per process, made after fork.
 *
 * Lifetime: a handle from waitevent_add is valid until its callback returned NULL,
 * waitevent_remove was called or its stream was freed.  Every add, remove, free and change of
 * mark is allowed inside every callback: what was removed never runs afterwards, and what was
 * added does not run in the same pass. */
#ifndef LEI_EVENT_H
#define LEI_EVENT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct loop;
struct stream;

/* ---- time ---- */

enum loop_clock { LOOP_REALTIME, LOOP_MONOTONIC };
#define EVENT_SECOND INT64_C(1000000000)
#define EVENT_NEVER INT64_MAX

/* `now` replaces the clock for tests; NULL asks the system for `clock`. */
struct loop *loop_new(enum loop_clock clock, int64_t (*now)(void *rock), void *rock);
void loop_free(struct loop *l); /* frees its streams, closes nothing; NULL is fine */
int64_t loop_now(const struct loop *l); /* ns on the loop's clock, read at the call */

/* One turn: run due wait events, wait for input or the next mark (at most until `deadline_ns`,
 * EVENT_NEVER for no limit), run what is ready.  0, or -errno of epoll_wait. */
int loop_turn(struct loop *l, int64_t deadline_ns);
int loop_run(struct loop *l); /* turns until loop_stop */
void loop_stop(struct loop *l);

/* ---- streams ---- */

enum { STREAM_READ = 1, STREAM_WRITE = 2, STREAM_HANGUP = 4 };
typedef void stream_fn(struct stream *s, unsigned ready, void *rock);

/* Watch `fd` (still the caller's: close it only after stream_free) for `interest`, a set of
 * STREAM_READ|STREAM_WRITE, possibly 0.  Hangups and errors are always reported.  fd -1 makes
 * a stream that only carries wait events.  NULL with errno set on failure. */
struct stream *stream_new(struct loop *l, int fd, unsigned interest, stream_fn *fn, void *rock);
int stream_interest(struct stream *s, unsigned interest);
int stream_fd(const struct stream *s);
struct loop *stream_loop(const struct stream *s);
void stream_free(struct stream *s); /* with its wait events; callbacks do not run; NULL is fine */

/* ---- wait events ---- */

struct waitevent;
typedef struct waitevent *waitevent_fn(struct stream *s, struct waitevent *ev, void *rock);

/* Run fn at the absolute time `mark_ns` of the loop's clock or soon after, never before; marks
 * in the past are due in the next pass.  Due events run in order of mark, equal marks in order
 * of addition, each at most once per pass.  NULL with errno set on failure. */
struct waitevent *waitevent_add(struct stream *s, int64_t mark_ns, waitevent_fn *fn, void *rock);
/* Harmless on NULL, on an event of another stream and inside any callback. */
void waitevent_remove(struct stream *s, struct waitevent *ev);
int64_t waitevent_mark(const struct waitevent *ev);
void waitevent_set_mark(struct waitevent *ev, int64_t mark_ns);

/* ---- signals and children ---- */

typedef void signal_fn(int signo, void *rock);
typedef void child_fn(pid_t pid, int wait_status, void *rock);

/* Block `set` in this thread and run fn from the loop for each signal that arrives; one such
 * call per loop.  The mask from before is restored by loop_free. */
int loop_signals(struct loop *l, const sigset_t *set, signal_fn *fn, void *rock);
/* Run fn once when child `pid` has ended, with its wait status; the loop reaps it.  Needs
 * SIGCHLD in the set given to loop_signals.  A child that ended before the call is found. */
int loop_child(struct loop *l, pid_t pid, child_fn *fn, void *rock);
/* After fork, in the child: close the loop's own descriptors, restore the signal mask, free
 * the memory.  The parent's loop is untouched. */
void loop_after_fork(struct loop *l);

#endif

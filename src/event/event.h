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

/* `now` replaces the clock for tests; NULL asks the system for `clock`.  With a replaced clock
 * no turn ever sleeps: the test moves its clock and turns again.  NULL with errno set on
 * failure. */
struct loop *loop_new(enum loop_clock clock, int64_t (*now)(void *rock), void *rock);
/* Frees its streams, closes nothing of the caller's, not inside a callback; NULL is fine. */
void loop_free(struct loop *l);
int64_t loop_now(const struct loop *l); /* ns on the loop's clock, read at the call */

/* One turn: run due wait events, wait for input or the next mark (at most until `deadline_ns`,
 * EVENT_NEVER for no limit), run what is ready.  Due events get their pass in every turn, however
 * much input is waiting; having run some does not spare the wait, loop_stop does.  0, or
 * -errno: -EBUSY inside a callback, else what the kernel said. */
int loop_turn(struct loop *l, int64_t deadline_ns);
int loop_run(struct loop *l); /* turns until loop_stop; 0, or what loop_turn failed with */
void loop_stop(struct loop *l); /* the turn that runs is finished without sleeping */

/* ---- streams ---- */

enum { STREAM_READ = 1, STREAM_WRITE = 2, STREAM_HANGUP = 4 };
typedef void stream_fn(struct stream *s, unsigned ready, void *rock);

/* Watch `fd` (still the caller's: close it only after stream_free) for `interest`, a set of
 * STREAM_READ|STREAM_WRITE, possibly 0.  Hangups and errors are always reported, together with
 * the whole interest since reading and writing then no longer block; while the interest is 0
 * they are reported once.  fd -1 makes a stream that only carries wait events.  NULL with errno
 * set on failure, EPERM for a descriptor that cannot be waited for (a regular file). */
struct stream *stream_new(struct loop *l, int fd, unsigned interest, stream_fn *fn, void *rock);
int stream_interest(struct stream *s, unsigned interest); /* 0 or -errno */
int stream_fd(const struct stream *s);
struct loop *stream_loop(const struct stream *s);
void stream_free(struct stream *s); /* with its wait events; callbacks do not run; NULL is fine */

/* ---- wait events ---- */

struct waitevent;
typedef struct waitevent *waitevent_fn(struct stream *s, struct waitevent *ev, void *rock);

/* Run fn at the absolute time `mark_ns` of the loop's clock or soon after, never before; marks
 * in the past are due in the next pass.  Due events run in order of mark, equal marks in order
 * of addition, each at most once per pass.  An event that is due again when its pass ends
 * (returned with a mark that did not advance, or just added) runs in the next one, which an
 * otherwise idle loop begins a millisecond later.  EVENT_NEVER is never due.  NULL with errno
 * set on failure. */
struct waitevent *waitevent_add(struct stream *s, int64_t mark_ns, waitevent_fn *fn, void *rock);
/* The callback does not run any more; the rock is left alone.  Harmless on NULL, on an event of another stream and inside any callback. */
void waitevent_remove(struct stream *s, struct waitevent *ev);
int64_t waitevent_mark(const struct waitevent *ev);
void waitevent_set_mark(struct waitevent *ev, int64_t mark_ns);

/* ---- signals and children ---- */

typedef void signal_fn(int signo, void *rock);
typedef void child_fn(pid_t pid, int wait_status, void *rock);

/* Block `set` in this thread and run fn from the loop for each signal that arrives; one such
 * call per loop (-EBUSY).  The mask from before is restored by loop_free.  With SIGCHLD in the
 * set its disposition is the default one until then: ignored, it would lose wait statuses. */
int loop_signals(struct loop *l, const sigset_t *set, signal_fn *fn, void *rock);
/* Run fn once when child `pid` has ended, with its wait status; the loop reaps it.  Needs
 * SIGCHLD in the set given to loop_signals.  A child that ended before the call is found; one
 * that somebody else has reaped meanwhile counts as exited with 255.  0, or -errno: -EINVAL,
 * -EEXIST (registered already), -ECHILD (no child of ours), -ENOMEM. */
int loop_child(struct loop *l, pid_t pid, child_fn *fn, void *rock);
/* After fork, in the child: close the loop's own descriptors, restore the signal mask, free
 * the memory.  The parent's loop is untouched.  Call it first, inside a callback too; then the
 * child uses nothing of the loop and never returns into it. */
void loop_after_fork(struct loop *l);

#endif

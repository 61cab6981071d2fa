/* event: the one place that waits.
 *
 * A stream is a descriptor to wait for.  A wait event is a timer on a stream, after Cyrus's "prot
 * events" (spec/waitevent.md, waitevent(3)): an absolute mark, and a callback that returns the
 * event (still active; to reschedule it, set its mark first) or WAITEVENT_NONE (done).  A loop
 * waits for many streams at once; a blocking read waits for one.  Callbacks run only inside such
 * a wait, never spontaneously.
 *
 * libc only; not thread-safe; a loop is made after fork, and one per process takes the signals.
 *
 * Reentrancy: add, remove, a new mark, a new limit and the end of any stream, this one included,
 * are allowed inside every callback.  What was removed never runs afterwards, and what was added
 * runs in a later pass of the same wait. */
#ifndef LEI_EVENT_H
#define LEI_EVENT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct loop;
struct stream;

/* ---- time: nanoseconds ---- */

#define EVENT_SECOND INT64_C(1000000000)
#define EVENT_NEVER INT64_MAX

/* Marks are on the clock of the loop.  Idle times and limits are durations, always measured by
 * the monotonic clock.  So a step of the wall clock moves the marks of a LOOP_REALTIME loop, at
 * once, also while it sleeps, and nothing else. */
enum loop_clock { LOOP_REALTIME, LOOP_MONOTONIC };

/* Time by other means, for tests.  `now` reads either clock.  `wait` is called in place of
 * sleeping, with nothing ready: it moves the clocks by at most `ns` (EVENT_NEVER: until something
 * arrives) and returns 0, or -errno, which ends the wait and is returned by it.  Without `wait`
 * no turn sleeps, and a read that would is -EAGAIN. */
struct loop_time {
	int64_t (*now)(enum loop_clock clock, void *rock);
	int (*wait)(int64_t ns, void *rock);
	void *rock;
};

/* `time` is copied; NULL: the system's clocks.  NULL with errno set on failure. */
struct loop *loop_new(enum loop_clock clock, const struct loop_time *time);
/* Frees its streams, closes nothing of the caller's; not inside a callback; NULL is fine. */
void loop_free(struct loop *l);
int64_t loop_now(const struct loop *l); /* on the loop's clock, read at the call */
int64_t event_now(enum loop_clock clock); /* on the system's, without a loop */

/* One turn: a pass of the due wait events of all streams, a wait for input or the next of them
 * (at most until the loop's clock reads `deadline_ns`, EVENT_NEVER for no limit), then the
 * callbacks of what is ready.  Every turn begins with a pass, however much input is waiting; having
 * run some events does not spare the wait, loop_stop does.  0, or -errno: -EBUSY inside a
 * callback, else what the kernel said. */
int loop_turn(struct loop *l, int64_t deadline_ns);
int loop_run(struct loop *l); /* turns until loop_stop; 0, or what loop_turn failed with */
/* The turn that runs is finished without sleeping; a blocking read that waits is -ECANCELED.  It
 * ends one wait: the one that runs, or else the next. */
void loop_stop(struct loop *l);

/* ---- streams ---- */

enum { STREAM_READ = 1, STREAM_WRITE = 2, STREAM_HANGUP = 4, STREAM_IDLE = 8 };
typedef void stream_fn(struct stream *s, unsigned ready, void *rock);

/* `fd` stays the caller's: close it only after stream_free.  Turns of the loop watch it for
 * `interest`, a set of STREAM_READ|STREAM_WRITE, possibly 0, and call fn.  Hangups and errors are
 * always reported, together with the whole interest since reading and writing then no longer
 * block; while the interest is 0 they are reported once.  A regular file can be read but not
 * watched: its interest must be 0, and fn is never called.  fd -1 makes a stream that only carries
 * wait events.  fn may be NULL when the interest is 0.  NULL with errno set on failure, EPERM for
 * an interest in a regular file. */
struct stream *stream_new(struct loop *l, int fd, unsigned interest, stream_fn *fn, void *rock);
int stream_interest(struct stream *s, unsigned interest); /* 0 or -errno */
int stream_fd(const struct stream *s);
struct loop *stream_loop(const struct stream *s);
void stream_free(struct stream *s); /* with its wait events; callbacks do not run; NULL is fine */

/* Buffered reads.  A read takes what the buffer holds.  When that is nothing, it waits for the
 * stream: a pass of the stream's own due events, then input, again and again.  (Events of other
 * streams wait for their turn; signals and children do not.)
 *
 * > 0: bytes.  0: end of file, or n is 0.  -EAGAIN: non-blocking, one pass was made and there is
 * nothing.  -ETIMEDOUT: the idle limit.  -ECANCELED: loop_stop, nothing is lost.  -EBADF: no
 * descriptor, or a callback has freed the stream.  -ENOMEM: for the buffer, at the first read.
 * Else what read(2) said.  The end, the limit and what read(2) said are for ever: later reads
 * return the same at once and run no events.
 *
 * Inside a callback a read neither waits nor makes a pass: -EAGAIN when nothing is there. */
ssize_t stream_read(struct stream *s, void *buf, size_t n);
/* The same up to and with the next newline, as a string: at most size - 1 bytes and the
 * terminator, at most the stream's buffer (STREAM_LINE_MAX).  The last line may lack its newline.
 * What makes no line yet stays in the buffer, whatever the call returned.  -EINVAL for a size below
 * 2. */
enum { STREAM_LINE_MAX = 8192 };
ssize_t stream_line(struct stream *s, char *buf, size_t size);
size_t stream_buffered(const struct stream *s); /* bytes that a read returns without waiting */
void stream_nonblock(struct stream *s, bool on); /* off at first; the descriptor is not touched */

/* Without input for `limit_ns`, by the monotonic clock, a stream has reached its idle limit: reads
 * are -ETIMEDOUT; turns of the loop call fn with STREAM_IDLE, once.  Input that is there, and
 * events that are due, come first.  The limit counts from the last input (for a stream that is
 * only watched: the last STREAM_READ), stream_new or stream_touch, not from the call, and takes
 * effect on the wait in progress.  Events neither extend nor shorten it.  EVENT_NEVER: none;
 * -EINVAL below 0. */
int stream_idle_limit(struct stream *s, int64_t limit_ns);
void stream_touch(struct stream *s); /* as if input had arrived now */

/* Called each time a wait for this stream is about to sleep, after the pass: the place to flush
 * output that a callback has written.  NULL: nobody. */
void stream_before_wait(struct stream *s, void (*fn)(struct stream *s, void *rock), void *rock);

/* ---- wait events ---- */

/* A handle: never reused while anybody could hold it (after 2^32 events in one place), so a
 * stale one is harmless everywhere. */
typedef uint64_t waitevent;
#define WAITEVENT_NONE UINT64_C(0)

/* Return `ev`: still active.  Anything else: done, and removed unless it was already. */
typedef waitevent waitevent_fn(struct stream *s, waitevent ev, void *rock);

/* Run fn once the loop's clock reads `mark_ns`, or soon after, never before; a mark in the past is
 * due in the next pass.  The due events of a pass run in the order they were added, each at most
 * once.  One that is due again when its pass ends (its mark did not advance) runs in the next pass,
 * which an otherwise idle wait begins a millisecond later.  EVENT_NEVER is never due.
 * WAITEVENT_NONE with errno set on failure: EINVAL, ENOMEM. */
waitevent waitevent_add(struct stream *s, int64_t mark_ns, waitevent_fn *fn, void *rock);
/* Run fn whenever the stream has been without input for `idle_ns`, and again idle_ns after each
 * time that it ran, as long as fn returns the event.  Input and stream_touch begin the count anew;
 * adding begins it for this event.  EINVAL for less than a nanosecond. */
waitevent waitevent_add_idle(struct stream *s, int64_t idle_ns, waitevent_fn *fn, void *rock);
/* fn does not run any more; the rock is left alone.  0, or -ENOENT, which is harmless: not, or no
 * longer, an event of this stream. */
int waitevent_remove(struct stream *s, waitevent ev);
/* The mark, or for an idle event when it is due next by the monotonic clock; EVENT_NEVER without
 * such an event. */
int64_t waitevent_mark(struct stream *s, waitevent ev);
/* 0, -ENOENT, or -EINVAL for an idle event, whose time is the stream's to tell. */
int waitevent_set_mark(struct stream *s, waitevent ev, int64_t mark_ns);

/* ---- signals and children ---- */

typedef void signal_fn(int signo, void *rock);
typedef void child_fn(pid_t pid, int wait_status, void *rock);

/* Block `set` in this thread and run fn from every wait for each signal that arrives; one such
 * call per loop (-EBUSY).  The mask from before is restored by loop_free.  With SIGCHLD in the
 * set its disposition is the default one until then: ignored, it would lose wait statuses.
 * Any other signal that interrupts a wait costs nothing: the wait goes on. */
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

/* Time and sleep: the only file that knows how the system waits. */
#include "internal.h"

#include <errno.h>
#include <poll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* ---- clocks ---- */

int64_t event_now(enum loop_clock clock)
{
	struct timespec ts;
	clock_gettime(clock == LOOP_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * EVENT_SECOND + ts.tv_nsec;
}

static int64_t read_clock(const struct loop *l, enum loop_clock clock)
{
	return l->time.now ? l->time.now(clock, l->time.rock) : event_now(clock);
}

int64_t loop_now(const struct loop *l)
{
	return read_clock(l, l->clock);
}

int64_t loop_mono(const struct loop *l)
{
	return read_clock(l, LOOP_MONOTONIC);
}

struct instant loop_instant(const struct loop *l)
{
	int64_t mono_ns = loop_mono(l);
	return (struct instant){ .clock = l->clock == LOOP_MONOTONIC ? mono_ns : loop_now(l),
		                 .mono = mono_ns };
}

/* ---- until when ---- */

/* An event that is due again right after its pass waits this long, so that a callback that
 * does not advance its mark, or adds a due copy of itself, cannot keep a processor busy. */
#define RETRY_NS (EVENT_SECOND / 1000)

static bool stream_came_due(struct heap_item *item, void *rock)
{
	const struct instant *now = rock;
	return events_came_due(container_of(item, struct stream, by_mark), *now);
}

static bool idle_came_due(struct heap_item *item, void *rock)
{
	const struct instant *now = rock;
	return events_came_due(container_of(item, struct stream, by_idle), *now);
}

static bool came_due(const struct loop *l, const struct stream *only, struct instant now)
{
	if (only)
		return events_came_due(only, now);
	return heap_any(&l->marks, time_min(now.clock, EVENT_NEVER - 1), stream_came_due, &now) ||
	       heap_any(&l->idles, time_min(now.mono, EVENT_NEVER - 1), idle_came_due, &now);
}

bool wait_span(const struct loop *l, const struct stream *only, struct instant now,
               struct span *ret)
{
	int64_t mark = heap_least(only ? &only->marks : &l->marks);
	int64_t idle = only ? idle_next(only) : heap_least(&l->idles);
	int64_t limit = only ? idle_limit_at(only) : heap_least(&l->limits);
	bool mark_due = mark <= now.clock && mark != EVENT_NEVER;
	bool idle_due = idle <= now.mono && idle != EVENT_NEVER;
	bool again = mark_due || idle_due; /* though it had its pass */
	int64_t retry_ns = time_add(l->passed.mono, RETRY_NS);
	if ((limit <= now.mono && limit != EVENT_NEVER) || came_due(l, only, now) ||
	    (again && retry_ns <= now.mono))
		return false;
	int64_t mono = idle_due ? limit : time_min(idle, limit);
	if (again)
		mono = time_min(mono, retry_ns);
	ret->clock_ns = mark_due ? EVENT_NEVER : mark;
	ret->mono_ns = mono == EVENT_NEVER ? EVENT_NEVER : time_sub(mono, now.mono);
	return true;
}

/* ---- sleep ---- */

/* The timer is absolute and says so when the wall clock is stepped; a relative timeout would
 * sleep on.  A mark that has come meanwhile fires at once, 0 or less would disarm. */
static int timer_arm(struct loop *l, int64_t at_ns)
{
	if (at_ns == l->armed_ns)
		return 0;
	int64_t later_ns = at_ns > 0 ? at_ns : 1;
	const struct itimerspec when = { .it_value = { .tv_sec = later_ns / EVENT_SECOND,
		                                       .tv_nsec = later_ns % EVENT_SECOND } };
	/* ECANCELED: armed all the same, but the clock was stepped since the last time. */
	if (timerfd_settime(l->timer_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL) <
	        0 &&
	    errno != ECANCELED)
		return -errno;
	l->armed_ns = at_ns;
	return 0;
}

/* Either the mark has come or the clock was stepped; the caller looks at the clock. */
static void timer_ready(struct loop *l)
{
	uint64_t expirations;
	if (read(l->timer_fd, &expirations, sizeof expirations) < 0 && errno == EAGAIN)
		return;
	l->armed_ns = EVENT_NEVER;
}

int wait_open(struct loop *l)
{
	if (l->bent || l->clock == LOOP_MONOTONIC)
		return 0;
	l->timer_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	return l->timer_fd < 0 ? -errno : 0;
}

static int doze(struct loop *l, int fd, int64_t clock_ns, int64_t ns)
{
	struct pollfd p[] = { { .fd = fd, .events = POLLIN },
		              { .fd = l->signal_fd, .events = POLLIN },
		              { .fd = -1, .events = POLLIN } };
	struct timespec most = { .tv_sec = ns / EVENT_SECOND, .tv_nsec = ns % EVENT_SECOND };
	if (clock_ns != EVENT_NEVER) {
		int rc = timer_arm(l, clock_ns);
		if (rc < 0)
			return rc;
		p[2].fd = l->timer_fd;
	}
	if (ppoll(p, sizeof p / sizeof *p, ns == EVENT_NEVER ? NULL : &most, NULL) < 0)
		return errno == EINTR ? 0 : -errno;
	if (p[2].revents)
		timer_ready(l);
	return 0;
}

int wait_sleep(struct loop *l, int fd, struct instant now, struct span span)
{
	int64_t ns = span.mono_ns, clock_ns = span.clock_ns;
	if (clock_ns != EVENT_NEVER && (l->bent || l->clock == LOOP_MONOTONIC)) {
		ns = time_min(ns, time_sub(clock_ns, now.clock));
		clock_ns = EVENT_NEVER;
	}
	if (!l->bent)
		return doze(l, fd, clock_ns, ns);
	return l->time.wait ? l->time.wait(ns, l->time.rock) : -EAGAIN;
}

/* The loop: one pass of due wait events, one wait, one round of ready streams. */
#include "internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { READY_PER_TURN = 64 };

/* An event that is due again right after its pass waits this long, so that a callback that
 * does not advance its mark, or adds a due copy of itself, cannot keep a processor busy. */
#define RETRY_NS (EVENT_SECOND / 1000)

/* ---- time ---- */

int64_t loop_now(const struct loop *l)
{
	if (l->now)
		return l->now(l->now_rock);
	struct timespec ts;
	clock_gettime(l->clock, &ts);
	return (int64_t)ts.tv_sec * EVENT_SECOND + ts.tv_nsec;
}

/* The timer is absolute and says so when the wall clock is stepped; a relative timeout would
 * sleep on. */
static int timer_arm(struct loop *l, int64_t mark_ns)
{
	if (mark_ns == l->armed_ns)
		return 0;
	struct itimerspec when = { 0 };
	if (mark_ns != EVENT_NEVER) {
		int64_t at_ns = mark_ns > 0 ? mark_ns : 1; /* 0 would disarm */
		when.it_value.tv_sec = at_ns / EVENT_SECOND;
		when.it_value.tv_nsec = at_ns % EVENT_SECOND;
	}
	int flags = TFD_TIMER_ABSTIME;
	if (l->clock == CLOCK_REALTIME)
		flags |= TFD_TIMER_CANCEL_ON_SET;
	/* ECANCELED: armed all the same, but the clock was stepped since the last time. */
	if (timerfd_settime(l->timer_fd, flags, &when, NULL) < 0 && errno != ECANCELED)
		return -errno;
	l->armed_ns = mark_ns;
	return 0;
}

/* Either the mark has come or the clock was stepped; the next turn looks at the clock. */
static void timer_ready(struct loop *l)
{
	uint64_t expirations;
	if (read(l->timer_fd, &expirations, sizeof expirations) < 0 && errno == EAGAIN)
		return;
	l->armed_ns = EVENT_NEVER;
}

static int timer_open(struct loop *l)
{
	l->timer_fd = timerfd_create(l->clock, TFD_NONBLOCK | TFD_CLOEXEC);
	if (l->timer_fd < 0)
		return -errno;
	struct epoll_event want = { .events = EPOLLIN, .data.ptr = &l->timer_fd };
	return epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->timer_fd, &want) < 0 ? -errno : 0;
}

/* ---- life ---- */

struct loop *loop_new(enum loop_clock clock, int64_t (*now)(void *rock), void *rock)
{
	struct loop *l = malloc(sizeof *l);
	if (!l)
		return NULL;
	*l = (struct loop){ .timer_fd = -1,
		            .signal_fd = -1,
		            .clock = clock == LOOP_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC,
		            .now = now,
		            .now_rock = rock,
		            .armed_ns = EVENT_NEVER };
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	int rc = l->epoll_fd < 0 ? -errno : now ? 0 : timer_open(l);
	if (rc < 0) {
		loop_free(l);
		errno = -rc;
		return NULL;
	}
	return l;
}

static void bury(struct loop *l)
{
	while (l->dead_waitevents) {
		struct waitevent *ev = l->dead_waitevents;
		l->dead_waitevents = ev->next;
		free(ev);
	}
	while (l->dead_streams) {
		struct stream *s = l->dead_streams;
		l->dead_streams = s->next;
		free(s);
	}
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	assert(!l->turning);
	loop_after_fork(l);
}

/* The epoll set is shared with the parent after fork: closing our descriptor of it leaves the
 * set alone, while removing streams from it would blind the parent. */
void loop_after_fork(struct loop *l)
{
	if (!l)
		return;
	signals_done(l);
	if (l->timer_fd >= 0)
		close(l->timer_fd);
	if (l->epoll_fd >= 0)
		close(l->epoll_fd);
	for (struct stream *s = l->streams; s; s = s->next)
		s->watched = false;
	while (l->streams)
		stream_free(l->streams);
	bury(l);
	children_forget(l);
	free(l->heap.at);
	free(l);
}

/* ---- turns ---- */

/* How long epoll_wait may take, in its milliseconds; -1: until a descriptor is ready, with the
 * timer's among them. */
static int wait_prepare(struct loop *l, int64_t deadline_ns, int *ret_timeout_ms)
{
	*ret_timeout_ms = 0;
	if (l->now || l->stopped || l->child_ended)
		return 0;
	int64_t now_ns = loop_now(l);
	int64_t until_ns = waitevents_next(l);
	if (until_ns <= now_ns)
		until_ns = now_ns + RETRY_NS;
	if (until_ns > deadline_ns)
		until_ns = deadline_ns;
	if (until_ns <= now_ns)
		return 0;
	*ret_timeout_ms = -1;
	return timer_arm(l, until_ns);
}

static void dispatch(struct loop *l, const struct epoll_event *ready)
{
	if (ready->data.ptr == &l->timer_fd)
		timer_ready(l);
	else if (ready->data.ptr == &l->signal_fd)
		signals_ready(l);
	else
		stream_ready(ready->data.ptr, ready->events);
}

static int wait_and_dispatch(struct loop *l, int64_t deadline_ns)
{
	int timeout_ms;
	int rc = wait_prepare(l, deadline_ns, &timeout_ms);
	if (rc < 0)
		return rc;
	struct epoll_event ready[READY_PER_TURN];
	int n = epoll_wait(l->epoll_fd, ready, READY_PER_TURN, timeout_ms);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++)
		dispatch(l, &ready[i]);
	if (l->child_ended)
		children_reap(l);
	return 0;
}

int loop_turn(struct loop *l, int64_t deadline_ns)
{
	if (l->turning)
		return -EBUSY;
	l->turning = true;
	waitevents_run(l);
	int rc = wait_and_dispatch(l, deadline_ns);
	l->turning = false;
	bury(l);
	return rc;
}

int loop_run(struct loop *l)
{
	int rc = 0;
	while (rc == 0 && !l->stopped)
		rc = loop_turn(l, EVENT_NEVER);
	if (rc == 0)
		l->stopped = false;
	return rc;
}

void loop_stop(struct loop *l)
{
	l->stopped = true;
}

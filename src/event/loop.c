/* The loop: one pass of due wait events, one wait, one round of ready streams. */
#include "internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { READY_PER_TURN = 64 };

/* ---- life ---- */

struct loop *loop_new(enum loop_clock clock, const struct loop_time *time)
{
	struct loop *l = malloc(sizeof *l);
	if (!l)
		return NULL;
	*l = (struct loop){ .timer_fd = -1,
		            .signal_fd = -1,
		            .clock = clock,
		            .bent = time != NULL,
		            .armed_ns = EVENT_NEVER,
		            .table = { .free = EVENT_NOWHERE } };
	if (time)
		l->time = *time;
	link_init(&l->streams);
	link_init(&l->hooked);
	link_init(&l->unread);
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	int rc = l->epoll_fd < 0 ? -errno : wait_open(l);
	if (rc < 0) {
		loop_free(l);
		errno = -rc;
		return NULL;
	}
	return l;
}

static void destroy(struct stream *s)
{
	free(s->marks.at);
	free(s->from_input.at);
	free(s->from_later.at);
	free(s->buf);
	free(s);
}

void loop_bury(struct loop *l)
{
	while (l->dead) {
		struct stream *s = l->dead;
		l->dead = s->next_dead;
		destroy(s);
	}
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	assert(!l->waiting);
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
	while (!link_alone(&l->streams)) {
		struct stream *s = container_of(l->streams.next, struct stream, all);
		s->watched = false;
		stream_free(s);
	}
	loop_bury(l);
	children_forget(l);
	table_done(&l->table);
	free(l->due.at);
	free(l->marks.at);
	free(l->idles.at);
	free(l->limits.at);
	free(l);
}

/* ---- turns ---- */

struct round {
	struct instant now; /* read before `ready` was asked for */
	int n;
	struct epoll_event ready[READY_PER_TURN];
};

static int look(struct loop *l, struct round *r)
{
	r->now = loop_instant(l);
	r->n = epoll_wait(l->epoll_fd, r->ready, READY_PER_TURN, 0);
	if (r->n < 0 && errno != EINTR)
		return -errno;
	return r->n > 0;
}

/* Is there reason to sleep, and for how long? */
static bool may_sleep(const struct loop *l, struct instant now, int64_t deadline_ns,
                      struct span *ret)
{
	if (l->stopped || l->child_ended || !link_alone(&l->unread) || deadline_ns <= now.clock)
		return false;
	if (!wait_span(l, NULL, now, ret))
		return false;
	ret->clock_ns = time_min(ret->clock_ns, deadline_ns);
	return true;
}

/* Until something is ready, or time brings something. */
static int await(struct loop *l, int64_t deadline_ns, struct round *r)
{
	for (bool told = link_alone(&l->hooked);;) {
		struct span span;
		int rc = look(l, r);
		if (rc != 0)
			return rc < 0 ? rc : 0;
		if (!may_sleep(l, r->now, deadline_ns, &span))
			return 0;
		if (l->bent && !l->time.wait)
			return 0;
		if (told) {
			rc = wait_sleep(l, l->epoll_fd, r->now, span);
			if (rc < 0)
				return rc;
		} else {
			streams_before_wait(l);
			told = true;
		}
	}
}

static void dispatch(struct loop *l, const struct round *r)
{
	for (int i = 0; i < r->n; i++)
		if (r->ready[i].data.ptr == &l->signal_fd)
			signals_ready(l);
		else
			stream_ready(r->ready[i].data.ptr, r->ready[i].events);
	if (l->child_ended)
		children_reap(l);
	streams_unread(l);
	idle_limits_judge(l, r->now);
}

static int turn(struct loop *l, int64_t deadline_ns)
{
	struct round r = { .n = 0 };
	if (l->waiting)
		return -EBUSY;
	l->waiting = true;
	l->turn++;
	pass_run(l, NULL, loop_instant(l));
	int rc = await(l, deadline_ns, &r);
	if (rc == 0)
		dispatch(l, &r);
	l->waiting = false;
	loop_bury(l);
	return rc;
}

int loop_turn(struct loop *l, int64_t deadline_ns)
{
	int rc = turn(l, deadline_ns);
	if (rc != -EBUSY)
		l->stopped = false;
	return rc;
}

int loop_run(struct loop *l)
{
	int rc = 0;
	while (rc == 0 && !l->stopped)
		rc = turn(l, EVENT_NEVER);
	if (rc != -EBUSY)
		l->stopped = false;
	return rc;
}

void loop_stop(struct loop *l)
{
	l->stopped = true;
}

/* The bench of wait events, on libev: ev_timer, the faster of its two kinds, rescheduled as its
 * manual advises (ev_timer_again). */
#include "events.h"

#include <ev.h>
#include <unistd.h>

struct set {
	struct ev_loop *loop;
	ev_io input;
	int fds[2];
	ev_tstamp start;
	size_t fired;
	ev_timer events[];
};

static void ignore_input(struct ev_loop *loop, ev_io *w, int ready)
{
	(void)loop;
	(void)w;
	(void)ready;
}

/* The repeat interval, PERIOD, has moved the event already. */
static void periodic(struct ev_loop *loop, ev_timer *w, int ready)
{
	struct set *set = w->data;

	(void)loop;
	(void)ready;
	set->fired++;
}

struct set *set_new(size_t n)
{
	struct set *s = need(calloc(1, sizeof(*s) + n * sizeof(s->events[0])), "memory");

	need_zero(pipe(s->fds), "pipe");
	s->loop = need(ev_loop_new(EVBACKEND_EPOLL), "ev_loop_new");
	ev_io_init(&s->input, ignore_input, s->fds[0], EV_READ);
	ev_io_start(s->loop, &s->input);
	s->start = ev_now(s->loop);
	return s;
}

void set_fill(struct set *s, const int32_t *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		event_add(s, i, at[i]);
}

void set_free(struct set *s)
{
	ev_loop_destroy(s->loop);
	close(s->fds[0]);
	close(s->fds[1]);
	free(s);
}

void event_add(struct set *s, size_t i, int32_t at)
{
	ev_timer_init(&s->events[i], periodic, at, PERIOD);
	s->events[i].data = s;
	ev_timer_start(s->loop, &s->events[i]);
}

void event_remove(struct set *s, size_t i)
{
	ev_timer_stop(s->loop, &s->events[i]);
}

void event_reschedule(struct set *s, size_t i, int32_t at)
{
	/* `again` takes no interval below 0, and none of 0; the overdue are not measured. */
	if (at <= 0) {
		event_remove(s, i);
		event_add(s, i, at);
		return;
	}
	s->events[i].repeat = at;
	ev_timer_again(s->loop, &s->events[i]);
	s->events[i].repeat = PERIOD;
}

void set_pass(struct set *s)
{
	ev_run(s->loop, EVRUN_NOWAIT);
}

size_t set_fired(const struct set *s)
{
	return s->fired;
}

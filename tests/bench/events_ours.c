/* The bench of wait events, on liblei-event. */
#include "events.h"

#include "event/event.h"

#include <unistd.h>

struct set {
	struct loop *loop;
	struct stream *stream;
	int fds[2];
	int64_t start;
	size_t fired;
	waitevent events[];
};

static void ignore_input(struct stream *s, unsigned ready, void *rock)
{
	(void)s;
	(void)ready;
	(void)rock;
}

static waitevent periodic(struct stream *s, waitevent ev, void *rock)
{
	struct set *set = rock;

	set->fired++;
	waitevent_set_mark(s, ev, set->start + PERIOD * EVENT_SECOND);
	return ev;
}

struct set *set_new(size_t n)
{
	struct set *s = need(calloc(1, sizeof(*s) + n * sizeof(s->events[0])), "memory");

	need_zero(pipe(s->fds), "pipe");
	s->loop = need(loop_new(LOOP_REALTIME, NULL), "loop_new");
	s->stream = need(stream_new(s->loop, s->fds[0], STREAM_READ, ignore_input, NULL), "stream");
	s->start = loop_now(s->loop);
	return s;
}

void set_fill(struct set *s, const int32_t *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		event_add(s, i, at[i]);
}

void set_free(struct set *s)
{
	loop_free(s->loop);
	close(s->fds[0]);
	close(s->fds[1]);
	free(s);
}

void event_add(struct set *s, size_t i, int32_t at)
{
	s->events[i] = waitevent_add(s->stream, s->start + at * EVENT_SECOND, periodic, s);
	need_zero(s->events[i] == WAITEVENT_NONE, "waitevent_add");
}

void event_remove(struct set *s, size_t i)
{
	need_zero(waitevent_remove(s->stream, s->events[i]), "waitevent_remove");
}

void event_reschedule(struct set *s, size_t i, int32_t at)
{
	need_zero(waitevent_set_mark(s->stream, s->events[i], s->start + at * EVENT_SECOND),
	          "waitevent_set_mark");
}

void set_pass(struct set *s)
{
	need_zero(loop_turn(s->loop, s->start), "loop_turn");
}

size_t set_fired(const struct set *s)
{
	return s->fired;
}

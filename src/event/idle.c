/* Idle time: how long a stream has been without input, by the monotonic clock.
 *
 * Most idle events count from the stream's last input; they are sorted by their duration alone,
 * so input moves them all by moving one number.  Those that were added or ran since then count
 * from there; the next input brings them to the others. */
#include "internal.h"

#include <errno.h>

int64_t idle_next(const struct stream *s)
{
	int64_t later = heap_least(&s->from_later), shortest = heap_least(&s->from_input);
	if (shortest == EVENT_NEVER)
		return later;
	return time_min(later, time_add(s->input_ns, shortest));
}

void idle_heard(struct stream *s, int64_t mono_ns)
{
	if (s->dead)
		return;
	s->input_ns = time_max(s->input_ns, mono_ns);
	while (s->from_later.n) {
		struct heap_item *item = s->from_later.at[s->from_later.n - 1].item;
		struct event *ev = container_of(item, struct event, item);
		heap_remove(&s->from_later, item);
		ev->at_ns = time_min(ev->at_ns, s->input_ns);
		heap_push(&s->from_input, item, ev->idle_ns);
	}
	stream_resort(s);
	idle_limit_moved(s);
}

void stream_touch(struct stream *s)
{
	idle_heard(s, loop_mono(s->loop));
}

/* ---- the limit ---- */

int64_t idle_limit_at(const struct stream *s)
{
	return s->limit_ns == EVENT_NEVER || s->ended ? EVENT_NEVER
	                                              : time_add(s->input_ns, s->limit_ns);
}

/* Without a callback there is nobody whom a turn could tell. */
void idle_limit_moved(struct stream *s)
{
	int64_t at_ns = idle_limit_at(s);
	heap_set(&s->loop->limits, &s->by_limit, !s->dead && s->fn && at_ns != EVENT_NEVER, at_ns);
}

int stream_idle_limit(struct stream *s, int64_t limit_ns)
{
	if (s->dead || limit_ns < 0)
		return -EINVAL;
	s->limit_ns = limit_ns;
	idle_limit_moved(s);
	return 0;
}

static struct stream *collect(struct loop *l, int64_t mono_ns)
{
	struct stream *first = NULL, **tail = &first;
	while (heap_least(&l->limits) <= mono_ns && l->limits.n) {
		struct stream *s = container_of(l->limits.at[0].item, struct stream, by_limit);
		heap_remove(&l->limits, &s->by_limit);
		*tail = s;
		tail = &s->next_limit;
	}
	*tail = NULL;
	return first;
}

/* Events that came due after the pass go first: those streams are told in the next turn. */
void idle_limits_judge(struct loop *l, struct instant now)
{
	struct stream *s = collect(l, now.mono), *next;
	for (; s; s = next) {
		next = s->next_limit;
		if (s->dead)
			continue;
		if (idle_limit_at(s) > now.mono || events_came_due(s, now)) {
			idle_limit_moved(s);
			continue;
		}
		stream_end(s, -ETIMEDOUT);
		s->fn(s, STREAM_IDLE, s->rock);
	}
}

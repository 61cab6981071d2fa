/* A pass: first all due events move to a list, then the list is put in order of addition and
 * run.  So it costs what is due, not what is waiting, and what callbacks add waits for the next
 * pass.  Nothing is allocated: the list runs through the events themselves. */
#include "internal.h"

/* ---- collecting ---- */

static void collect_heap(struct loop *l, struct heap *h, int64_t until_ns)
{
	while (h->n && h->at[0].key <= until_ns && h->at[0].key != EVENT_NEVER) {
		struct event *ev = container_of(h->at[0].item, struct event, item);
		heap_remove(h, &ev->item);
		ev->state = EVENT_DUE;
		ev->next = l->due;
		l->due = ev->index;
	}
}

static void collect(struct stream *s, struct instant now)
{
	collect_heap(s->loop, &s->marks, now.clock);
	collect_heap(s->loop, &s->from_later, now.mono);
	collect_heap(s->loop, &s->from_input, time_sub(now.mono, s->input_ns));
	stream_resort(s);
}

static void collect_all(struct loop *l, struct instant now)
{
	while (heap_least(&l->marks) <= now.clock && heap_least(&l->marks) != EVENT_NEVER)
		collect(container_of(l->marks.at[0].item, struct stream, by_mark), now);
	while (heap_least(&l->idles) <= now.mono && heap_least(&l->idles) != EVENT_NEVER)
		collect(container_of(l->idles.at[0].item, struct stream, by_idle), now);
}

/* ---- order of addition: a merge sort of the list ---- */

enum { BINS = 32 }; /* bin i holds a sorted list of 2^i events, or nothing */

static uint32_t merge(const struct table *t, uint32_t a, uint32_t b)
{
	uint32_t first, *tail = &first;
	while (a != EVENT_NOWHERE && b != EVENT_NOWHERE) {
		struct event *of_a = table_at(t, a), *of_b = table_at(t, b);
		if (of_a->seq < of_b->seq) {
			*tail = a;
			tail = &of_a->next;
			a = of_a->next;
		} else {
			*tail = b;
			tail = &of_b->next;
			b = of_b->next;
		}
	}
	*tail = a != EVENT_NOWHERE ? a : b;
	return first;
}

static uint32_t sort(const struct table *t, uint32_t list)
{
	uint32_t bins[BINS], sorted = EVENT_NOWHERE;
	for (size_t i = 0; i < BINS; i++)
		bins[i] = EVENT_NOWHERE;
	while (list != EVENT_NOWHERE) {
		struct event *ev = table_at(t, list);
		uint32_t carry = list;
		list = ev->next;
		ev->next = EVENT_NOWHERE;
		size_t i = 0;
		for (; bins[i] != EVENT_NOWHERE; i++) {
			carry = merge(t, bins[i], carry);
			bins[i] = EVENT_NOWHERE;
		}
		bins[i] = carry;
	}
	for (size_t i = 0; i < BINS; i++)
		sorted = merge(t, bins[i], sorted);
	return sorted;
}

/* ---- running ---- */

/* Anything but the event itself means that the callback is done with it. */
static void run(struct loop *l, struct event *ev, struct instant now)
{
	struct stream *s = ev->stream;
	waitevent self = table_handle(ev);
	ev->state = EVENT_RUNNING;
	ev->touched = l->pass & PASS_MASK;
	if (ev->idle_ns)
		ev->at_ns = now.mono;
	l->running = ev;
	waitevent ret = ev->fn(s, self, ev->rock);
	l->running = NULL;
	if (ret != self)
		waitevent_remove(s, self);
	if (ev->state == EVENT_RUNNING)
		event_wait(ev);
	else
		table_give(&l->table, ev);
}

void pass_run(struct loop *l, struct stream *only, struct instant now)
{
	l->pass++;
	l->due = EVENT_NOWHERE;
	if (only)
		collect(only, now);
	else
		collect_all(l, now);
	bool any = l->due != EVENT_NOWHERE;
	l->due = sort(&l->table, l->due);
	while (l->due != EVENT_NOWHERE) {
		struct event *ev = table_at(&l->table, l->due);
		l->due = ev->next;
		if (ev->state == EVENT_GONE || ev->stream->dead)
			table_give(&l->table, ev);
		else if (event_is_due(ev, now))
			run(l, ev, now);
		else
			event_wait(ev);
	}
	l->passed = any ? loop_instant(l) : now;
}

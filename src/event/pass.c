/* A pass: first all due events are taken out, then they are put in order of addition and run.  So
 * it costs what is due, not what is waiting, and what callbacks add waits for the next pass.
 * Nothing is allocated: there is room for every event that is alive. */
#include "internal.h"

/* ---- collecting ---- */

static void collect_heap(struct loop *l, struct heap *h, int64_t until_ns)
{
	uint32_t n = l->due.n;
	heap_take(h, time_min(until_ns, EVENT_NEVER - 1), &l->due);
	for (; n < l->due.n; n++) {
		struct event *ev = container_of(l->due.at[n].item, struct event, item);
		ev->state = EVENT_DUE;
		l->due.at[n].key = (int64_t)ev->seq;
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

/* ---- order of addition: a radix sort, in place ---- */

/* Those without the bit to the front; returns how many. */
static uint32_t split(struct heap_node *at, uint32_t n, unsigned bit)
{
	uint32_t i = 0;
	while (i < n) {
		struct heap_node node = at[i];
		if (!((uint64_t)node.key >> bit & 1)) {
			i++;
			continue;
		}
		at[i] = at[--n];
		at[n] = node;
	}
	return n;
}

/* By the lowest `bits` of their keys, in which alone they differ. */
static void sort_bits(struct heap_node *at, uint32_t n, unsigned bits)
{
	while (n > 1 && bits > 0) {
		uint32_t front = split(at, n, --bits);
		sort_bits(at, front, bits);
		at += front;
		n -= front;
	}
}

static void sort(struct heap_node *at, uint32_t n)
{
	uint64_t differ = 0;
	for (uint32_t i = 1; i < n; i++)
		differ |= (uint64_t)(at[i].key ^ at[0].key);
	if (differ)
		sort_bits(at, n, 64 - (unsigned)__builtin_clzll(differ));
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
	l->due.n = 0;
	if (only)
		collect(only, now);
	else
		collect_all(l, now);
	sort(l->due.at, l->due.n);
	for (uint32_t i = 0; i < l->due.n; i++) {
		struct event *ev = container_of(l->due.at[i].item, struct event, item);
		if (ev->state == EVENT_GONE || ev->stream->dead)
			table_give(&l->table, ev);
		else if (event_is_due(ev, now))
			run(l, ev, now);
		else
			event_wait(ev);
	}
	l->passed = l->due.n ? loop_instant(l) : now;
}

/* Wait events: adding, removing, and where an event waits. */
#include "internal.h"

#include <errno.h>

/* When it is due: a mark on the loop's clock, an idle time on the monotonic one. */
static int64_t due_ns(const struct event *ev)
{
	if (!ev->idle_ns)
		return ev->at_ns;
	return time_add(time_max(ev->at_ns, ev->stream->input_ns), ev->idle_ns);
}

bool event_is_due(const struct event *ev, struct instant now)
{
	int64_t at_ns = due_ns(ev);
	return at_ns != EVENT_NEVER && at_ns <= (ev->idle_ns ? now.mono : now.clock);
}

/* ---- waiting ---- */

static struct heap *home(const struct event *ev)
{
	struct stream *s = ev->stream;
	if (!ev->idle_ns)
		return &s->marks;
	return ev->at_ns > s->input_ns ? &s->from_later : &s->from_input;
}

static void resort(const struct event *ev)
{
	if (ev->idle_ns)
		stream_resort_idles(ev->stream);
	else
		stream_resort_marks(ev->stream);
}

void event_wait(struct event *ev)
{
	struct heap *h = home(ev);
	ev->state = EVENT_WAITING;
	heap_push(h, &ev->item, h == &ev->stream->from_input ? ev->idle_ns : due_ns(ev));
	if (ev->item.pos == 0)
		resort(ev);
}

void event_unwait(struct event *ev)
{
	bool was_first = ev->item.pos == 0;
	heap_remove(home(ev), &ev->item);
	if (was_first)
		resort(ev);
}

/* ---- adding and removing ---- */

/* Room for every event that is alive: a pass can take all of them, and those come back surely. */
static bool reserve(struct stream *s, bool idle)
{
	if (!heap_reserve(&s->loop->due, s->loop->table.n_taken + 1))
		return false;
	if (!idle)
		return heap_reserve(&s->marks, s->n_marks + 1);
	return heap_reserve(&s->from_input, s->n_idle + 1) &&
	       heap_reserve(&s->from_later, s->n_idle + 1);
}

static waitevent add(struct stream *s, int64_t at_ns, int64_t idle_ns, waitevent_fn *fn, void *rock)
{
	struct loop *l = s->loop;
	struct event *ev = reserve(s, idle_ns != 0) ? table_take(&l->table) : NULL;
	if (!ev) {
		errno = ENOMEM;
		return WAITEVENT_NONE;
	}
	ev->stream = s;
	ev->fn = fn;
	ev->rock = rock;
	ev->at_ns = at_ns;
	ev->idle_ns = idle_ns;
	ev->seq = l->next_seq++;
	ev->touched = l->pass & PASS_MASK;
	++*(idle_ns ? &s->n_idle : &s->n_marks);
	event_wait(ev);
	return table_handle(ev);
}

waitevent waitevent_add(struct stream *s, int64_t mark_ns, waitevent_fn *fn, void *rock)
{
	if (!s || s->dead || !fn) {
		errno = EINVAL;
		return WAITEVENT_NONE;
	}
	return add(s, mark_ns, 0, fn, rock);
}

waitevent waitevent_add_idle(struct stream *s, int64_t idle_ns, waitevent_fn *fn, void *rock)
{
	if (!s || s->dead || !fn || idle_ns <= 0) {
		errno = EINVAL;
		return WAITEVENT_NONE;
	}
	return add(s, loop_mono(s->loop), idle_ns, fn, rock);
}

/* What the pass holds keeps its place until the pass comes to it. */
static void drop(struct event *ev)
{
	struct stream *s = ev->stream;
	--*(ev->idle_ns ? &s->n_idle : &s->n_marks);
	if (ev->state == EVENT_WAITING) {
		event_unwait(ev);
		table_give(&s->loop->table, ev);
	} else {
		table_expire(ev);
		ev->state = EVENT_GONE;
	}
}

static struct event *find(struct stream *s, waitevent handle)
{
	if (!s || s->dead)
		return NULL;
	struct event *ev = table_find(&s->loop->table, handle);
	return ev && ev->stream == s ? ev : NULL;
}

int waitevent_remove(struct stream *s, waitevent handle)
{
	struct event *ev = find(s, handle);
	if (!ev)
		return -ENOENT;
	drop(ev);
	return 0;
}

static void drop_heap(struct loop *l, struct heap *h)
{
	for (uint32_t i = 0; i < h->n; i++)
		table_give(&l->table, container_of(h->at[i].item, struct event, item));
	h->n = 0;
}

/* Those that are due find out that their stream is dead. */
void events_drop(struct stream *s)
{
	drop_heap(s->loop, &s->marks);
	drop_heap(s->loop, &s->from_input);
	drop_heap(s->loop, &s->from_later);
	if (s->loop->running && s->loop->running->stream == s &&
	    s->loop->running->state == EVENT_RUNNING)
		drop(s->loop->running);
	stream_resort(s);
}

/* ---- the mark ---- */

int64_t waitevent_mark(struct stream *s, waitevent handle)
{
	const struct event *ev = find(s, handle);
	return ev ? due_ns(ev) : EVENT_NEVER;
}

/* One that is due stays in the pass's list, which looks at the mark again. */
int waitevent_set_mark(struct stream *s, waitevent handle, int64_t mark_ns)
{
	struct event *ev = find(s, handle);
	if (!ev)
		return -ENOENT;
	if (ev->idle_ns)
		return -EINVAL;
	ev->at_ns = mark_ns;
	ev->touched = s->loop->pass & PASS_MASK;
	if (ev->state == EVENT_WAITING) {
		bool was_first = ev->item.pos == 0;
		heap_move(&s->marks, &ev->item, mark_ns);
		if (was_first || ev->item.pos == 0)
			stream_resort_marks(s);
	}
	return 0;
}

/* ---- due since the latest pass ---- */

/* What the pass has run, or what its callbacks have added or marked, had its part only if it was
 * due again when the pass was over. */
static bool had_no_part(struct heap_item *item, void *rock)
{
	const struct event *ev = container_of(item, struct event, item);
	const struct loop *l = rock;
	return ev->touched != (l->pass & PASS_MASK) || !event_is_due(ev, l->passed);
}

bool events_came_due(const struct stream *s, struct instant now)
{
	struct loop *l = s->loop;
	return heap_any(&s->marks, time_min(now.clock, EVENT_NEVER - 1), had_no_part, l) ||
	       heap_any(&s->from_later, time_min(now.mono, EVENT_NEVER - 1), had_no_part, l) ||
	       heap_any(&s->from_input, time_sub(now.mono, s->input_ns), had_no_part, l);
}

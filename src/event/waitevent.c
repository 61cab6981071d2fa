/* Wait events.  A pass first moves all due events from the heap to a list, then runs the list.
 * So it costs what is due, not what is waiting, and what callbacks add waits for the next pass. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

struct waitevent *waitevent_add(struct stream *s, int64_t mark_ns, waitevent_fn *fn, void *rock)
{
	if (!s || !fn || s->dead) {
		errno = EINVAL;
		return NULL;
	}
	struct loop *l = s->loop;
	/* Room for every event that is alive: those taken out for a pass come back surely. */
	if (!heap_reserve(&l->heap, l->waitevents + 1))
		return NULL;
	struct waitevent *ev = malloc(sizeof *ev);
	if (!ev)
		return NULL;
	*ev = (struct waitevent){ .stream = s,
		                  .next = s->events,
		                  .fn = fn,
		                  .rock = rock,
		                  .mark_ns = mark_ns,
		                  .seq = l->next_seq++,
		                  .state = WAITEVENT_WAITING };
	if (ev->next)
		ev->next->prev = ev;
	s->events = ev;
	l->waitevents++;
	heap_push(&l->heap, ev);
	return ev;
}

static void unlink_from_stream(struct waitevent *ev)
{
	if (ev->prev)
		ev->prev->next = ev->next;
	else
		ev->stream->events = ev->next;
	if (ev->next)
		ev->next->prev = ev->prev;
}

/* A due event stays in the pass's list, which skips the dead. */
static void destroy(struct waitevent *ev)
{
	struct loop *l = ev->stream->loop;
	if (ev->state == WAITEVENT_WAITING)
		heap_remove(&l->heap, ev);
	ev->state = WAITEVENT_DEAD;
	unlink_from_stream(ev);
	l->waitevents--;
	if (!l->turning) {
		free(ev);
		return;
	}
	ev->next = l->dead_waitevents;
	l->dead_waitevents = ev;
}

void waitevent_remove(struct stream *s, struct waitevent *ev)
{
	if (s && ev && ev->state != WAITEVENT_DEAD && ev->stream == s)
		destroy(ev);
}

void waitevents_free(struct stream *s)
{
	for (struct waitevent *ev = s->events, *next; ev; ev = next) {
		next = ev->next;
		destroy(ev);
	}
}

int64_t waitevent_mark(const struct waitevent *ev)
{
	return ev->mark_ns;
}

void waitevent_set_mark(struct waitevent *ev, int64_t mark_ns)
{
	struct loop *l = ev->stream->loop;
	switch (ev->state) {
	case WAITEVENT_WAITING:
		ev->mark_ns = mark_ns;
		heap_moved(&l->heap, ev);
		break;
	case WAITEVENT_DUE:
		/* Back to the heap: never run before the new mark.  The list skips it. */
		ev->mark_ns = mark_ns;
		ev->state = WAITEVENT_WAITING;
		heap_push(&l->heap, ev);
		break;
	case WAITEVENT_RUNNING:
		ev->mark_ns = mark_ns;
		break;
	case WAITEVENT_DEAD:
		break;
	}
}

int64_t waitevents_next(const struct loop *l)
{
	return l->heap.n ? l->heap.at[0]->mark_ns : EVENT_NEVER;
}

static void collect_due(struct loop *l, int64_t now_ns)
{
	struct waitevent **tail = &l->due;
	while (l->heap.n && waitevents_next(l) != EVENT_NEVER && waitevents_next(l) <= now_ns) {
		struct waitevent *ev = l->heap.at[0];
		heap_remove(&l->heap, ev);
		ev->state = WAITEVENT_DUE;
		*tail = ev;
		tail = &ev->next_due;
	}
	*tail = NULL;
}

/* Anything but the event itself means that the callback is done with it. */
static void run(struct loop *l, struct waitevent *ev)
{
	ev->state = WAITEVENT_RUNNING;
	struct waitevent *ret = ev->fn(ev->stream, ev, ev->rock);
	if (ev->state != WAITEVENT_RUNNING)
		return;
	if (ret != ev) {
		destroy(ev);
		return;
	}
	ev->state = WAITEVENT_WAITING;
	heap_push(&l->heap, ev);
}

void waitevents_run(struct loop *l)
{
	collect_due(l, loop_now(l));
	while (l->due) {
		struct waitevent *ev = l->due;
		l->due = ev->next_due;
		if (ev->state == WAITEVENT_DUE)
			run(l, ev);
	}
}

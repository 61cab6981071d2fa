/* A binary heap of wait events, the earliest mark on top, equal marks in order of addition.
 * Each event knows its index, so that removing and moving cost O(log n) without a search. */
#include "internal.h"

#include <stdlib.h>

enum { HEAP_FIRST_CAP = 16 };

static bool before(struct heap *h, const struct waitevent *a, const struct waitevent *b)
{
	h->compares++;
	return a->mark_ns != b->mark_ns ? a->mark_ns < b->mark_ns : a->seq < b->seq;
}

static void put(struct heap *h, size_t pos, struct waitevent *ev)
{
	h->at[pos] = ev;
	ev->pos = pos;
}

static void sift_up(struct heap *h, struct waitevent *ev)
{
	size_t pos = ev->pos;
	while (pos > 0) {
		size_t parent = (pos - 1) / 2;
		if (!before(h, ev, h->at[parent]))
			break;
		put(h, pos, h->at[parent]);
		pos = parent;
	}
	put(h, pos, ev);
}

static void sift_down(struct heap *h, struct waitevent *ev)
{
	size_t pos = ev->pos;
	for (;;) {
		size_t child = 2 * pos + 1;
		if (child >= h->n)
			break;
		if (child + 1 < h->n && before(h, h->at[child + 1], h->at[child]))
			child++;
		if (!before(h, h->at[child], ev))
			break;
		put(h, pos, h->at[child]);
		pos = child;
	}
	put(h, pos, ev);
}

bool heap_reserve(struct heap *h, size_t n)
{
	if (n <= h->cap)
		return true;
	size_t cap = h->cap ? h->cap : HEAP_FIRST_CAP;
	while (cap < n)
		cap *= 2;
	struct waitevent **at = reallocarray(h->at, cap, sizeof *at);
	if (!at)
		return false;
	h->at = at;
	h->cap = cap;
	return true;
}

void heap_push(struct heap *h, struct waitevent *ev)
{
	ev->pos = h->n++;
	sift_up(h, ev);
}

void heap_remove(struct heap *h, struct waitevent *ev)
{
	struct waitevent *last = h->at[--h->n];
	if (last == ev)
		return;
	put(h, ev->pos, last);
	heap_moved(h, last);
}

void heap_moved(struct heap *h, struct waitevent *ev)
{
	size_t pos = ev->pos;
	sift_up(h, ev);
	if (ev->pos == pos)
		sift_down(h, ev);
}

/* A heap of four children to a node, the smallest key on top.  Nodes carry their keys, so that
 * four comparisons touch one or two cache lines; items know their index, so that removing and
 * moving cost O(log n) without a search. */
#include "internal.h"

#include <stdlib.h>

enum { HEAP_FIRST_CAP = 16, HEAP_WIDTH = 4, HEAP_FEW = 8 };

static bool before(struct heap *h, const struct heap_node *a, const struct heap_node *b)
{
	h->compares++;
	return a->key < b->key;
}

static void put(struct heap *h, uint32_t pos, struct heap_node node)
{
	h->at[pos] = node;
	node.item->pos = pos;
}

static void sift_up(struct heap *h, uint32_t pos, struct heap_node node)
{
	while (pos > 0) {
		uint32_t parent = (pos - 1) / HEAP_WIDTH;
		if (!before(h, &node, &h->at[parent]))
			break;
		put(h, pos, h->at[parent]);
		pos = parent;
	}
	put(h, pos, node);
}

static uint32_t least_child(struct heap *h, uint32_t pos)
{
	uint32_t first = pos * HEAP_WIDTH + 1, least = first;
	for (uint32_t i = first + 1; i < h->n && i < first + HEAP_WIDTH; i++)
		if (before(h, &h->at[i], &h->at[least]))
			least = i;
	return least;
}

static void sift_down(struct heap *h, uint32_t pos, struct heap_node node)
{
	while (pos * HEAP_WIDTH + 1 < h->n) {
		uint32_t child = least_child(h, pos);
		if (!before(h, &h->at[child], &node))
			break;
		put(h, pos, h->at[child]);
		pos = child;
	}
	put(h, pos, node);
}

static void settle(struct heap *h, uint32_t pos, struct heap_node node)
{
	if (pos > 0 && before(h, &node, &h->at[(pos - 1) / HEAP_WIDTH]))
		sift_up(h, pos, node);
	else
		sift_down(h, pos, node);
}

bool heap_reserve(struct heap *h, uint32_t n)
{
	if (n <= h->cap)
		return true;
	if (n > HEAP_MAX)
		return false;
	uint32_t cap = h->cap ? h->cap : HEAP_FIRST_CAP;
	while (cap < n)
		cap *= 2;
	struct heap_node *at = reallocarray(h->at, cap, sizeof *at);
	if (!at)
		return false;
	h->at = at;
	h->cap = cap;
	return true;
}

void heap_push(struct heap *h, struct heap_item *item, int64_t key)
{
	sift_up(h, h->n++, (struct heap_node){ .key = key, .item = item });
}

void heap_remove(struct heap *h, struct heap_item *item)
{
	uint32_t pos = item->pos;
	struct heap_node last = h->at[--h->n];
	if (last.item != item)
		settle(h, pos, last);
	item->pos = HEAP_OUT;
}

void heap_move(struct heap *h, struct heap_item *item, int64_t key)
{
	settle(h, item->pos, (struct heap_node){ .key = key, .item = item });
}

void heap_set(struct heap *h, struct heap_item *item, bool in, int64_t key)
{
	if (item->pos == HEAP_OUT) {
		if (in)
			heap_push(h, item, key);
	} else if (!in) {
		heap_remove(h, item);
	} else if (h->at[item->pos].key != key) {
		heap_move(h, item, key);
	}
}

/* Look at all, and build the heap of the rest anew. */
static void sweep(struct heap *h, int64_t key, struct heap *to)
{
	uint32_t n = h->n;
	h->n = 0;
	h->compares += n;
	for (uint32_t i = 0; i < n; i++) {
		struct heap_node node = h->at[i];
		if (node.key <= key) {
			node.item->pos = HEAP_OUT;
			to->at[to->n++] = node;
		} else {
			put(h, h->n++, node);
		}
	}
	for (uint32_t i = (h->n + HEAP_WIDTH - 2) / HEAP_WIDTH; i-- > 0;)
		sift_down(h, i, h->at[i]);
}

void heap_take(struct heap *h, int64_t key, struct heap *to)
{
	uint32_t taken = 0;
	while (h->n && h->at[0].key <= key) {
		if (taken++ > h->n / HEAP_FEW) {
			sweep(h, key, to);
			return;
		}
		to->at[to->n++] = h->at[0];
		heap_remove(h, h->at[0].item);
	}
}

static bool any_below(const struct heap *h, uint32_t pos, int64_t key, heap_test *test, void *rock)
{
	if (pos >= h->n || h->at[pos].key > key)
		return false;
	if (test(h->at[pos].item, rock))
		return true;
	for (uint32_t i = 1; i <= HEAP_WIDTH; i++)
		if (any_below(h, pos * HEAP_WIDTH + i, key, test, rock))
			return true;
	return false;
}

bool heap_any(const struct heap *h, int64_t key, heap_test *test, void *rock)
{
	return any_below(h, 0, key, test, rock);
}

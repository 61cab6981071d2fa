/* The table of events.  It grows by chunks, so that an event never moves, not even while its
 * callback adds others; places are used again, under a new generation. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

enum { CHUNK_BITS = 6, CHUNK = 1 << CHUNK_BITS, FIRST_CHUNKS = 4 };

static bool make_room(struct table *t)
{
	if (t->n_chunks < t->cap_chunks)
		return true;
	if (t->n_chunks >= HEAP_MAX >> CHUNK_BITS)
		return false;
	uint32_t cap = t->cap_chunks ? 2 * t->cap_chunks : FIRST_CHUNKS;
	struct event **chunks = reallocarray(t->chunks, cap, sizeof(struct event *));
	if (!chunks)
		return false;
	t->chunks = chunks;
	t->cap_chunks = cap;
	return true;
}

static bool grow(struct table *t)
{
	if (!make_room(t))
		return false;
	struct event *chunk = aligned_alloc(sizeof *chunk, CHUNK * sizeof *chunk);
	if (!chunk)
		return false;
	uint32_t first = t->n_chunks << CHUNK_BITS;
	for (uint32_t i = 0; i < CHUNK; i++)
		chunk[i] = (struct event){ .next = i + 1 < CHUNK ? first + i + 1 : EVENT_NOWHERE,
			                   .index = first + i,
			                   .generation = 1,
			                   .state = EVENT_FREE };
	t->chunks[t->n_chunks++] = chunk;
	t->free = first;
	return true;
}

struct event *table_at(const struct table *t, uint32_t index)
{
	return &t->chunks[index >> CHUNK_BITS][index & (CHUNK - 1)];
}

struct event *table_take(struct table *t)
{
	if (t->free == EVENT_NOWHERE && !grow(t)) {
		errno = ENOMEM;
		return NULL;
	}
	struct event *ev = table_at(t, t->free);
	t->free = ev->next;
	t->n_taken++;
	return ev;
}

void table_expire(struct event *ev)
{
	if (++ev->generation == 0)
		ev->generation = 1;
}

void table_give(struct table *t, struct event *ev)
{
	if (ev->state != EVENT_GONE)
		table_expire(ev);
	ev->state = EVENT_FREE;
	ev->next = t->free;
	t->free = ev->index;
	t->n_taken--;
}

waitevent table_handle(const struct event *ev)
{
	return (waitevent)ev->generation << 32 | ev->index;
}

struct event *table_find(const struct table *t, waitevent handle)
{
	uint32_t index = (uint32_t)handle;
	if (index >> CHUNK_BITS >= t->n_chunks)
		return NULL;
	struct event *ev = table_at(t, index);
	return ev->state < EVENT_GONE && ev->generation == handle >> 32 ? ev : NULL;
}

void table_done(struct table *t)
{
	for (uint32_t i = 0; i < t->n_chunks; i++)
		free(t->chunks[i]);
	free(t->chunks);
}

/* A ring of links with a head.  Unlinking needs no head, so an item may stand in a private ring
 * while that is worked off. */
#ifndef EVENT_LIST_H
#define EVENT_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct link {
	struct link *prev, *next;
};

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

static inline void link_init(struct link *at)
{
	at->prev = at->next = at;
}

/* Also for a head: is the ring empty? */
static inline bool link_alone(const struct link *at)
{
	return at->next == at;
}

static inline void link_out(struct link *at)
{
	at->prev->next = at->next;
	at->next->prev = at->prev;
	link_init(at);
}

static inline void link_last(struct link *head, struct link *at)
{
	at->prev = head->prev;
	at->next = head;
	head->prev->next = at;
	head->prev = at;
}

/* Move all of `from` to the empty `to`. */
static inline void link_take_all(struct link *to, struct link *from)
{
	link_init(to);
	if (link_alone(from))
		return;
	*to = *from;
	to->next->prev = to;
	to->prev->next = to;
	link_init(from);
}

#endif

/* One search over several stores, as if they were one. */
#ifndef STORE_MERGE_H
#define STORE_MERGE_H

#include "search.h"

enum { HIT_KEY_BYTES = 32 };

/* What makes a hit the same message as another: 1 with the key, 0 when it is like no other, or -errno. */
typedef int hit_key_fn(void *rock, const struct hit *h, uint8_t ret[HIT_KEY_BYTES]);
typedef int hit_fn(void *rock, const struct hit *h);

struct merge {
	struct store *const *stores; /* the first wins a tie */
	size_t n;
	hit_key_fn *key; /* NULL: every copy is a hit */
	void *key_rock;
	/* Told of a store that cannot be searched: 0 leaves it out, anything else is returned. */
	int (*broken)(void *rock, size_t i, const struct err *e);
	void *broken_rock;
};

/* As store_search; limit and offset count what is left when all are in one order and copies are out. */
int merge_search(const struct merge *m, const struct query *q, const struct search_opts *o,
                 bool with_blob, hit_fn *fn, void *rock, struct err *e);

#endif

/* A compiled query, and the memory it lives in. */
#include "query.h"

#include "../base/err.h"
#include "search.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BLOCK = 16384 };

struct arena_block {
	struct arena_block *next;
	size_t used, cap;
	alignas(max_align_t) char data[];
};

void *arena_get(struct arena *a, size_t n)
{
	struct arena_block *b = a->blocks;

	n = (n + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
	if (!b || b->cap - b->used < n) {
		size_t cap = n > ARENA_BLOCK ? n : ARENA_BLOCK;
		b = calloc(1, sizeof(*b) + cap);
		if (!b)
			return NULL;
		b->cap = cap;
		b->next = a->blocks;
		a->blocks = b;
	}
	b->used += n;
	return b->data + b->used - n;
}

char *arena_str(struct arena *a, const char *s, size_t n)
{
	char *p = arena_get(a, n + 1);

	if (p)
		memcpy(p, s, n);
	return p;
}

void arena_free(struct arena *a)
{
	for (struct arena_block *b = a->blocks, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	a->blocks = NULL;
}

int query_compile(const char *text, int64_t now, struct query **ret, struct err *e)
{
	struct query *q = calloc(1, sizeof(*q));
	struct node *root = NULL;

	if (!q)
		return err_sys(e, ENOMEM, "query");
	int rc = query_parse(text, strlen(text), now, &q->arena, &root, e);
	if (!rc)
		rc = query_to_sql(q, root, e);
	if (rc) {
		query_free(q);
		return rc;
	}
	*ret = q;
	return 0;
}

void query_free(struct query *q)
{
	if (!q)
		return;
	arena_free(&q->arena);
	buf_free(&q->where);
	free(q->params);
	free(q);
}

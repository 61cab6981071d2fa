#include "backend_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How many keys are below this one: its place. */
static size_t place(const struct backend_table *t, uint64_t key)
{
	size_t low = 0, high = t->n;
	if (t->n > 0 && t->at[t->n - 1].key < key)
		return t->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (t->at[mid].key < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int grow(struct backend_table *t)
{
	if (t->n < t->cap)
		return 0;
	size_t cap = t->cap ? 2 * t->cap : 16;
	struct backend_entry *at = reallocarray(t->at, cap, sizeof *at);
	if (!at)
		return -ENOMEM;
	t->at = at;
	t->cap = cap;
	return 0;
}

int backend_table_put(struct backend_table *t, uint64_t key, void *item)
{
	size_t i = place(t, key);
	if (i < t->n && t->at[i].key == key)
		return -EEXIST;
	if (grow(t) < 0)
		return -ENOMEM;
	memmove(t->at + i + 1, t->at + i, (t->n - i) * sizeof *t->at);
	t->at[i] = (struct backend_entry){ key, item };
	t->n++;
	return 0;
}

void *backend_table_from(const struct backend_table *t, uint64_t key)
{
	size_t i = place(t, key);
	return i < t->n ? t->at[i].item : NULL;
}

void *backend_table_get(const struct backend_table *t, uint64_t key)
{
	size_t i = place(t, key);
	return i < t->n && t->at[i].key == key ? t->at[i].item : NULL;
}

void *backend_table_take(struct backend_table *t, uint64_t key)
{
	size_t i = place(t, key);
	if (i == t->n || t->at[i].key != key)
		return NULL;
	void *item = t->at[i].item;
	t->n--;
	memmove(t->at + i, t->at + i + 1, (t->n - i) * sizeof *t->at);
	return item;
}

void backend_table_done(struct backend_table *t)
{
	free(t->at);
	*t = (struct backend_table){ 0 };
}

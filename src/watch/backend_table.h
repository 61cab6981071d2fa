/* What a backend watches, by number: sorted, so that "the next one from here" can be asked while
 * callbacks add and remove.  Numbers mostly grow, so adding mostly appends. */
#ifndef WATCH_BACKEND_TABLE_H
#define WATCH_BACKEND_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct backend_table {
	struct backend_entry {
		uint64_t key;
		void *item;
	} * at;
	size_t n, cap;
};

/* The item stays the caller's.  0, -EEXIST or -ENOMEM. */
int backend_table_put(struct backend_table *t, uint64_t key, void *item);
void *backend_table_get(const struct backend_table *t, uint64_t key); /* NULL: not there */
void *backend_table_take(struct backend_table *t, uint64_t key); /* and removes it */
void *backend_table_from(const struct backend_table *t, uint64_t key); /* the first not below */
void backend_table_done(struct backend_table *t); /* frees the table, not the items */

#endif

/* The index made anew beside the old one, while the store is in use, and put in its place at once.
 *
 * Tables whose names begin with "again_" are filled from records with a docid (record.h), commit by
 * commit; what searches look into does not change meanwhile.  The end is one transaction: the new
 * tables take the names of the old ones.  Whatever is cut off leaves tables that nobody reads; the next
 * beginning drops them. */
#ifndef STORE_INDEX_AGAIN_H
#define STORE_INDEX_AGAIN_H

#include "record.h"

#include <sqlite3.h>

struct err;
struct index_again;

int index_again_open(sqlite3 *db, struct index_again **ret, struct err *e);
void index_again_close(struct index_again *a); /* NULL is fine */
void index_again_reset(struct index_again *a); /* before a rollback */

/* All below work inside the transaction that is open, and return an SQLite code. */

int index_again_begin(struct index_again *a);
int index_again_add(struct index_again *a, const struct record *r);
/* *ret: 1 done; -1 not begun, or there are messages that were not added yet. */
int index_again_end(struct index_again *a, int *ret);
int index_again_drop(struct index_again *a);

#endif

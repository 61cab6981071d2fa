/* The writer's rows of messages. */
#ifndef STORE_INDEX_RECORD_H
#define STORE_INDEX_RECORD_H

#include "record.h"

#include <sqlite3.h>
#include <stdbool.h>

struct err;
struct index_record;
struct index_sync;
struct index_thread;

/* db, sync and threads must outlive it. */
int index_record_open(sqlite3 *db, struct index_sync *sync, struct index_thread *threads,
                      struct index_record **ret, struct err *e);
void index_record_close(struct index_record *ir); /* NULL is fine */

/* Within a transaction, once at its beginning: another writer may have been here.  An SQLite result
 * code, as are those of index_record_add. */
int index_record_begin(struct index_record *ir);
/* Take the lists of Message-IDs of a record, before index_record_add; false: no memory for them. */
bool index_record_lists(struct index_record *ir, const struct record *r);
/* Add it, or what it has more than the store, and the file that it came from. */
int index_record_add(struct index_record *ir, const struct record *r, bool *ret_is_new);
/* Before a rollback. */
void index_record_reset(struct index_record *ir);
/* Give scratch memory back. */
void index_record_trim(struct index_record *ir);

#endif

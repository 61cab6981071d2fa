/* The writer's way to remove a message, inside the transaction that is open. */
#ifndef STORE_INDEX_REMOVE_H
#define STORE_INDEX_REMOVE_H

#include <sqlite3.h>

struct err;
struct index_remove;
struct index_thread;

int index_remove_open(sqlite3 *db, struct index_remove **ret, struct err *e);
void index_remove_close(struct index_remove *r); /* NULL is fine */
void index_remove_reset(struct index_remove *r); /* before a rollback */
/* The message with this blob (40 hex) and all its copies; *ret: 1, or -1 when the store lacks it.  An
 * SQLite code. */
int index_remove(struct index_remove *r, struct index_thread *threads, const char *oid, int *ret);

/* The bytes of this blob are damaged: move them to the table `lost`, and leave the blob as one that is
 * only indexed, so that a file or an import may bring them again.  As above. */
int index_lost(struct index_remove *r, const char *oid, int *ret);
/* The blob that is called `oid` is `to`. */
int index_blob_is(struct index_remove *r, const char *oid, const char *to, int *ret);

#endif

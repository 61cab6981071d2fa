/* The writer's side of mail_sync: edits in, inside the transaction that is open. */
#ifndef STORE_INDEX_SYNC_H
#define STORE_INDEX_SYNC_H

#include "edit.h"

#include <sqlite3.h>

struct index_sync;

int index_sync_open(sqlite3 *db, struct index_sync **ret, struct err *e);
void index_sync_close(struct index_sync *x); /* NULL is fine */
void index_sync_reset(struct index_sync *x); /* before a rollback */

/* All below return an SQLite code. */

/* *ret: 1 something changed, 0 nothing had to, -1 the store lacks the message or file. */
int index_sync_apply(struct index_sync *x, const struct edit *ed, int *ret);
/* The file that a message was read from; as EDIT_FILE. */
int index_sync_file(struct index_sync *x, const struct edit *ed, int64_t docid, int64_t blob);
/* Change the keywords of a message, and note it for its files. */
int index_sync_kw(struct index_sync *x, int64_t docid, kw_set set, kw_set clear, bool *ret_changed);

/* Has the outbox grown since the last time we were asked? */
bool index_sync_stirred(struct index_sync *x);

#endif

/* The writer's side of the tables: records in, one transaction at a time. */
#ifndef STORE_INDEX_H
#define STORE_INDEX_H

#include "edit.h"
#include "record.h"
#include "writer.h"

struct err;
struct index;

int index_open(const char *dir, struct index **ret, struct err *e);
void index_close(struct index *ix); /* uncommitted records are lost; NULL is fine */

/* Add a record and count it.  On failure either nothing of this record was stored and the
 * transaction goes on (-EFBIG), or the transaction is gone with everything uncommitted:
 * then index_pending is 0. */
int index_add(struct index *ix, const struct record *r, struct store_counts *counts, struct err *e);
/* Apply an edit and count it; failures are as above. */
int index_edit(struct index *ix, const struct edit *ed, struct store_counts *counts, struct err *e);
/* Has the outbox grown since the last time we were asked?  Ask after a commit. */
bool index_stirred(struct index *ix);
/* Drop what an EDIT_REINDEX has begun, with a commit of its own. */
int index_drop_again(struct index *ix, struct err *e);
uint64_t index_pending(const struct index *ix); /* bytes added since the last commit */
/* Make everything added durable.  On failure it is lost. */
int index_commit(struct index *ix, struct err *e);

/* Copy the log into the database when it has grown beyond `bytes`; never waits for readers.
 * False: a reader stood in the way, try again later. */
bool index_checkpoint(struct index *ix, uint64_t bytes);
/* The file that we write has no longer its name: what is added would be found by nobody. */
bool index_has_moved(struct index *ix);
void index_release_memory(struct index *ix);

#endif

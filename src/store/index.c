#include "index.h"

#include "../base/err.h"
#include "db.h"
#include "index_again.h"
#include "index_record.h"
#include "index_remove.h"
#include "index_sync.h"
#include "index_thread.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

struct index {
	sqlite3 *db;
	struct index_sync *sync;
	struct index_record *records;
	struct index_remove *remove;
	struct index_again *again;
	struct index_thread *threads;
	uint64_t pending;
	bool in_transaction;
	int wal_pages;
};

/* ---- transaction ---- */

static int begin(struct index *ix)
{
	if (ix->in_transaction)
		return SQLITE_OK;
	int code = sqlite3_exec(ix->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (code != SQLITE_OK)
		return code;
	ix->in_transaction = true;
	code = index_record_begin(ix->records);
	return code == SQLITE_OK ? index_thread_begin(ix->threads) : code;
}

static void forget(struct index *ix)
{
	index_record_reset(ix->records);
	index_sync_reset(ix->sync);
	index_remove_reset(ix->remove);
	index_again_reset(ix->again);
	index_thread_reset(ix->threads);
	if (!sqlite3_get_autocommit(ix->db))
		sqlite3_exec(ix->db, "ROLLBACK", NULL, NULL, NULL);
	ix->in_transaction = false;
	ix->pending = 0;
}

uint64_t index_pending(const struct index *ix)
{
	return ix->pending;
}

int index_commit(struct index *ix, struct err *e)
{
	if (!ix->in_transaction)
		return 0;
	if (sqlite3_exec(ix->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
		int rc = db_error(ix->db, e, "cannot commit");
		forget(ix);
		return rc;
	}
	ix->in_transaction = false;
	ix->pending = 0;
	return 0;
}

/* ---- records and edits ---- */

/* For the index that is made anew; not counted. */
static int add_again(struct index *ix, const struct record *r, struct err *e)
{
	int code = begin(ix);

	if (code == SQLITE_OK)
		code = index_again_add(ix->again, r);
	if (code != SQLITE_OK) {
		int rc = db_error(ix->db, e, "cannot index a message");
		forget(ix);
		return rc;
	}
	ix->pending += sizeof(*r) + r->msg.size;
	return 0;
}

int index_add(struct index *ix, const struct record *r, struct store_counts *counts, struct err *e)
{
	bool is_new;

	if (r->docid)
		return add_again(ix, r, e);
	if (r->blob_len > DB_VALUE_MAX - 1000)
		return err_set(e, -EFBIG, "a message of %zu bytes (compressed) is too big to store",
		               r->blob_len);
	if (!index_record_lists(ix->records, r))
		return err_set(e, -EFBIG, "no memory for the references of a message");
	if (begin(ix) != SQLITE_OK || index_record_add(ix->records, r, &is_new) != SQLITE_OK) {
		int rc = db_error(ix->db, e, "cannot store a message");
		forget(ix);
		return rc;
	}
	ix->pending += sizeof(*r) + r->blob_len + r->msg.size;
	counts->seen++;
	if (is_new)
		counts->added++;
	else
		counts->duplicate++;
	return 0;
}

/* Threads that are damaged are made of the messages alone. */
static int end_again(struct index *ix, int *ret)
{
	bool whole;
	int code = index_thread_whole(ix->threads, &whole);

	if (code == SQLITE_OK)
		code = index_again_end(ix->again, ret);
	return code == SQLITE_OK && *ret == 1 ? index_thread_again(ix->threads, whole) : code;
}

static int apply_edit(struct index *ix, const struct edit *ed, int *ret)
{
	switch (ed->op) {
	case EDIT_REMOVE:
		return index_remove(ix->remove, ix->threads, ed->oid, ret);
	case EDIT_REINDEX:
		*ret = 1;
		return index_again_begin(ix->again);
	case EDIT_REINDEXED:
		return end_again(ix, ret);
	case EDIT_LOST:
		return index_lost(ix->remove, ed->oid, ret);
	case EDIT_BLOB_IS:
		return index_blob_is(ix->remove, ed->oid, ed->to, ret);
	default:
		return index_sync_apply(ix->sync, ed, ret);
	}
}

int index_edit(struct index *ix, const struct edit *ed, struct store_counts *counts, struct err *e)
{
	int done = 0;
	int code = begin(ix);

	if (code == SQLITE_OK)
		code = apply_edit(ix, ed, &done);
	if (code != SQLITE_OK) {
		int rc = db_error(ix->db, e, "cannot store a change");
		forget(ix);
		return rc;
	}
	ix->pending += sizeof(*ed);
	counts->changed += done > 0;
	counts->unknown += done < 0;
	return 0;
}

int index_drop_again(struct index *ix, struct err *e)
{
	if (begin(ix) != SQLITE_OK || index_again_drop(ix->again) != SQLITE_OK) {
		int rc = db_error(ix->db, e, "cannot drop an index");
		forget(ix);
		return rc;
	}
	return index_commit(ix, e);
}

bool index_stirred(struct index *ix)
{
	return index_sync_stirred(ix->sync);
}

/* ---- housekeeping ---- */

static int note_wal(void *rock, sqlite3 *db, const char *name, int pages)
{
	struct index *ix = rock;

	(void)db;
	(void)name;
	ix->wal_pages = pages;
	return SQLITE_OK;
}

bool index_checkpoint(struct index *ix, uint64_t bytes)
{
	enum { PAGE = 8192 };
	int how = bytes ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE;

	if (ix->in_transaction || ix->wal_pages == 0 || (uint64_t)ix->wal_pages * PAGE <= bytes)
		return true;
	sqlite3_busy_handler(ix->db, NULL, NULL);
	int code = sqlite3_wal_checkpoint_v2(ix->db, NULL, how, NULL, NULL);
	db_patient(ix->db);
	if (code == SQLITE_OK && !bytes)
		ix->wal_pages = 0;
	return code == SQLITE_OK;
}

bool index_has_moved(struct index *ix)
{
	int moved = 0;

	return sqlite3_file_control(ix->db, NULL, SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
	       moved;
}

void index_release_memory(struct index *ix)
{
	sqlite3_db_release_memory(ix->db);
	index_record_trim(ix->records);
	malloc_trim(0);
}

int index_open(const char *dir, struct index **ret, struct err *e)
{
	struct index *ix = calloc(1, sizeof(*ix));

	if (!ix)
		return err_sys(e, ENOMEM, "cannot open store '%s'", dir);
	int rc = db_open_write(dir, &ix->db, e);
	if (!rc)
		rc = index_sync_open(ix->db, &ix->sync, e);
	if (!rc)
		rc = index_thread_open(ix->db, &ix->threads, e);
	if (!rc)
		rc = index_record_open(ix->db, ix->sync, ix->threads, &ix->records, e);
	if (!rc)
		rc = index_remove_open(ix->db, &ix->remove, e);
	if (!rc)
		rc = index_again_open(ix->db, &ix->again, e);
	if (rc) {
		index_close(ix);
		return rc;
	}
	sqlite3_wal_hook(ix->db, note_wal, ix);
	*ret = ix;
	return 0;
}

void index_close(struct index *ix)
{
	if (!ix)
		return;
	index_record_close(ix->records);
	index_sync_close(ix->sync);
	index_remove_close(ix->remove);
	index_again_close(ix->again);
	index_thread_close(ix->threads);
	sqlite3_close(ix->db);
	free(ix);
}

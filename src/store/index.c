#include "index.h"

#include "../base/err.h"
#include "db.h"
#include "index_again.h"
#include "index_remove.h"
#include "index_sync.h"
#include "index_text.h"
#include "index_thread.h"
#include "oid.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

enum statement {
	BY_OID,
	BY_MID,
	BY_CONTENT,
	LAST_ID,
	ADD_MESSAGE,
	ADD_BLOB,
	ADD_MID,
	ADD_LIST,
	ADD_LABEL,
	FILL_BLOB,
	STATEMENTS
};

static const char *const sqls[STATEMENTS] = {
	[BY_OID] = "SELECT docid, id, length(z) FROM blob WHERE oid = ?1",
	[BY_MID] = ("SELECT m.docid FROM mid JOIN message m USING(docid)"
	            " WHERE mid.mid = ?1 AND m.content = ?2 LIMIT 1"),
	[BY_CONTENT] = "SELECT docid FROM message WHERE content = ?1 AND mids = x'00' LIMIT 1",
	/* What was removed keeps its number: its words stay in the index until that is made anew. */
	[LAST_ID] = "SELECT max((SELECT coalesce(max(id), 0) FROM blob),"
		    " (SELECT coalesce(max(id), 0) FROM fts_docsize))",
	[ADD_MESSAGE] =
	    "INSERT INTO message(docid, received, sent, kw, size, oid, content, subject,"
	    " from_, to_, cc, mids, refs) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[ADD_BLOB] = "INSERT INTO blob(id, docid, oid, z) VALUES(?,?,?,?)",
	[ADD_MID] = "INSERT OR IGNORE INTO mid(mid, docid) VALUES(?,?)",
	[ADD_LIST] = "INSERT OR IGNORE INTO list(name, docid) VALUES(?,?)",
	[ADD_LABEL] = "INSERT OR IGNORE INTO label(name, docid) VALUES(?,?)",
	[FILL_BLOB] = "UPDATE blob SET z = ?2 WHERE id = ?1",
};

struct index {
	sqlite3 *db;
	sqlite3_stmt *st[STATEMENTS];
	struct index_sync *sync;
	struct index_text *text;
	struct index_remove *remove;
	struct index_again *again;
	struct index_thread *threads;
	struct buf mids, refs, lower; /* scratch */
	int64_t last_id;
	uint64_t pending;
	bool in_transaction;
	int wal_pages;
};

#define LIST_EACH(p, list, len) for (const char *p = (list); p < (list) + (len); p += strlen(p) + 1)

/* Lists have entries each ended by a NUL; stored ones end with one more. */
static void pack_list(struct buf *to, const struct buf *list)
{
	buf_reset(to);
	LIST_EACH(p, list->data, list->len)
	if (*p)
		buf_add(to, p, strlen(p) + 1);
	buf_addc(to, '\0');
}

static int run(sqlite3_stmt *st)
{
	int code = db_run(st);

	sqlite3_clear_bindings(st);
	return code;
}

static void bind_text(sqlite3_stmt *st, int i, const char *s)
{
	sqlite3_bind_text(st, i, s, -1, SQLITE_STATIC);
}

static void bind_bytes(sqlite3_stmt *st, int i, const void *p, size_t n)
{
	sqlite3_bind_blob64(st, i, p ? p : "", n, SQLITE_STATIC);
}

/* ---- transaction ---- */

static int begin(struct index *ix)
{
	if (ix->in_transaction)
		return SQLITE_OK;
	int code = sqlite3_exec(ix->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (code != SQLITE_OK)
		return code;
	ix->in_transaction = true;
	/* Another writer may have been here since. */
	int found = db_int(ix->st[LAST_ID], &ix->last_id);
	return found < 0 ? -found : index_thread_begin(ix->threads);
}

static void forget(struct index *ix)
{
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_reset(ix->st[i]);
	index_sync_reset(ix->sync);
	index_text_reset(ix->text);
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

/* ---- one record ---- */

/* A stored message with the same content: 1, 0 or a negated SQLite code. */
static int find_content(struct index *ix, const struct message *m, int64_t *ret)
{
	sqlite3_stmt *st = ix->st[BY_CONTENT];

	if (ix->mids.len == 1) {
		bind_bytes(st, 1, m->content, sizeof(m->content));
		return db_int(st, ret);
	}
	st = ix->st[BY_MID];
	bind_bytes(st, 2, m->content, sizeof(m->content));
	LIST_EACH(p, ix->mids.data, ix->mids.len - 1)
	{
		bind_text(st, 1, p);
		int found = db_int(st, ret);
		if (found)
			return found;
	}
	return 0;
}

static int add_pairs(sqlite3_stmt *st, int64_t docid, const char *list, size_t len)
{
	int code = SQLITE_OK;

	LIST_EACH(p, list, len)
	{
		if (!*p)
			continue;
		bind_text(st, 1, p);
		sqlite3_bind_int64(st, 2, docid);
		code = run(st);
		if (code != SQLITE_OK)
			break;
	}
	return code;
}

static int add_labels(struct index *ix, int64_t docid, const char *labels)
{
	const char *end = labels;

	while (*end)
		end += strlen(end) + 1;
	return add_pairs(ix->st[ADD_LABEL], docid, labels, (size_t)(end - labels));
}

static int add_lists(struct index *ix, int64_t docid, const struct buf *lists)
{
	buf_reset(&ix->lower);
	buf_add(&ix->lower, lists->data, lists->len);
	if (!buf_ok(&ix->lower))
		return SQLITE_NOMEM;
	for (size_t i = 0; i < ix->lower.len; i++)
		if (ix->lower.data[i] >= 'A' && ix->lower.data[i] <= 'Z')
			ix->lower.data[i] = (char)(ix->lower.data[i] | 0x20);
	return add_pairs(ix->st[ADD_LIST], docid, ix->lower.data, ix->lower.len);
}

/* Keywords and labels of a stored message only ever grow by an import. */
static int merge(struct index *ix, const struct record *r, int64_t docid)
{
	bool changed;
	int code = SQLITE_OK;

	if (r->set_kw && r->kw)
		code = index_sync_kw(ix->sync, docid, r->kw, 0, &changed);
	return code == SQLITE_OK ? add_labels(ix, docid, r->labels) : code;
}

static int add_blob(struct index *ix, const struct record *r, const uint8_t oid[20], int64_t id,
                    int64_t docid)
{
	sqlite3_stmt *st = ix->st[ADD_BLOB];

	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_int64(st, 2, docid);
	bind_bytes(st, 3, oid, 20);
	bind_bytes(st, 4, r->blob, r->blob_len);
	return run(st);
}

static int add_row(struct index *ix, const struct record *r, const uint8_t oid[20], int64_t docid)
{
	const struct message *m = &r->msg;
	sqlite3_stmt *st = ix->st[ADD_MESSAGE];
	const char *const texts[] = { m->subject, m->from, m->to, m->cc };

	sqlite3_bind_int64(st, 1, docid);
	sqlite3_bind_int64(st, 2, m->received);
	sqlite3_bind_int64(st, 3, m->sent);
	sqlite3_bind_int64(st, 4, r->set_kw ? r->kw : 0);
	sqlite3_bind_int64(st, 5, (int64_t)m->size);
	bind_bytes(st, 6, oid, 20);
	bind_bytes(st, 7, m->content, sizeof(m->content));
	for (int i = 0; i < 4; i++)
		bind_text(st, 8 + i, texts[i]);
	bind_bytes(st, 12, ix->mids.data, ix->mids.len);
	bind_bytes(st, 13, ix->refs.data, ix->refs.len);
	return run(st);
}

/* Its Message-IDs, and what they tie it to. */
static int add_ids(struct index *ix, int64_t docid)
{
	int code = add_pairs(ix->st[ADD_MID], docid, ix->mids.data, ix->mids.len - 1);

	if (code != SQLITE_OK)
		return code;
	return index_thread_add(ix->threads, docid, ix->mids.data, ix->mids.len - 1, ix->refs.data,
	                        ix->refs.len - 1);
}

static int add_message(struct index *ix, const struct record *r, const uint8_t oid[20])
{
	int64_t docid = ++ix->last_id;
	int code = add_row(ix, r, oid, docid);

	if (code == SQLITE_OK)
		code = add_blob(ix, r, oid, docid, docid);
	if (code == SQLITE_OK)
		code = add_ids(ix, docid);
	if (code == SQLITE_OK && r->msg.lists.len)
		code = add_lists(ix, docid, &r->msg.lists);
	if (code == SQLITE_OK)
		code = add_labels(ix, docid, r->labels);
	if (code == SQLITE_OK)
		code = index_text_add(ix->text, docid, r->msg.text, &r->stems);
	return code;
}

/* What the store has of a message: docid 0 when nothing. */
struct known {
	int64_t docid, blob;
	bool whole; /* the blob's bytes, not only its id */
};

/* 1, 0 or a negated SQLite code. */
static int find_oid(struct index *ix, const uint8_t oid[OID_BYTES], struct known *ret)
{
	sqlite3_stmt *st = ix->st[BY_OID];

	bind_bytes(st, 1, oid, OID_BYTES);
	int code = sqlite3_step(st);
	if (code == SQLITE_ROW)
		*ret = (struct known){ sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
			               sqlite3_column_int64(st, 2) > 0 };
	int reset = sqlite3_reset(st);
	return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : -reset;
}

/* The very same bytes; perhaps only indexed until now. */
static int apply_again(struct index *ix, const struct record *r, const struct known *k)
{
	sqlite3_stmt *st = ix->st[FILL_BLOB];
	int code = SQLITE_OK;

	if (!k->whole && r->blob_len) {
		sqlite3_bind_int64(st, 1, k->blob);
		bind_bytes(st, 2, r->blob, r->blob_len);
		code = run(st);
	}
	return code == SQLITE_OK ? merge(ix, r, k->docid) : code;
}

/* Another copy: kept as a further blob.  It may have further Message-IDs. */
static int apply_copy(struct index *ix, const struct record *r, const uint8_t oid[OID_BYTES],
                      struct known *k)
{
	k->blob = ++ix->last_id;
	int code = add_blob(ix, r, oid, k->blob, k->docid);
	if (code == SQLITE_OK)
		code = add_ids(ix, k->docid);
	return code == SQLITE_OK ? merge(ix, r, k->docid) : code;
}

static int apply(struct index *ix, const struct record *r, bool *ret_is_new, struct known *k)
{
	uint8_t oid[OID_BYTES];
	int code = begin(ix);

	if (code != SQLITE_OK)
		return code;
	oid_bytes(r->msg.oid, oid);
	int found = find_oid(ix, oid, k);
	if (found > 0)
		return apply_again(ix, r, k);
	if (found == 0)
		found = find_content(ix, &r->msg, &k->docid);
	if (found < 0)
		return -found;
	if (found > 0)
		return apply_copy(ix, r, oid, k);
	*ret_is_new = true;
	code = add_message(ix, r, oid);
	k->docid = k->blob = ix->last_id;
	return code;
}

/* The file that the message came from, if it is to be remembered. */
static int apply_file(struct index *ix, const struct record *r, const struct known *k)
{
	struct edit file = { .op = EDIT_FILE,
		             .folder = r->folder,
		             .name = r->name,
		             .kw = r->file_kw,
		             .news = r->set_kw };

	return *r->folder ? index_sync_file(ix->sync, &file, k->docid, k->blob) : SQLITE_OK;
}

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
	bool is_new = false;
	struct known k = { 0 };

	if (r->docid)
		return add_again(ix, r, e);
	if (r->blob_len > DB_VALUE_MAX - 1000)
		return err_set(e, -EFBIG, "a message of %zu bytes (compressed) is too big to store",
		               r->blob_len);
	pack_list(&ix->mids, &r->msg.mids);
	pack_list(&ix->refs, &r->msg.refs);
	if (!buf_ok(&ix->mids) || !buf_ok(&ix->refs))
		return err_set(e, -EFBIG, "no memory for the references of a message");
	if (apply(ix, r, &is_new, &k) != SQLITE_OK || apply_file(ix, r, &k) != SQLITE_OK) {
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

/* Ghosts have gone with the old table of Message-IDs. */
static int end_again(struct index *ix, int *ret)
{
	int code = index_again_end(ix->again, ret);

	return code == SQLITE_OK && *ret == 1 ? index_thread_again(ix->threads) : code;
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
	buf_free(&ix->mids);
	buf_free(&ix->refs);
	buf_free(&ix->lower);
	malloc_trim(0);
}

int index_open(const char *dir, struct index **ret, struct err *e)
{
	struct index *ix = calloc(1, sizeof(*ix));

	if (!ix)
		return err_sys(e, ENOMEM, "cannot open store '%s'", dir);
	int rc = db_open_write(dir, &ix->db, e);
	for (int i = 0; !rc && i < STATEMENTS; i++)
		rc = db_prepare(ix->db, sqls[i], &ix->st[i], e);
	if (!rc)
		rc = index_sync_open(ix->db, &ix->sync, e);
	if (!rc)
		rc = index_text_open(ix->db, "", &ix->text, e);
	if (!rc)
		rc = index_remove_open(ix->db, &ix->remove, e);
	if (!rc)
		rc = index_again_open(ix->db, &ix->again, e);
	if (!rc)
		rc = index_thread_open(ix->db, &ix->threads, e);
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
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(ix->st[i]);
	index_sync_close(ix->sync);
	index_text_close(ix->text);
	index_remove_close(ix->remove);
	index_again_close(ix->again);
	index_thread_close(ix->threads);
	sqlite3_close(ix->db);
	buf_free(&ix->mids);
	buf_free(&ix->refs);
	buf_free(&ix->lower);
	free(ix);
}

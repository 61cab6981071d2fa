/* Rows of messages: one that is new, a further copy of one that is there, or the same bytes again. */
#include "index_record.h"

#include "../base/err.h"
#include "db.h"
#include "index_sync.h"
#include "index_text.h"
#include "index_thread.h"
#include "list.h"
#include "oid.h"

#include <errno.h>
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
	[LAST_ID] = ("SELECT max((SELECT coalesce(max(id), 0) FROM blob),"
	             " (SELECT coalesce(max(id), 0) FROM fts_docsize))"),
	[ADD_MESSAGE] =
	    ("INSERT INTO message(docid, received, sent, kw, size, oid, content, subject,"
	     " from_, to_, cc, mids, refs) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)"),
	[ADD_BLOB] = "INSERT INTO blob(id, docid, oid, z) VALUES(?,?,?,?)",
	[ADD_MID] = "INSERT OR IGNORE INTO mid(mid, docid) VALUES(?,?)",
	[ADD_LIST] = "INSERT OR IGNORE INTO list(name, docid) VALUES(?,?)",
	[ADD_LABEL] = "INSERT OR IGNORE INTO label(name, docid) VALUES(?,?)",
	[FILL_BLOB] = "UPDATE blob SET z = ?2 WHERE id = ?1",
};

struct index_record {
	sqlite3_stmt *st[STATEMENTS];
	struct index_text *text;
	struct index_sync *sync; /* borrowed, as is the next */
	struct index_thread *threads;
	struct buf mids, refs; /* scratch */
	int64_t last_id;
};

static int run(sqlite3_stmt *st)
{
	int code = db_run(st);

	sqlite3_clear_bindings(st);
	return code;
}

static void bind_bytes(sqlite3_stmt *st, int i, const void *p, size_t n)
{
	sqlite3_bind_blob64(st, i, p ? p : "", n, SQLITE_STATIC);
}

/* A stored message with the same content: 1, 0 or a negated SQLite code. */
static int find_content(struct index_record *ir, const struct message *m, int64_t *ret)
{
	sqlite3_stmt *st = ir->st[BY_CONTENT];

	if (ir->mids.len == 1) {
		bind_bytes(st, 1, m->content, sizeof(m->content));
		return db_int(st, ret);
	}
	st = ir->st[BY_MID];
	bind_bytes(st, 2, m->content, sizeof(m->content));
	LIST_EACH(p, ir->mids.data, ir->mids.len - 1)
	{
		db_bind_text(st, 1, p);
		int found = db_int(st, ret);
		if (found)
			return found;
	}
	return 0;
}

static int add_labels(struct index_record *ir, int64_t docid, const char *labels)
{
	const char *end = labels;

	while (*end)
		end += strlen(end) + 1;
	return list_insert(ir->st[ADD_LABEL], docid, labels, (size_t)(end - labels));
}

/* Keywords and labels of a stored message only ever grow by an import. */
static int merge(struct index_record *ir, const struct record *r, int64_t docid)
{
	bool changed;
	int code = SQLITE_OK;

	if (r->set_kw && r->kw)
		code = index_sync_kw(ir->sync, docid, r->kw, 0, &changed);
	return code == SQLITE_OK ? add_labels(ir, docid, r->labels) : code;
}

static int add_blob(struct index_record *ir, const struct record *r, const uint8_t oid[20],
                    int64_t id, int64_t docid)
{
	sqlite3_stmt *st = ir->st[ADD_BLOB];

	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_int64(st, 2, docid);
	bind_bytes(st, 3, oid, 20);
	bind_bytes(st, 4, r->blob, r->blob_len);
	return run(st);
}

static int add_row(struct index_record *ir, const struct record *r, const uint8_t oid[20],
                   int64_t docid)
{
	const struct message *m = &r->msg;
	sqlite3_stmt *st = ir->st[ADD_MESSAGE];
	const char *const texts[] = { m->subject, m->from, m->to, m->cc };

	sqlite3_bind_int64(st, 1, docid);
	sqlite3_bind_int64(st, 2, m->received);
	sqlite3_bind_int64(st, 3, m->sent);
	sqlite3_bind_int64(st, 4, r->set_kw ? r->kw : 0);
	sqlite3_bind_int64(st, 5, (int64_t)m->size);
	bind_bytes(st, 6, oid, 20);
	bind_bytes(st, 7, m->content, sizeof(m->content));
	for (int i = 0; i < 4; i++)
		db_bind_text(st, 8 + i, texts[i]);
	bind_bytes(st, 12, ir->mids.data, ir->mids.len);
	bind_bytes(st, 13, ir->refs.data, ir->refs.len);
	return run(st);
}

/* Its Message-IDs, and what they tie it to. */
static int add_ids(struct index_record *ir, int64_t docid)
{
	int code = list_insert(ir->st[ADD_MID], docid, ir->mids.data, ir->mids.len - 1);

	if (code != SQLITE_OK)
		return code;
	return index_thread_add(ir->threads, docid, ir->mids.data, ir->mids.len - 1, ir->refs.data,
	                        ir->refs.len - 1);
}

static int add_message(struct index_record *ir, const struct record *r, const uint8_t oid[20])
{
	int64_t docid = ++ir->last_id;
	int code = add_row(ir, r, oid, docid);

	if (code == SQLITE_OK)
		code = add_blob(ir, r, oid, docid, docid);
	if (code == SQLITE_OK)
		code = add_ids(ir, docid);
	if (code == SQLITE_OK)
		code = list_insert(ir->st[ADD_LIST], docid, r->msg.lists.data, r->msg.lists.len);
	if (code == SQLITE_OK)
		code = add_labels(ir, docid, r->labels);
	if (code == SQLITE_OK)
		code = index_text_add(ir->text, docid, r->msg.text, &r->stems);
	return code;
}

/* What the store has of a message: docid 0 when nothing. */
struct known {
	int64_t docid, blob;
	bool whole; /* the blob's bytes, not only its id */
};

/* 1, 0 or a negated SQLite code. */
static int find_oid(struct index_record *ir, const uint8_t oid[OID_BYTES], struct known *ret)
{
	sqlite3_stmt *st = ir->st[BY_OID];

	bind_bytes(st, 1, oid, OID_BYTES);
	int code = sqlite3_step(st);
	if (code == SQLITE_ROW)
		*ret = (struct known){ sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
			               sqlite3_column_int64(st, 2) > 0 };
	int reset = sqlite3_reset(st);
	return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : -reset;
}

/* The very same bytes; perhaps only indexed until now. */
static int apply_again(struct index_record *ir, const struct record *r, const struct known *k)
{
	sqlite3_stmt *st = ir->st[FILL_BLOB];
	int code = SQLITE_OK;

	if (!k->whole && r->blob_len) {
		sqlite3_bind_int64(st, 1, k->blob);
		bind_bytes(st, 2, r->blob, r->blob_len);
		code = run(st);
	}
	return code == SQLITE_OK ? merge(ir, r, k->docid) : code;
}

/* Another copy: kept as a further blob.  It may have further Message-IDs. */
static int apply_copy(struct index_record *ir, const struct record *r, const uint8_t oid[OID_BYTES],
                      struct known *k)
{
	k->blob = ++ir->last_id;
	int code = add_blob(ir, r, oid, k->blob, k->docid);
	if (code == SQLITE_OK)
		code = add_ids(ir, k->docid);
	return code == SQLITE_OK ? merge(ir, r, k->docid) : code;
}

static int apply(struct index_record *ir, const struct record *r, bool *ret_is_new, struct known *k)
{
	uint8_t oid[OID_BYTES];

	oid_bytes(r->msg.oid, oid);
	int found = find_oid(ir, oid, k);
	if (found > 0)
		return apply_again(ir, r, k);
	if (found == 0)
		found = find_content(ir, &r->msg, &k->docid);
	if (found < 0)
		return -found;
	if (found > 0)
		return apply_copy(ir, r, oid, k);
	*ret_is_new = true;
	int code = add_message(ir, r, oid);
	k->docid = k->blob = ir->last_id;
	return code;
}

/* The file that the message came from, if it is to be remembered. */
static int apply_file(struct index_record *ir, const struct record *r, const struct known *k)
{
	struct edit file = { .op = EDIT_FILE,
		             .folder = r->folder,
		             .name = r->name,
		             .kw = r->file_kw,
		             .news = r->set_kw };

	return *r->folder ? index_sync_file(ir->sync, &file, k->docid, k->blob) : SQLITE_OK;
}

bool index_record_lists(struct index_record *ir, const struct record *r)
{
	list_pack(&ir->mids, &r->msg.mids);
	list_pack(&ir->refs, &r->msg.refs);
	return buf_ok(&ir->mids) && buf_ok(&ir->refs);
}

int index_record_add(struct index_record *ir, const struct record *r, bool *ret_is_new)
{
	struct known k = { 0 };

	*ret_is_new = false;
	int code = apply(ir, r, ret_is_new, &k);
	return code == SQLITE_OK ? apply_file(ir, r, &k) : code;
}

/* ---- opening and closing ---- */

int index_record_begin(struct index_record *ir)
{
	int found = db_int(ir->st[LAST_ID], &ir->last_id);

	return found < 0 ? -found : SQLITE_OK;
}

void index_record_reset(struct index_record *ir)
{
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_reset(ir->st[i]);
	index_text_reset(ir->text);
}

void index_record_trim(struct index_record *ir)
{
	buf_free(&ir->mids);
	buf_free(&ir->refs);
}

int index_record_open(sqlite3 *db, struct index_sync *sync, struct index_thread *threads,
                      struct index_record **ret, struct err *e)
{
	struct index_record *ir = calloc(1, sizeof(*ir));

	if (!ir)
		return err_sys(e, ENOMEM, "index");
	ir->sync = sync;
	ir->threads = threads;
	int rc = index_text_open(db, "", &ir->text, e);
	for (int i = 0; !rc && i < STATEMENTS; i++)
		rc = db_prepare(db, sqls[i], &ir->st[i], e);
	if (rc) {
		index_record_close(ir);
		return rc;
	}
	*ret = ir;
	return 0;
}

void index_record_close(struct index_record *ir)
{
	if (!ir)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(ir->st[i]);
	index_text_close(ir->text);
	index_record_trim(ir);
	free(ir);
}

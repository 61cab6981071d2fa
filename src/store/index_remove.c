/* Everything of a message goes but its words: from a table that keeps no text they could only be taken
 * with the text.  Nothing finds them without the message's row, and `lei reindex' leaves them behind. */
#include "index_remove.h"

#include "../base/err.h"
#include "db.h"
#include "index_thread.h"
#include "oid.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum statement {
	BY_OID,
	MIDS,
	MID,
	FURTHER,
	DROPS, /* those from here on have the docid as ?1 */
	LIST = DROPS,
	LABEL,
	OUTBOX,
	THREAD,
	FILES,
	COPIES,
	BLOB,
	MESSAGE,
	STATEMENTS
};

/* Copies are found by an index of them alone, made when the first message is removed. */
static const char copies_sql[] =
    "CREATE INDEX IF NOT EXISTS blob_copy ON blob(docid) WHERE id <> docid";

static const char *const sqls[STATEMENTS] = {
	[BY_OID] = "SELECT docid FROM blob WHERE oid = ?1",
	[MIDS] = "SELECT mids FROM message WHERE docid = ?1",
	[MID] = "DELETE FROM mid WHERE mid = ?1 AND docid = ?2",
	[FURTHER] = ("SELECT mid FROM mid WHERE docid = ?1 AND"
	             " EXISTS(SELECT 1 FROM blob WHERE docid = ?1 AND id <> docid) LIMIT 1"),
	/* From one name to the next: there are few of them, and many messages of each. */
	[LIST] = ("WITH RECURSIVE names(n) AS (SELECT min(name) FROM list UNION ALL"
	          " SELECT (SELECT min(name) FROM list WHERE name > n) FROM names WHERE n NOT NULL)"
	          " DELETE FROM list WHERE docid = ?1 AND name IN names"),
	[LABEL] = "DELETE FROM label WHERE docid = ?1",
	[OUTBOX] = "DELETE FROM outbox WHERE docid = ?1",
	[THREAD] = "DELETE FROM thread WHERE docid = ?1",
	[FILES] = "UPDATE file SET docid = 0, blob = 0 WHERE docid = ?1",
	[COPIES] = "DELETE FROM blob WHERE docid = ?1 AND id <> docid",
	[BLOB] = "DELETE FROM blob WHERE id = ?1",
	[MESSAGE] = "DELETE FROM message WHERE docid = ?1",
};

struct index_remove {
	sqlite3 *db;
	sqlite3_stmt *st[STATEMENTS]; /* NULL until needed */
	bool indexed;
};

int index_remove_open(sqlite3 *db, struct index_remove **ret, struct err *e)
{
	*ret = calloc(1, sizeof(**ret));
	if (!*ret)
		return err_sys(e, ENOMEM, "cannot open the store");
	(*ret)->db = db;
	return 0;
}

void index_remove_close(struct index_remove *r)
{
	for (int i = 0; r && i < STATEMENTS; i++)
		sqlite3_finalize(r->st[i]);
	free(r);
}

void index_remove_reset(struct index_remove *r)
{
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_reset(r->st[i]);
	r->indexed = false;
}

static int prepare(struct index_remove *r)
{
	int code = r->indexed ? SQLITE_OK : sqlite3_exec(r->db, copies_sql, NULL, NULL, NULL);

	r->indexed = code == SQLITE_OK;
	for (int i = 0; code == SQLITE_OK && i < STATEMENTS; i++)
		if (!r->st[i])
			code = sqlite3_prepare_v3(r->db, sqls[i], -1, SQLITE_PREPARE_PERSISTENT,
			                          &r->st[i], NULL);
	return code;
}

static int drop_mid(struct index_remove *r, struct index_thread *threads, int64_t docid,
                    const char *mid)
{
	sqlite3_stmt *st = r->st[MID];

	sqlite3_bind_text(st, 1, mid, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, docid);
	int code = db_run(st);
	return code == SQLITE_OK && *mid ? index_thread_part(threads, docid, mid) : code;
}

static int drop_mids(struct index_remove *r, struct index_thread *threads, int64_t docid)
{
	sqlite3_stmt *mids = r->st[MIDS];
	int code = SQLITE_OK;

	sqlite3_bind_int64(mids, 1, docid);
	if (sqlite3_step(mids) == SQLITE_ROW) {
		/* Asked for text, SQLite ends it with a NUL. */
		const char *p = (const char *)sqlite3_column_text(mids, 0);
		const char *end = p ? p + sqlite3_column_bytes(mids, 0) : p;
		for (; code == SQLITE_OK && p < end; p += strlen(p) + 1)
			code = drop_mid(r, threads, docid, p);
	}
	int reset = sqlite3_reset(mids);
	return code == SQLITE_OK ? reset : code;
}

/* Copies may have brought others.  They are few, and no index finds them. */
static int drop_further(struct index_remove *r, struct index_thread *threads, int64_t docid)
{
	sqlite3_stmt *st = r->st[FURTHER];
	int code = SQLITE_OK;

	sqlite3_bind_int64(st, 1, docid);
	while (code == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(st, 0);
		char *mid = text ? strdup(text) : NULL;
		sqlite3_reset(st); /* what it reads is about to change */
		code = mid ? drop_mid(r, threads, docid, mid) : SQLITE_NOMEM;
		free(mid);
	}
	int reset = sqlite3_reset(st);
	return code == SQLITE_OK ? reset : code;
}

int index_remove(struct index_remove *r, struct index_thread *threads, const char *oid, int *ret)
{
	uint8_t id[OID_BYTES];
	int64_t docid;
	int code = prepare(r);

	if (code != SQLITE_OK)
		return code;
	oid_bytes(oid, id);
	sqlite3_bind_blob(r->st[BY_OID], 1, id, sizeof(id), SQLITE_TRANSIENT);
	int found = db_int(r->st[BY_OID], &docid);
	*ret = found > 0 ? 1 : -1;
	if (found <= 0)
		return -found;
	code = drop_mids(r, threads, docid);
	if (code == SQLITE_OK)
		code = drop_further(r, threads, docid);
	for (int i = DROPS; code == SQLITE_OK && i < STATEMENTS; i++) {
		sqlite3_bind_int64(r->st[i], 1, docid);
		code = db_run(r->st[i]);
	}
	return code;
}

/* ?1, ?2: ids.  Adds to *ret_changes. */
static int run_once(struct index_remove *r, const char *sql, const char *oid, const char *to,
                    int *ret_changes)
{
	sqlite3_stmt *st = NULL;
	uint8_t id[OID_BYTES], other[OID_BYTES];
	int code = sqlite3_prepare_v2(r->db, sql, -1, &st, NULL);

	oid_bytes(oid, id);
	oid_bytes(to, other);
	if (code == SQLITE_OK) {
		sqlite3_bind_blob(st, 1, id, sizeof(id), SQLITE_STATIC);
		sqlite3_bind_blob(st, 2, other, sizeof(other), SQLITE_STATIC);
		code = db_run(st);
	}
	if (code == SQLITE_OK)
		*ret_changes += sqlite3_changes(r->db);
	sqlite3_finalize(st);
	return code;
}

int index_blob_is(struct index_remove *r, const char *oid, const char *to, int *ret)
{
	int changes = 0;
	int code = run_once(r, "UPDATE OR IGNORE blob SET oid = ?2 WHERE oid = ?1", oid, to,
	                    &changes);

	*ret = changes > 0 ? 1 : -1;
	return code;
}

int index_lost(struct index_remove *r, const char *oid, int *ret)
{
	static const char *const steps[] = {
		/* A message whose blob's row is gone gets one again. */
		("INSERT OR IGNORE INTO blob(id, docid, oid, z) SELECT docid, docid, oid, "
		 "zeroblob(0)"
		 " FROM message WHERE oid = ?1 AND docid NOT IN (SELECT id FROM blob)"),
		("INSERT INTO lost(oid, docid, z) SELECT oid, docid, z FROM blob WHERE oid = ?1"
		 " AND (length(z) > 0 OR oid NOT IN (SELECT oid FROM lost))"),
		"UPDATE blob SET z = zeroblob(0) WHERE oid = ?1"
	};
	int changes = 0;
	int code = sqlite3_exec(r->db,
	                        "CREATE TABLE IF NOT EXISTS lost(oid BLOB NOT NULL,"
	                        " docid INTEGER NOT NULL, z BLOB NOT NULL)",
	                        NULL, NULL, NULL);

	for (int i = 0; code == SQLITE_OK && i < 3; i++)
		code = run_once(r, steps[i], oid, oid, &changes);
	*ret = changes > 0 ? 1 : -1;
	return code;
}

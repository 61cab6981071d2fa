/* See lookup.h. */
#include "lookup.h"

#include "../base/err.h"
#include "../mail/message.h"
#include "blob.h"
#include "db.h"
#include "oid.h"
#include "store.h"

#include <errno.h>
#include <string.h>

static void get_oid(sqlite3_stmt *st, int i, char ret[41])
{
	ret[0] = '\0';
	if (sqlite3_column_bytes(st, i) == OID_BYTES)
		oid_hex(sqlite3_column_blob(st, i), ret);
}

int lookup_mid(struct store *s, const char *mid, lookup_fn *fn, void *rock, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int code = SQLITE_DONE, stop = 0;
	int rc = db_prepare(s->db,
	                    "SELECT m.docid, m.oid FROM mid JOIN message m USING(docid)"
	                    " WHERE mid.mid = ?1 ORDER BY m.docid",
	                    &st, e);

	if (!rc)
		sqlite3_bind_text(st, 1, mid, -1, SQLITE_STATIC);
	while (!rc && !stop && (code = sqlite3_step(st)) == SQLITE_ROW) {
		char oid[41];
		get_oid(st, 1, oid);
		stop = fn(rock, sqlite3_column_int64(st, 0), oid);
	}
	if (!rc && !stop && code != SQLITE_DONE)
		rc = db_error(s->db, e, "cannot look up a Message-ID");
	sqlite3_finalize(st);
	return rc ? rc : stop;
}

int lookup_blob(struct store *s, const char *hex, int64_t *ret_docid, char ret_oid[41],
                struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = blob_select(s, hex,
	                     "SELECT docid, oid FROM blob WHERE oid BETWEEN ?1 AND ?2"
	                     " LIMIT 2",
	                     &st, e);

	if (rc == 0) {
		*ret_docid = sqlite3_column_int64(st, 0);
		get_oid(st, 1, ret_oid);
		rc = blob_alone(st, hex, e);
	}
	sqlite3_finalize(st);
	return rc < 0 ? rc : 1;
}

/* 1 with the id in the first row, 0 without one, -errno. */
static int one_oid(struct store *s, sqlite3_stmt *st, char ret_oid[41], struct err *e)
{
	int code = sqlite3_step(st);

	if (code == SQLITE_ROW)
		get_oid(st, 0, ret_oid);
	sqlite3_reset(st);
	return code == SQLITE_ROW    ? 1
	       : code == SQLITE_DONE ? 0
	                             : db_error(s->db, e, "cannot look up a message");
}

static int same_bytes(struct store *s, const struct message *m, char ret_oid[41], struct err *e)
{
	sqlite3_stmt *st = NULL;
	uint8_t id[OID_BYTES];
	int rc = db_prepare(s->db, "SELECT oid FROM blob WHERE oid = ?1", &st, e);

	if (!rc) {
		oid_bytes(m->oid, id);
		sqlite3_bind_blob(st, 1, id, sizeof(id), SQLITE_STATIC);
		rc = one_oid(s, st, ret_oid, e);
	}
	sqlite3_finalize(st);
	return rc;
}

static int same_content(struct store *s, const struct message *m, char ret_oid[41], struct err *e)
{
	sqlite3_stmt *st = NULL;
	const char *p = m->mids.data, *end = p ? p + m->mids.len : p;
	int rc = db_prepare(s->db,
	                    m->mids.len ? "SELECT m.oid FROM message m JOIN mid USING(docid)"
	                                  " WHERE m.content = ?1 AND mid.mid = ?2 LIMIT 1"
	                                : "SELECT oid FROM message WHERE content = ?1"
	                                  " AND mids = x'00' LIMIT 1",
	                    &st, e);

	if (!rc)
		sqlite3_bind_blob(st, 1, m->content, sizeof(m->content), SQLITE_STATIC);
	if (!rc && p == end)
		rc = one_oid(s, st, ret_oid, e);
	for (; rc == 0 && p < end; p += strlen(p) + 1) {
		sqlite3_bind_text(st, 2, p, -1, SQLITE_STATIC);
		rc = one_oid(s, st, ret_oid, e);
	}
	sqlite3_finalize(st);
	return rc;
}

int lookup_message(struct store *s, const struct message *m, char ret_oid[41], struct err *e)
{
	int rc = same_bytes(s, m, ret_oid, e);

	return rc ? rc : same_content(s, m, ret_oid, e);
}

int lookup_folder(struct store *s, const char *url, struct folder_stat *ret, struct err *e)
{
	sqlite3_stmt *st = NULL;

	if (!s->has_sync)
		return 0;
	int rc = db_prepare(s->db,
	                    "SELECT count(f.name), count(CASE WHEN length(b.z) = 0 THEN 1 END)"
	                    " FROM folder d LEFT JOIN file f ON f.folder = d.id"
	                    " LEFT JOIN blob b ON b.id = f.blob WHERE d.url = ?1 GROUP BY d.id",
	                    &st, e);
	if (rc)
		return rc;
	sqlite3_bind_blob64(st, 1, url, strlen(url), SQLITE_STATIC);
	int code = sqlite3_step(st);
	if (code == SQLITE_ROW)
		*ret = (struct folder_stat){ (uint64_t)sqlite3_column_int64(st, 0),
			                     (uint64_t)sqlite3_column_int64(st, 1) };
	sqlite3_finalize(st);
	return code == SQLITE_ROW    ? 1
	       : code == SQLITE_DONE ? 0
	                             : db_error(s->db, e, "cannot look up a folder");
}

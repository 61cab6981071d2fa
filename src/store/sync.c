/* See sync.h. */
#include "sync.h"

#include "../base/err.h"
#include "db.h"
#include "file_base.h"
#include "oid.h"
#include "store.h"

#include <errno.h>
#include <string.h>

#define FILE_COLUMNS                                                                               \
	"SELECT d.url, f.name, b.oid, f.docid, f.base, m.kw FROM file f"                           \
	" JOIN folder d ON d.id = f.folder JOIN blob b ON b.id = f.blob"                           \
	" JOIN message m ON m.docid = f.docid"
/* Also those of messages that were removed: their docid is 0. */
#define KNOWN_COLUMNS                                                                              \
	"SELECT d.url, f.name, b.oid, f.docid, f.base, m.kw FROM file f"                           \
	" JOIN folder d ON d.id = f.folder LEFT JOIN blob b ON b.id = f.blob"                      \
	" LEFT JOIN message m ON m.docid = f.docid"

/* A store of before mail_sync has none. */
static int prepare(struct store *s, const char *sql, sqlite3_stmt **ret, struct err *e)
{
	*ret = NULL;
	return s->has_sync ? db_prepare(s->db, sql, ret, e) : 0;
}

/* The same for a statement that is kept; one that is running (we are asked from a callback) is not
 * to be had twice. */
static int prepare_kept(struct store *s, sqlite3_stmt **kept, const char *sql, sqlite3_stmt **ret,
                        struct err *e)
{
	if (*kept && sqlite3_stmt_busy(*kept))
		return db_prepare(s->db, sql, ret, e);
	int rc = *kept ? 0 : db_prepare(s->db, sql, kept, e);
	*ret = *kept;
	return rc;
}

static void put_back(struct store *s, sqlite3_stmt *st)
{
	if (st && (st == s->named || st == s->blob)) {
		sqlite3_reset(st);
		sqlite3_clear_bindings(st);
	} else {
		sqlite3_finalize(st);
	}
}

/* Column i as a string of bytes.  SQLite does not end a blob with a NUL, so it is asked for text,
 * which it ends without touching the bytes. */
static const char *bytes(sqlite3_stmt *st, int i)
{
	const char *text = (const char *)sqlite3_column_text(st, i);

	return text ? text : "";
}

static int end(struct store *s, sqlite3_stmt *st, int code, int stop, const char *what,
               struct err *e)
{
	int rc = stop || !st || code == SQLITE_DONE ? 0 : db_error(s->db, e, what);

	put_back(s, st);
	return rc ? rc : stop;
}

int sync_folders(struct store *s, sync_folder_fn *fn, void *rock, struct err *e)
{
	sqlite3_stmt *st;
	int code = SQLITE_DONE, stop = 0;
	int rc = prepare(s,
	                 "SELECT url, wrote, cur_ino, new_ino, cur_ns, new_ns,"
	                 " (SELECT count(*) FROM file WHERE folder = id) FROM folder ORDER BY url",
	                 &st, e);

	if (rc)
		return rc;
	while (st && !stop && (code = sqlite3_step(st)) == SQLITE_ROW) {
		struct sync_folder f = {
			.url = bytes(st, 0),
			.wrote = sqlite3_column_int(st, 1),
			.look = { .cur_ino = (uint64_t)sqlite3_column_int64(st, 2),
			          .new_ino = (uint64_t)sqlite3_column_int64(st, 3),
			          .cur_ns = sqlite3_column_int64(st, 4),
			          .new_ns = sqlite3_column_int64(st, 5) },
			.files = (uint64_t)sqlite3_column_int64(st, 6),
		};
		stop = fn(rock, &f);
	}
	return end(s, st, code, stop, "cannot read folders", e);
}

static int each_file(struct store *s, sqlite3_stmt *st, sync_file_fn *fn, void *rock, struct err *e)
{
	int code = SQLITE_DONE, stop = 0;

	while (st && !stop && (code = sqlite3_step(st)) == SQLITE_ROW) {
		struct sync_file f = { .url = bytes(st, 0),
			               .name = bytes(st, 1),
			               .docid = sqlite3_column_int64(st, 3),
			               .base = base_of(sqlite3_column_int64(st, 4)),
			               .own = base_own(sqlite3_column_int64(st, 4)),
			               .kw = (kw_set)sqlite3_column_int64(st, 5) };
		if (sqlite3_column_bytes(st, 2) == OID_BYTES)
			oid_hex(sqlite3_column_blob(st, 2), f.oid);
		stop = fn(rock, &f);
	}
	return end(s, st, code, stop, "cannot read mail_sync", e);
}

int sync_files(struct store *s, const char *url, sync_file_fn *fn, void *rock, struct err *e)
{
	sqlite3_stmt *st;
	int rc = prepare(s, KNOWN_COLUMNS " WHERE d.url = ?1 ORDER BY f.name", &st, e);

	if (rc)
		return rc;
	sqlite3_bind_blob64(st, 1, url, strlen(url), SQLITE_STATIC);
	return each_file(s, st, fn, rock, e);
}

int sync_named(struct store *s, const char *url, const char *unique, size_t len, sync_file_fn *fn,
               void *rock, struct err *e)
{
	/* With an OR the whole folder would be read. */
	/* Two ranges of the index; joined by OR they would be read through the whole folder. */
	static const char sql[] = KNOWN_COLUMNS
	    " WHERE d.url = ?1 AND f.name = ?2 UNION ALL " KNOWN_COLUMNS
	    " WHERE d.url = ?1 AND f.name >= ?3 AND f.name < ?4 ORDER BY 2";
	sqlite3_stmt *st = NULL;
	struct buf colon = { 0 }, semicolon = { 0 };
	int rc = s->has_sync ? prepare_kept(s, &s->named, sql, &st, e) : 0;

	if (rc || !st)
		return rc;
	buf_add(&colon, unique, len);
	buf_addc(&colon, ':');
	buf_add(&semicolon, unique, len);
	buf_addc(&semicolon, ';');
	if (buf_ok(&colon) && buf_ok(&semicolon)) {
		sqlite3_bind_blob64(st, 1, url, strlen(url), SQLITE_STATIC);
		sqlite3_bind_blob64(st, 2, unique, len, SQLITE_STATIC);
		sqlite3_bind_blob64(st, 3, colon.data, colon.len, SQLITE_STATIC);
		sqlite3_bind_blob64(st, 4, semicolon.data, semicolon.len, SQLITE_STATIC);
		rc = each_file(s, st, fn, rock, e);
	} else {
		put_back(s, st);
		rc = err_sys(e, ENOMEM, "cannot read mail_sync");
	}
	buf_free(&colon);
	buf_free(&semicolon);
	return rc;
}

int sync_of(struct store *s, const char *oid, int64_t docid, sync_file_fn *fn, void *rock,
            struct err *e)
{
	sqlite3_stmt *st;
	uint8_t id[OID_BYTES];
	int rc = prepare(s,
	                 oid ? FILE_COLUMNS " WHERE b.oid = ?1 ORDER BY d.url, f.name"
	                     : FILE_COLUMNS " WHERE f.docid = ?1 ORDER BY d.url, f.name",
	                 &st, e);

	if (rc)
		return rc;
	if (oid) {
		oid_bytes(oid, id);
		sqlite3_bind_blob(st, 1, id, sizeof(id), SQLITE_STATIC);
	} else {
		sqlite3_bind_int64(st, 1, docid);
	}
	return each_file(s, st, fn, rock, e);
}

int sync_waiting(struct store *s, bool all, int64_t after, sync_file_fn *fn, void *rock,
                 struct err *e)
{
	sqlite3_stmt *st;
	int rc = prepare(s,
	                 all ? FILE_COLUMNS " WHERE f.docid > ?1 AND " BASE_DIFFERS
	                                    " ORDER BY f.docid, d.url, f.name"
	                     : FILE_COLUMNS
	                     " WHERE f.docid IN (SELECT docid FROM outbox WHERE docid > ?1)"
	                     " ORDER BY f.docid, d.url, f.name",
	                 &st, e);

	if (rc)
		return rc;
	sqlite3_bind_int64(st, 1, after);
	return each_file(s, st, fn, rock, e);
}

int sync_outbox(struct store *s, sync_file_fn *fn, void *rock, struct err *e)
{
	return sync_waiting(s, false, 0, fn, rock, e);
}

int sync_has_blob(struct store *s, const char *oid, int64_t *ret_docid, struct err *e)
{
	uint8_t id[OID_BYTES];
	sqlite3_stmt *st = NULL;
	int rc = db_prepare(s->db, "SELECT docid FROM blob WHERE oid = ?1", &st, e);

	if (rc)
		return rc;
	oid_bytes(oid, id);
	sqlite3_bind_blob(st, 1, id, sizeof(id), SQLITE_STATIC);
	int found = db_int(st, ret_docid);
	if (found < 0)
		found = db_error(s->db, e, "cannot look up a blob");
	sqlite3_finalize(st);
	return found;
}

int sync_blob(struct store *s, const char *oid, bool *ret_whole, struct err *e)
{
	uint8_t id[OID_BYTES];
	sqlite3_stmt *st = NULL;
	int64_t len = 0;
	int rc = prepare_kept(s, &s->blob, "SELECT length(z) FROM blob WHERE oid = ?1", &st, e);

	if (rc)
		return rc;
	oid_bytes(oid, id);
	sqlite3_bind_blob(st, 1, id, sizeof(id), SQLITE_STATIC);
	int found = db_int(st, &len);
	if (found < 0)
		found = db_error(s->db, e, "cannot look up a blob");
	put_back(s, st);
	if (found > 0)
		*ret_whole = len > 0;
	return found;
}

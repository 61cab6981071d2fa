#include "reread.h"

#include "../base/err.h"
#include "../mail/message_identity.h"
#include "db.h"
#include "elsewhere.h"
#include "oid.h"
#include "store.h"
#include "zip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct reread {
	struct store *store;
	struct buf raw;
	int64_t *docids; /* that are lacking */
	size_t n, cap;
	bool kept; /* some have to keep their words */
};

int reread_open(const char *dir, struct reread **ret, struct err *e)
{
	struct reread *r = calloc(1, sizeof(*r));

	if (!r)
		return err_sys(e, ENOMEM, "read messages");
	int rc = store_open(dir, &r->store, e);
	if (!rc)
		r->store->zip = zip_new();
	/* Words that are kept are sorted: on disk where they do not fit. */
	if (!rc)
		rc = db_exec(r->store->db,
		             "PRAGMA temp_store=FILE;"
		             "CREATE TEMP TABLE keep(docid INTEGER PRIMARY KEY);"
		             "CREATE VIRTUAL TABLE temp.place USING fts5vocab(main, fts, instance)",
		             e);
	if (!rc && !r->store->zip)
		rc = err_sys(e, ENOMEM, "read messages");
	if (rc) {
		reread_close(r);
		return rc;
	}
	*ret = r;
	return 0;
}

void reread_close(struct reread *r)
{
	if (!r)
		return;
	store_close(r->store);
	buf_free(&r->raw);
	free(r->docids);
	free(r);
}

/* ---- which ---- */

static int note(struct reread *r, int64_t docid, struct err *e)
{
	if (r->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 1024;
		int64_t *v = reallocarray(r->docids, cap, sizeof(*v));
		if (!v)
			return err_sys(e, ENOMEM, "read %zu messages", r->n);
		r->docids = v;
		r->cap = cap;
	}
	r->docids[r->n++] = docid;
	return 0;
}

int reread_lacking(struct reread *r, uint64_t *ret, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int code = SQLITE_DONE;
	int rc = db_prepare(r->store->db,
	                    "SELECT docid FROM message WHERE docid NOT IN"
	                    " (SELECT id FROM again_fts_docsize) ORDER BY docid",
	                    &st, e);

	r->n = 0;
	while (!rc && (code = sqlite3_step(st)) == SQLITE_ROW)
		rc = note(r, sqlite3_column_int64(st, 0), e);
	if (!rc && code != SQLITE_DONE)
		rc = db_error(r->store->db, e, "cannot list messages");
	sqlite3_finalize(st);
	if (!rc)
		*ret = r->n;
	return rc;
}

/* ---- bytes ---- */

static int unpack(struct reread *r, const char *oid, const void *z, size_t n, bool stored,
                  struct buf *out, struct err *e)
{
	char got[41];
	int rc = n == 0 || !stored ? elsewhere_read(r->store, oid, out, e)
	                           : zip_unpack(r->store->zip, z, n, out, e);

	if (rc < 0)
		return rc;
	identity_oid(out->data, out->len, got);
	return strcmp(got, oid) == 0 ? 0 : err_set(e, -EBADMSG, "blob %s has other bytes", oid);
}

/* 0, -ENOENT, or why its bytes cannot be had. */
static int fetch(struct reread *r, const char *sql, const void *id, int64_t docid, bool stored,
                 struct buf *out, struct err *e)
{
	sqlite3_stmt *st = NULL;
	char oid[41];
	int rc = db_prepare(r->store->db, sql, &st, e);

	if (rc)
		return rc;
	if (id)
		sqlite3_bind_blob(st, 1, id, OID_BYTES, SQLITE_STATIC);
	else
		sqlite3_bind_int64(st, 1, docid);
	int code = sqlite3_step(st);
	if (code == SQLITE_ROW && sqlite3_column_bytes(st, 0) == OID_BYTES) {
		oid_hex(sqlite3_column_blob(st, 0), oid);
		const void *z = sqlite3_column_blob(st, 1);
		rc = unpack(r, oid, z, (size_t)sqlite3_column_bytes(st, 1), stored, out, e);
	} else {
		rc = code == SQLITE_ROW || code == SQLITE_DONE
		         ? err_set(e, -ENOENT, "no such blob")
		         : db_error(r->store->db, e, "cannot read a blob");
	}
	sqlite3_finalize(st);
	return rc;
}

int reread_blob(struct reread *r, const char *oid, bool stored, struct buf *out, struct err *e)
{
	uint8_t id[OID_BYTES];

	oid_bytes(oid, id);
	return fetch(r, "SELECT oid, z FROM blob WHERE oid = ?1", id, 0, stored, out, e);
}

/* ---- those whose bytes are to be had ---- */

static int keep(struct reread *r, int64_t docid, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = db_prepare(r->store->db, "INSERT OR IGNORE INTO keep VALUES(?1)", &st, e);

	r->kept = true;
	if (!rc)
		sqlite3_bind_int64(st, 1, docid);
	if (!rc && db_run(st) != SQLITE_OK)
		rc = db_error(r->store->db, e, "cannot note a message");
	sqlite3_finalize(st);
	return rc;
}

static int read_one(struct reread *r, int64_t docid, reread_fn *fn, void *rock, struct err *e)
{
	struct message m = { 0 };
	struct err why = { 0 };
	int rc = fetch(r, "SELECT oid, z FROM blob WHERE id = ?1", NULL, docid, true, &r->raw,
	               &why);

	if (rc == -ENOMEM)
		return err_sys(e, ENOMEM, "read message %lld", (long long)docid);
	if (rc < 0)
		return keep(r, docid, e);
	rc = message_parse(r->raw.data, r->raw.len, &m, e);
	if (rc == 0)
		rc = fn(rock, docid, &m, false);
	message_done(&m);
	return rc;
}

/* ---- those that keep their words ---- */

struct keeper { /* one message at a time, in the order of docids */
	struct reread *r;
	sqlite3_stmt *words; /* a row is waiting unless `done` */
	bool done;
	struct message m;
};

static int column_of(const char *name)
{
	static const char *const names[TEXT_FIELDS] = {
		"subject", "from_", "to_", "cc",   "mid",   "list",  "filename", "quoted", "body",
		"dfn",     "dfa",   "dfb", "dfhh", "dfctx", "dfpre", "dfpost",   "patchid"
	};

	for (int i = 0; i < TEXT_FIELDS; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return TEXT_BODY;
}

static void clear(struct message *m)
{
	for (int i = 0; i < TEXT_FIELDS; i++)
		buf_reset(&m->text[i]);
	buf_reset(&m->mids);
	buf_reset(&m->lists);
}

static int next_row(struct keeper *k, struct err *e)
{
	int code = sqlite3_step(k->words);

	k->done = code != SQLITE_ROW;
	return code == SQLITE_ROW || code == SQLITE_DONE
	           ? 0
	           : db_error(k->r->store->db, e, "cannot read words");
}

static int take_words(struct keeper *k, int64_t docid, struct err *e)
{
	int rc = 0;

	while (!rc && !k->done && sqlite3_column_int64(k->words, 0) <= docid) {
		const char *column = (const char *)sqlite3_column_text(k->words, 1);
		const char *term = (const char *)sqlite3_column_text(k->words, 3);
		if (column && term && sqlite3_column_int64(k->words, 0) == docid) {
			struct buf *text = &k->m.text[column_of(column)];
			buf_adds(text, term);
			buf_addc(text, ' ');
		}
		rc = next_row(k, e);
	}
	return rc;
}

static void take_list(sqlite3 *db, const char *sql, int64_t docid, struct buf *out)
{
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK)
		sqlite3_bind_int64(st, 1, docid);
	while (st && sqlite3_step(st) == SQLITE_ROW)
		buf_add(out, sqlite3_column_text(st, 0), (size_t)sqlite3_column_bytes(st, 0) + 1);
	sqlite3_finalize(st);
}

static int keep_one(struct keeper *k, int64_t docid, reread_fn *fn, void *rock, struct err *e)
{
	sqlite3 *db = k->r->store->db;

	clear(&k->m);
	memset(k->m.oid, '0', sizeof(k->m.oid) - 1);
	take_list(db, "SELECT mid FROM mid WHERE docid = ?1", docid, &k->m.mids);
	take_list(db, "SELECT name FROM list WHERE docid = ?1", docid, &k->m.lists);
	int rc = take_words(k, docid, e);
	for (int i = 0; !rc && i < TEXT_FIELDS; i++)
		rc = buf_ok(&k->m.text[i]) ? 0 : err_sys(e, ENOMEM, "read words");
	return rc ? rc : fn(rock, docid, &k->m, true);
}

static int keep_all(struct reread *r, reread_fn *fn, void *rock, struct err *e)
{
	struct keeper k = { .r = r };
	sqlite3_stmt *which = NULL;
	struct err ignored = { 0 };
	int code = SQLITE_DONE;
	int rc = db_prepare(r->store->db, "SELECT docid FROM keep ORDER BY docid", &which, e);

	if (!rc)
		rc = db_prepare(r->store->db,
		                "SELECT doc, col, \"offset\", term FROM temp.place WHERE doc IN"
		                " (SELECT docid FROM keep) ORDER BY doc, col, \"offset\"",
		                &k.words, e);
	if (!rc && next_row(&k, &ignored) < 0)
		k.done = true; /* the old index is damaged: then without words */
	while (!rc && (code = sqlite3_step(which)) == SQLITE_ROW)
		rc = keep_one(&k, sqlite3_column_int64(which, 0), fn, rock, e);
	if (!rc && code != SQLITE_DONE)
		rc = db_error(r->store->db, e, "cannot list messages");
	sqlite3_finalize(which);
	sqlite3_finalize(k.words);
	message_done(&k.m);
	return rc ? rc : db_exec(r->store->db, "DELETE FROM keep", e);
}

int reread_each(struct reread *r, reread_fn *fn, void *rock, struct err *e)
{
	int rc = 0;

	r->kept = false;
	for (size_t i = 0; !rc && i < r->n; i++)
		rc = read_one(r, r->docids[i], fn, rock, e);
	return rc || !r->kept ? rc : keep_all(r, fn, rock, e);
}

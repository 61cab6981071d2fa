#include "index_again.h"

#include "../base/err.h"
#include "db.h"
#include "file_base.h"
#include "index_text.h"
#include "list.h"
#include "oid.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "again_"

enum statement { ADD_MID, ADD_LIST, ADD_MESSAGE, STATEMENTS };

#define COLUMNS "received, sent, size, oid, content, subject, from_, to_, cc, mids, refs"

static const char *const sqls[STATEMENTS] = {
	[ADD_MID] = "INSERT OR IGNORE INTO again_mid(mid, docid) VALUES(?,?)",
	[ADD_LIST] = "INSERT OR IGNORE INTO again_list(name, docid) VALUES(?,?)",
	/* Only rows that say something else; mail without a date keeps that of its import. */
	[ADD_MESSAGE] =
	    "INSERT OR REPLACE INTO again_message(docid, " COLUMNS ")"
	    " SELECT docid, coalesce(?2, received), coalesce(?3, received), "
	    "?4,?5,?6,?7,?8,?9,?10,?11,"
	    " ?12 FROM message WHERE docid = ?1 AND (" COLUMNS ") IS NOT"
	    " (coalesce(?2, received), coalesce(?3, received), ?4,?5,?6,?7,?8,?9,?10,?11,?12)",
};

static const char *const tables[] = { "fts", "stem", "mid", "list" };
enum { TABLES = sizeof(tables) / sizeof(*tables) };

/* What refers to nothing goes with the old tables; a folder that loses a file is looked at again. */
static const char swap_sql[] =
    "UPDATE message SET (" COLUMNS ") = (SELECT " COLUMNS " FROM again_message a"
    " WHERE a.docid = message.docid) WHERE docid IN (SELECT docid FROM again_message);"
    "UPDATE message SET kw = kw & 255 WHERE kw & ~255;"
    /* Copies may have further Message-IDs. */
    "INSERT OR IGNORE INTO again_mid(mid, docid) SELECT mid, docid FROM mid WHERE docid IN"
    " (SELECT docid FROM blob WHERE id <> docid);"
    "DELETE FROM again_mid WHERE docid NOT IN (SELECT docid FROM message);"
    /* Ghosts (index_thread.h). */
    "INSERT OR IGNORE INTO again_mid(mid, docid) SELECT mid, docid FROM mid WHERE docid < 0;"
    "DELETE FROM again_list WHERE docid NOT IN (SELECT docid FROM message);"
    "DELETE FROM label WHERE docid NOT IN (SELECT docid FROM message);"
    "DELETE FROM outbox WHERE docid NOT IN (SELECT docid FROM message);"
    "CREATE TEMP TABLE stray AS SELECT f.folder, f.name FROM file f"
    " LEFT JOIN blob b ON b.id = f.blob WHERE f.folder NOT IN (SELECT id FROM folder)"
    " OR (b.docid IS NOT f.docid AND NOT (f.docid = 0 AND f.blob = 0)) OR " BASE_ODD ";"
    "DELETE FROM file WHERE (folder, name) IN (SELECT folder, name FROM stray);"
    "UPDATE folder SET cur_ino = 0, new_ino = 0, cur_ns = 0, new_ns = 0"
    " WHERE id IN (SELECT folder FROM stray);"
    "DROP TABLE stray;"
    /* Numbers of removed messages are not used again. */
    "INSERT INTO again_fts(rowid) SELECT old.id FROM (SELECT max(id) AS id FROM fts_docsize) old"
    " WHERE old.id > (SELECT coalesce(max(id), 0) FROM again_fts_docsize);"
    "DROP TABLE again_message;"
    "DROP TABLE fts;ALTER TABLE again_fts RENAME TO fts;"
    "DROP TABLE stem;ALTER TABLE again_stem RENAME TO stem;"
    "DROP TABLE mid;ALTER TABLE again_mid RENAME TO mid;"
    "DROP TABLE list;ALTER TABLE again_list RENAME TO list";

struct index_again {
	sqlite3 *db;
	sqlite3_stmt *st[STATEMENTS]; /* these and text: NULL until begun */
	struct index_text *text;
	struct buf list; /* scratch */
};

static void forget(struct index_again *a)
{
	for (int i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(a->st[i]);
		a->st[i] = NULL;
	}
	index_text_close(a->text);
	a->text = NULL;
}

int index_again_open(sqlite3 *db, struct index_again **ret, struct err *e)
{
	*ret = calloc(1, sizeof(**ret));
	if (!*ret)
		return err_sys(e, ENOMEM, "cannot open the store");
	(*ret)->db = db;
	return 0;
}

void index_again_close(struct index_again *a)
{
	if (!a)
		return;
	forget(a);
	buf_free(&a->list);
	free(a);
}

/* What was begun may have gone with the transaction. */
void index_again_reset(struct index_again *a)
{
	forget(a);
}

static int run(struct index_again *a, const char *sql)
{
	return sqlite3_exec(a->db, sql, NULL, NULL, NULL);
}

/* ---- begin ---- */

int index_again_drop(struct index_again *a)
{
	forget(a);
	return run(a, "DROP TABLE IF EXISTS again_fts;DROP TABLE IF EXISTS again_stem;"
	              "DROP TABLE IF EXISTS again_mid;DROP TABLE IF EXISTS again_list;"
	              "DROP TABLE IF EXISTS again_message");
}

/* As the table is, but for its name: what stands before " USING" or "(". */
static int make_like(struct index_again *a, const char *name)
{
	sqlite3_stmt *st = NULL;
	char *sql = NULL;
	int code = sqlite3_prepare_v2(a->db, "SELECT sql FROM sqlite_master WHERE name = ?1", -1,
	                              &st, NULL);

	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	if (code == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(st, 0);
		const char *using = text ? strstr(text, " USING ") : NULL;
		const char *rest = using || !text ? using : strchr(text, '(');
		if (rest)
			sql = sqlite3_mprintf("CREATE %s " PREFIX "%s%s",
			                      using ? "VIRTUAL TABLE" : "TABLE", name, rest);
	}
	int reset = sqlite3_finalize(st);
	if (code == SQLITE_OK)
		code = reset != SQLITE_OK ? reset : sql ? run(a, sql) : SQLITE_CORRUPT;
	sqlite3_free(sql);
	return code;
}

/* SQLite's own indexes, one at a time: in one statement it keeps all that it has sorted until the end,
 * hundreds of megabytes of a large store. */
static int reindex_tables(struct index_again *a)
{
	sqlite3_stmt *st = NULL;
	char *sql = NULL;
	int code = sqlite3_prepare_v2(a->db,
	                              "SELECT group_concat(printf('REINDEX \"%w\"', name), ';')"
	                              " FROM sqlite_master WHERE type = 'index'",
	                              -1, &st, NULL);

	if (code == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		sql = sqlite3_mprintf("%s", sqlite3_column_text(st, 0));
	int reset = sqlite3_finalize(st);
	if (code == SQLITE_OK)
		code = reset != SQLITE_OK ? reset : sql ? run(a, sql) : SQLITE_NOMEM;
	sqlite3_free(sql);
	malloc_trim(0);
	return code;
}

int index_again_begin(struct index_again *a)
{
	int code = index_again_drop(a);

	/* What follows finds its rows by them. */
	if (code == SQLITE_OK)
		code = reindex_tables(a);
	for (int i = 0; code == SQLITE_OK && i < TABLES; i++)
		code = make_like(a, tables[i]);
	if (code == SQLITE_OK)
		code = run(a, "INSERT INTO again_fts(again_fts, rank) VALUES('hashsize', 16777216);"
		              "CREATE TABLE again_message(docid INTEGER PRIMARY KEY, " COLUMNS ")");
	return code;
}

/* ---- add ---- */

static int prepare(struct index_again *a)
{
	struct err e = { 0 };
	int code = SQLITE_OK;

	if (a->text)
		return code;
	for (int i = 0; code == SQLITE_OK && i < STATEMENTS; i++)
		code = sqlite3_prepare_v3(a->db, sqls[i], -1, SQLITE_PREPARE_PERSISTENT, &a->st[i],
		                          NULL);
	if (code == SQLITE_OK && index_text_open(a->db, PREFIX, &a->text, &e) < 0)
		code = SQLITE_ERROR;
	if (code != SQLITE_OK)
		forget(a);
	return code;
}

static void bind_list(sqlite3_stmt *st, int i, struct buf *scratch, const struct buf *list)
{
	list_pack(scratch, list);
	sqlite3_bind_blob64(st, i, scratch->data, scratch->len, SQLITE_TRANSIENT);
}

static int add_columns(struct index_again *a, int64_t docid, const struct message *m)
{
	sqlite3_stmt *st = a->st[ADD_MESSAGE];
	const char *const texts[] = { m->subject, m->from, m->to, m->cc };
	uint8_t oid[OID_BYTES];

	oid_bytes(m->oid, oid);
	sqlite3_bind_int64(st, 1, docid);
	if (m->sent || m->received) {
		sqlite3_bind_int64(st, 2, m->received);
		sqlite3_bind_int64(st, 3, m->sent);
	}
	sqlite3_bind_int64(st, 4, (int64_t)m->size);
	sqlite3_bind_blob(st, 5, oid, sizeof(oid), SQLITE_TRANSIENT);
	sqlite3_bind_blob(st, 6, m->content, sizeof(m->content), SQLITE_TRANSIENT);
	for (int i = 0; i < 4; i++)
		sqlite3_bind_text(st, 7 + i, texts[i], -1, SQLITE_STATIC);
	bind_list(st, 11, &a->list, &m->mids);
	bind_list(st, 12, &a->list, &m->refs);
	int code = buf_ok(&a->list) ? db_run(st) : SQLITE_NOMEM;
	sqlite3_clear_bindings(st);
	return code;
}

int index_again_add(struct index_again *a, const struct record *r)
{
	const struct message *m = &r->msg;
	int code = prepare(a);

	if (code == SQLITE_OK)
		code = list_insert(a->st[ADD_MID], r->docid, m->mids.data, m->mids.len);
	if (code == SQLITE_OK)
		code = list_insert(a->st[ADD_LIST], r->docid, m->lists.data, m->lists.len);
	if (code == SQLITE_OK && !r->words_only)
		code = add_columns(a, r->docid, m);
	if (code == SQLITE_OK)
		code = index_text_add(a->text, r->docid, m->text, &r->stems);
	return code;
}

/* ---- end ---- */

/* 1 or 0; a negated code. */
static int asks(struct index_again *a, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int64_t one;
	int code = sqlite3_prepare_v2(a->db, sql, -1, &st, NULL);
	int found = code == SQLITE_OK ? db_int(st, &one) : -code;

	sqlite3_finalize(st);
	return found;
}

int index_again_end(struct index_again *a, int *ret)
{
	*ret = -1;
	int begun = asks(a, "SELECT 1 FROM sqlite_master WHERE name = 'again_message'");
	int lacking = begun <= 0 ? begun
	                         : asks(a, "SELECT 1 FROM message WHERE docid NOT IN"
	                                   " (SELECT id FROM again_fts_docsize) LIMIT 1");
	if (begun <= 0 || lacking != 0)
		return begun < 0 ? -begun : lacking < 0 ? -lacking : SQLITE_OK;
	forget(a);
	*ret = 1;
	return run(a, swap_sql);
}

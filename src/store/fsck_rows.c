/* Rows that refer to others, and the tables themselves. */
#include "../base/err.h"
#include "db.h"
#include "file_base.h"
#include "fsck_inside.h"

#include <stdlib.h>
#include <string.h>

/* Each finds what may not be: docid, blob id in hex or NULL, and what to show of it. */
static const struct check {
	const char *what;
	enum fsck_cure cure;
	const char *text, *sql;
} checks[] = {
	{ "label", CURE_ROWS, "'%s' of a message that is not there",
	  "SELECT docid, NULL, name FROM label WHERE docid NOT IN (SELECT docid FROM message)" },
	{ "outbox", CURE_ROWS, "a message that is not there%s",
	  "SELECT docid, NULL, '' FROM outbox WHERE docid NOT IN (SELECT docid FROM message)" },
	{ "file", CURE_ROWS, "'%s' in a folder that is not there",
	  "SELECT docid, NULL, name FROM file WHERE folder NOT IN (SELECT id FROM folder)" },
	{ "file", CURE_ROWS, "'%s' is of a message or blob that is not there",
	  "SELECT f.docid, NULL, f.name FROM file f LEFT JOIN blob b ON b.id = f.blob"
	  " WHERE b.docid IS NOT f.docid AND NOT (f.docid = 0 AND f.blob = 0)" },
	{ "file", CURE_ROWS, "'%s' has keywords that no Maildir has",
	  "SELECT docid, NULL, name FROM file f WHERE " BASE_ODD },
	{ "thread", CURE_REINDEX, "the message is in none%s",
	  "SELECT docid, NULL, '' FROM message WHERE docid NOT IN (SELECT docid FROM thread)" },
	{ "thread", CURE_REINDEX, "a message that is not there%s",
	  "SELECT docid, NULL, '' FROM thread WHERE docid > 0"
	  " AND docid NOT IN (SELECT docid FROM message)" },
	{ "thread", CURE_REINDEX, "'%s' is named by nobody",
	  "SELECT docid, NULL, mid FROM mid WHERE docid < 0"
	  " AND docid NOT IN (SELECT docid FROM thread)" },
	{ "blob", CURE_REINDEX, "its message is not there%s",
	  "SELECT docid, lower(hex(oid)), '' FROM blob WHERE docid NOT IN"
	  " (SELECT docid FROM message)" },
};

static void run_check(struct fsck *f, const struct check *c)
{
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(f->store->db, c->sql, -1, &st, NULL);

	while (code == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW) {
		const char *oid = (const char *)sqlite3_column_text(st, 1);
		const char *shown = (const char *)sqlite3_column_text(st, 2);
		const char *rest = strstr(c->text, "%s");
		fsck_report(f, c->cure, c->what, sqlite3_column_int64(st, 0), oid, "%.*s%s%s",
		            (int)(rest - c->text), c->text, shown ? shown : "", rest + 2);
	}
	if (sqlite3_finalize(st) != SQLITE_OK || code != SQLITE_OK)
		fsck_failed(f, c->what);
}

void fsck_rows(struct fsck *f)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++)
		run_check(f, &checks[i]);
}

/* ---- tables ---- */

/* A table that was renamed has its name in other quotes. */
#define TABLES                                                                                     \
	"SELECT name AS name, replace(replace(sql, '\"', ''), '''', '') AS sql FROM "              \
	"sqlite_master WHERE sql NOT NULL"                                                         \
	" UNION ALL SELECT 'fts_config', k || ' ' || v FROM fts_config"

/* Every line of `ours` must be in `theirs`; an index more does no harm. */
static void compare(struct fsck *f, sqlite3 *ours)
{
	sqlite3_stmt *want = NULL, *have = NULL;
	int code = sqlite3_prepare_v2(ours, TABLES, -1, &want, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(f->store->db,
		                          "SELECT 1 FROM (" TABLES ")"
		                          " WHERE name = ?1 AND sql = ?2",
		                          -1, &have, NULL);
	while (code == SQLITE_OK && sqlite3_step(want) == SQLITE_ROW) {
		for (int i = 0; i < 2; i++)
			sqlite3_bind_value(have, i + 1, sqlite3_column_value(want, i));
		if (sqlite3_step(have) != SQLITE_ROW)
			fsck_report(f, CURE_NONE, "database", 0, NULL,
			            "table or index %s is missing, or another",
			            (const char *)sqlite3_column_text(want, 0));
		sqlite3_reset(have);
	}
	sqlite3_finalize(want);
	if (sqlite3_finalize(have) != SQLITE_OK || code != SQLITE_OK)
		fsck_failed(f, "the list of tables");
}

void fsck_schema(struct fsck *f)
{
	sqlite3 *ours = NULL;
	struct err e = { 0 };

	if (db_open_empty(&ours, &e) == 0)
		compare(f, ours);
	else
		fsck_report(f, CURE_NONE, "database", 0, NULL, "cannot compare: %s", e.text);
	sqlite3_close(ours);
}

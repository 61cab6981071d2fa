/* The query compiler, and SQLite's opinion of what it made. */
#include "base/err.h"
#include "store/query.h"
#include "store/search.h"

#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char tables[] =
    "CREATE TABLE message(docid INTEGER PRIMARY KEY, received, sent, kw, size);"
    "CREATE TABLE mid(mid, docid);CREATE TABLE list(name, docid);"
    "CREATE TABLE label(name, docid);"
    "CREATE VIRTUAL TABLE fts USING fts5(subject, from_, to_, cc, mid, list, filename, quoted,"
    " body, dfn, dfa, dfb, dfhh, dfctx, dfpre, dfpost, patchid, content='',"
    " tokenize=\"ascii tokenchars '_&''+#,.;|'\");"
    "CREATE TABLE stem(stem, word);INSERT INTO stem VALUES('run', 'running');"
    "INSERT INTO message VALUES(1, 1, 1, 1, 1);"
    "INSERT INTO fts(rowid, subject, body) VALUES(1, 'a', 'b running a')";

/* Whatever compiles must be valid SQL and valid full-text syntax: anything but SQLite's own
 * limit on nesting is a mistake of ours. */
static void try_sql(struct query *q)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;
	struct buf sql = { 0 };

	if (sqlite3_open(":memory:", &db) || sqlite3_exec(db, tables, NULL, NULL, NULL) ||
	    query_adj(db, NULL))
		abort();
	buf_adds(&sql, "SELECT 1 FROM message m WHERE ");
	buf_adds(&sql, q->where.data);
	if (sqlite3_prepare_v2(db, buf_cstr(&sql), -1, &st, NULL)) {
		if (!strstr(sqlite3_errmsg(db), "overflow") && !strstr(sqlite3_errmsg(db), "depth"))
			abort();
	} else {
		struct err e = { 0 };
		if (query_bind(q, st, &e))
			abort();
		int code = sqlite3_step(st);
		if (code != SQLITE_ROW && code != SQLITE_DONE)
			abort();
	}
	sqlite3_finalize(st);
	sqlite3_close(db);
	buf_free(&sql);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct query *q = NULL;
	struct err e = { 0 };
	char *text = malloc(size + 1);

	if (!text || size > 4096) {
		free(text);
		return 0;
	}
	memcpy(text, data, size);
	text[size] = '\0';
	if (query_compile(text, 1600000000, &q, &e) == 0)
		try_sql(q);
	else if (!e.text[0])
		abort();
	query_free(q);
	free(text);
	return 0;
}

#include "thread_check.h"

#include "list.h"

#include <stdbool.h>

static const char rows_sql[] = "SELECT m.docid, t.tid, m.mids, m.refs FROM message m"
			       " JOIN thread t USING(docid)";
/* Nobody of this Message-ID is in that thread. */
static const char apart_sql[] = "SELECT NOT EXISTS(SELECT 1 FROM mid JOIN thread t USING(docid)"
				" WHERE mid = ?1 AND t.tid = ?2)";
/* Those who have the same Message-ID, the further ones of copies as well. */
static const char shared_sql[] = "SELECT max(docid), mid FROM mid CROSS JOIN thread t USING(docid)"
				 " GROUP BY mid HAVING min(t.tid) <> max(t.tid)";

struct check {
	sqlite3_stmt *rows, *apart, *shared;
	thread_apart *found;
	void *rock;
};

static bool is_apart(sqlite3_stmt *apart, const char *mid, int64_t tid)
{
	sqlite3_bind_text(apart, 1, mid, -1, SQLITE_STATIC);
	sqlite3_bind_int64(apart, 2, tid);
	bool ret = sqlite3_step(apart) == SQLITE_ROW && sqlite3_column_int(apart, 0);
	sqlite3_reset(apart);
	return ret;
}

/* The first of a stored list that is apart, or NULL. */
static const char *first_apart(const struct check *c, int column)
{
	const char *list = sqlite3_column_blob(c->rows, column);
	const size_t len = (size_t)sqlite3_column_bytes(c->rows, column);
	const int64_t tid = sqlite3_column_int64(c->rows, 1);

	if (!len || list[len - 1]) /* no list: of a damaged message */
		return NULL;
	LIST_EACH(p, list, len - 1)
	if (is_apart(c->apart, p, tid))
		return p;
	return NULL;
}

static void check_row(const struct check *c)
{
	const char *mid = first_apart(c, 2);

	if (!mid)
		mid = first_apart(c, 3);
	if (mid)
		c->found(c->rock, sqlite3_column_int64(c->rows, 0), mid);
}

static void check_shared(const struct check *c)
{
	const char *mid = (const char *)sqlite3_column_text(c->shared, 1);

	c->found(c->rock, sqlite3_column_int64(c->shared, 0), mid ? mid : "");
}

int thread_check(sqlite3 *db, thread_apart *found, void *rock)
{
	struct check c = { .found = found, .rock = rock };
	int code = sqlite3_prepare_v2(db, rows_sql, -1, &c.rows, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(db, apart_sql, -1, &c.apart, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(db, shared_sql, -1, &c.shared, NULL);
	while (code == SQLITE_OK && sqlite3_step(c.rows) == SQLITE_ROW)
		check_row(&c);
	while (code == SQLITE_OK && sqlite3_step(c.shared) == SQLITE_ROW)
		check_shared(&c);
	const int ends[] = { sqlite3_finalize(c.rows), sqlite3_finalize(c.apart),
		             sqlite3_finalize(c.shared) };
	for (int i = 0; code == SQLITE_OK && i < 3; i++)
		code = ends[i];
	return code;
}

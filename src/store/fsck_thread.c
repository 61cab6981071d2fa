/* Is each message in one thread with all that it has and names?  (A thread that holds too much is not
 * noticed: what tied it together may have been removed.) */
#include "fsck_inside.h"
#include "list.h"

static const char rows_sql[] = "SELECT m.docid, t.tid, m.mids, m.refs FROM message m"
			       " JOIN thread t USING(docid)";
/* Nobody of this Message-ID is in that thread. */
static const char apart_sql[] = "SELECT NOT EXISTS(SELECT 1 FROM mid JOIN thread t USING(docid)"
				" WHERE mid = ?1 AND t.tid = ?2)";

static bool is_apart(sqlite3_stmt *apart, const char *mid, int64_t tid)
{
	sqlite3_bind_text(apart, 1, mid, -1, SQLITE_STATIC);
	sqlite3_bind_int64(apart, 2, tid);
	bool ret = sqlite3_step(apart) == SQLITE_ROW && sqlite3_column_int(apart, 0);
	sqlite3_reset(apart);
	return ret;
}

/* The first of a stored list that is apart, or NULL. */
static const char *first_apart(sqlite3_stmt *rows, int column, sqlite3_stmt *apart)
{
	const char *list = sqlite3_column_blob(rows, column);
	const size_t len = (size_t)sqlite3_column_bytes(rows, column);
	const int64_t tid = sqlite3_column_int64(rows, 1);

	if (!len || list[len - 1]) /* fsck_messages has told */
		return NULL;
	LIST_EACH(p, list, len - 1)
	if (is_apart(apart, p, tid))
		return p;
	return NULL;
}

static void check_row(struct fsck *f, sqlite3_stmt *rows, sqlite3_stmt *apart)
{
	const char *mid = first_apart(rows, 2, apart);

	if (!mid)
		mid = first_apart(rows, 3, apart);
	if (mid)
		fsck_report(f, CURE_REINDEX, "thread", sqlite3_column_int64(rows, 0), NULL,
		            "the message is in another than '%s'", mid);
}

void fsck_threads(struct fsck *f)
{
	sqlite3_stmt *rows = NULL, *apart = NULL;
	int code = sqlite3_prepare_v2(f->store->db, rows_sql, -1, &rows, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(f->store->db, apart_sql, -1, &apart, NULL);
	while (code == SQLITE_OK && sqlite3_step(rows) == SQLITE_ROW)
		check_row(f, rows, apart);
	const int ends[] = { sqlite3_finalize(rows), sqlite3_finalize(apart) };
	if (code != SQLITE_OK || ends[0] != SQLITE_OK || ends[1] != SQLITE_OK)
		fsck_failed(f, "threads");
}

/* Where two threads turn out to be one, the smaller takes the name of the larger: a row changes its
 * thread no more often than the logarithm of how many there are, and finding out which is smaller
 * costs no more than that one holds. */
#include "index_thread.h"

#include "../base/err.h"
#include "db.h"
#include "list.h"
#include "thread_check.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

enum {
	COUNT_FIRST = 8,
	COUNT_MORE = 8
}; /* rows to count of either thread, and how many times more */

enum statement {
	LAST_TID,
	LAST_GHOST,
	BY_DOCID,
	BY_MID,
	ADD,
	DROP,
	ADD_MID,
	DROP_MID,
	COUNT_SOME,
	MERGE,
	STATEMENTS
};

static const char *const sqls[STATEMENTS] = {
	[LAST_TID] = "SELECT max(tid) FROM thread",
	[LAST_GHOST] = "SELECT min(docid) FROM thread",
	[BY_DOCID] = "SELECT tid FROM thread WHERE docid = ?1",
	/* All that have this Message-ID are in one thread; a ghost comes first. */
	[BY_MID] = ("SELECT t.docid, t.tid FROM mid CROSS JOIN thread t USING(docid)"
	            " WHERE mid.mid = ?1 ORDER BY mid.docid LIMIT 1"),
	[ADD] = "INSERT INTO thread(docid, tid) VALUES(?1, ?2)",
	[DROP] = "DELETE FROM thread WHERE docid = ?1",
	[ADD_MID] = "INSERT INTO mid(docid, mid) VALUES(?1, ?2)",
	[DROP_MID] = "DELETE FROM mid WHERE docid = ?1 AND mid = ?2",
	[COUNT_SOME] = "SELECT count(*) FROM (SELECT 1 FROM thread WHERE tid = ?1 LIMIT ?2)",
	/* Of more than one row, so that SQLite would prepare to take it back alone: for that all new
	 * words would have to be written first.  OR FAIL: never alone. */
	[MERGE] = "UPDATE OR FAIL thread SET tid = ?2 WHERE tid = ?1",
};

struct index_thread {
	sqlite3_stmt *st[STATEMENTS];
	int64_t last_tid, last_ghost; /* ghosts count down from -1 */
};

struct found {
	int64_t docid, tid;
};

/* 1, 0 or a negated SQLite code, here and below. */
static int find_mid(struct index_thread *t, const char *mid, struct found *ret)
{
	sqlite3_stmt *st = t->st[BY_MID];

	db_bind_text(st, 1, mid);
	int code = sqlite3_step(st);
	if (code == SQLITE_ROW)
		*ret = (struct found){ sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1) };
	int reset = sqlite3_reset(st);
	return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : -reset;
}

static int run_on(sqlite3_stmt *st, int64_t a, int64_t b)
{
	sqlite3_bind_int64(st, 1, a);
	sqlite3_bind_int64(st, 2, b);
	return db_run(st);
}

static int run_on_mid(sqlite3_stmt *st, int64_t docid, const char *mid)
{
	sqlite3_bind_int64(st, 1, docid);
	db_bind_text(st, 2, mid);
	return db_run(st);
}

/* ---- merging ---- */

static int count_some(struct index_thread *t, int64_t tid, int64_t most, int64_t *ret)
{
	sqlite3_stmt *st = t->st[COUNT_SOME];

	sqlite3_bind_int64(st, 1, tid);
	sqlite3_bind_int64(st, 2, most);
	int found = db_int(st, ret);
	return found < 0 ? -found : SQLITE_OK;
}

/* Does `a` hold fewer than `b`, as far as it takes to see that? */
static int is_smaller(struct index_thread *t, int64_t a, int64_t b, bool *ret)
{
	int64_t na = 0, nb = 0;
	int code = SQLITE_OK;

	for (int64_t most = COUNT_FIRST; code == SQLITE_OK; most *= COUNT_MORE) {
		code = count_some(t, a, most, &na);
		if (code == SQLITE_OK)
			code = count_some(t, b, most, &nb);
		if (na < most || nb < most)
			break;
	}
	*ret = na < nb;
	return code;
}

/* *tid and `other` become one, whose name is left in *tid. */
static int unite(struct index_thread *t, int64_t *tid, int64_t other)
{
	bool smaller = false;

	if (*tid == 0 || *tid == other) {
		*tid = other;
		return SQLITE_OK;
	}
	int code = is_smaller(t, *tid, other, &smaller);
	int64_t from = smaller ? *tid : other, to = smaller ? other : *tid;
	if (code == SQLITE_OK)
		code = run_on(t->st[MERGE], from, to);
	*tid = to;
	return code;
}

/* ---- one message ---- */

static int drop_ghost(struct index_thread *t, int64_t docid, const char *mid)
{
	int code = run_on_mid(t->st[DROP_MID], docid, mid);

	if (code != SQLITE_OK)
		return code;
	sqlite3_bind_int64(t->st[DROP], 1, docid);
	return db_run(t->st[DROP]);
}

static int add_ghost(struct index_thread *t, const char *mid, int64_t tid)
{
	int code = run_on_mid(t->st[ADD_MID], --t->last_ghost, mid);

	return code == SQLITE_OK ? run_on(t->st[ADD], t->last_ghost, tid) : code;
}

/* Who was named by these Message-IDs, or has them, too. */
static int join_own(struct index_thread *t, const char *mids, size_t len, int64_t *tid)
{
	int code = SQLITE_OK;

	LIST_EACH(p, mids, len)
	{
		struct found f = { 0 };
		int found = find_mid(t, p, &f);
		code = found < 0 ? -found : found ? unite(t, tid, f.tid) : SQLITE_OK;
		if (code == SQLITE_OK && found && f.docid < 0)
			code = drop_ghost(t, f.docid, p);
		if (code != SQLITE_OK)
			break;
	}
	return code;
}

/* Rather join a thread than make one that is merged at once. */
static int first_known(struct index_thread *t, const char *refs, size_t len, int64_t *tid)
{
	struct found f = { 0 };
	int found = 0;

	LIST_EACH(p, refs, len)
	{
		found = find_mid(t, p, &f);
		if (found)
			break;
	}
	if (found > 0)
		*tid = f.tid;
	return found < 0 ? -found : SQLITE_OK;
}

static int join_refs(struct index_thread *t, const char *refs, size_t len, int64_t *tid)
{
	int code = SQLITE_OK;

	LIST_EACH(p, refs, len)
	{
		struct found f = { 0 };
		int found = find_mid(t, p, &f);
		code = found < 0 ? -found : found ? unite(t, tid, f.tid) : add_ghost(t, p, *tid);
		if (code != SQLITE_OK)
			break;
	}
	return code;
}

int index_thread_add(struct index_thread *t, int64_t docid, const char *mids, size_t mids_len,
                     const char *refs, size_t refs_len)
{
	int64_t tid = 0;

	sqlite3_bind_int64(t->st[BY_DOCID], 1, docid);
	int known = db_int(t->st[BY_DOCID], &tid);
	int code = known < 0 ? -known : join_own(t, mids, mids_len, &tid);
	if (code == SQLITE_OK && tid == 0)
		code = first_known(t, refs, refs_len, &tid);
	if (code == SQLITE_OK && tid == 0)
		tid = ++t->last_tid;
	if (code == SQLITE_OK && known == 0)
		code = run_on(t->st[ADD], docid, tid);
	return code == SQLITE_OK ? join_refs(t, refs, refs_len, &tid) : code;
}

int index_thread_part(struct index_thread *t, int64_t docid, const char *mid)
{
	int64_t tid, members = 0;
	struct found f = { 0 };

	sqlite3_bind_int64(t->st[BY_DOCID], 1, docid);
	int known = db_int(t->st[BY_DOCID], &tid);
	if (known <= 0)
		return -known;
	int code = count_some(t, tid, 2, &members);
	if (code != SQLITE_OK || members < 2)
		return code;
	int found = find_mid(t, mid, &f);
	return found < 0 ? -found : found ? SQLITE_OK : add_ghost(t, mid, tid);
}

int index_thread_begin(struct index_thread *t)
{
	int found = db_int(t->st[LAST_TID], &t->last_tid);

	if (found >= 0)
		found = db_int(t->st[LAST_GHOST], &t->last_ghost);
	if (t->last_ghost > 0)
		t->last_ghost = 0;
	return found < 0 ? -found : SQLITE_OK;
}

/* ---- all messages ---- */

/* Each in a thread of its own, to begin with: so that nobody is taken for a ghost. */
static const char alone[] = "DELETE FROM thread;"
			    "DELETE FROM mid WHERE docid < 0;"
			    "INSERT INTO thread(docid, tid) SELECT docid, docid FROM message";
/* As they are, those who are in none alone, and ghosts only among messages. */
static const char kept[] =
    "DELETE FROM thread WHERE docid > 0 AND docid NOT IN (SELECT docid FROM message);"
    "DELETE FROM thread WHERE docid < 0 AND docid NOT IN (SELECT docid FROM mid WHERE docid < 0);"
    "DELETE FROM thread WHERE docid < 0 AND tid NOT IN"
    " (SELECT tid FROM thread WHERE docid > 0);"
    "DELETE FROM mid WHERE docid < 0 AND docid NOT IN (SELECT docid FROM thread WHERE docid < 0);"
    "INSERT INTO thread(docid, tid)"
    " SELECT docid, docid + (SELECT coalesce(max(tid), 0) FROM thread) FROM message"
    " WHERE docid NOT IN (SELECT docid FROM thread)";

static int add_row(struct index_thread *t, sqlite3_stmt *st)
{
	size_t mids = (size_t)sqlite3_column_bytes(st, 1);
	size_t refs = (size_t)sqlite3_column_bytes(st, 2);

	return index_thread_add(t, sqlite3_column_int64(st, 0), sqlite3_column_blob(st, 1),
	                        mids ? mids - 1 : 0, sqlite3_column_blob(st, 2),
	                        refs ? refs - 1 : 0);
}

static int add_each(struct index_thread *t, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(sqlite3_db_handle(t->st[0]), sql, -1, &st, NULL);

	while (code == SQLITE_OK && (code = sqlite3_step(st)) == SQLITE_ROW)
		code = add_row(t, st);
	sqlite3_finalize(st);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

int index_thread_again(struct index_thread *t, bool keep)
{
	sqlite3 *db = sqlite3_db_handle(t->st[0]);
	int code = sqlite3_exec(db, keep ? kept : alone, NULL, NULL, NULL);

	if (code == SQLITE_OK)
		code = index_thread_begin(t);
	if (code == SQLITE_OK)
		code = add_each(t, "SELECT docid, mids, refs FROM message ORDER BY docid");
	/* Copies may have further Message-IDs; each as a list of one. */
	if (code == SQLITE_OK)
		code = add_each(t, "SELECT docid, mid || x'0000', x'00' FROM mid"
		                   " WHERE docid IN (SELECT docid FROM blob WHERE id <> docid)");
	return code;
}

static void note_apart(void *rock, int64_t docid, const char *mid)
{
	(void)docid;
	(void)mid;
	*(bool *)rock = false;
}

int index_thread_whole(struct index_thread *t, bool *ret)
{
	*ret = true;
	return thread_check(sqlite3_db_handle(t->st[0]), note_apart, ret);
}

int index_thread_fill(sqlite3 *db, struct err *e)
{
	struct index_thread *t = NULL;
	int rc = index_thread_open(db, &t, e);

	if (!rc && index_thread_again(t, false) != SQLITE_OK)
		rc = db_error(db, e, "cannot find threads");
	index_thread_close(t);
	return rc;
}

/* ---- life ---- */

void index_thread_reset(struct index_thread *t)
{
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_reset(t->st[i]);
}

int index_thread_open(sqlite3 *db, struct index_thread **ret, struct err *e)
{
	struct index_thread *t = calloc(1, sizeof(*t));
	int rc = t ? 0 : err_sys(e, ENOMEM, "cannot open the store");

	for (int i = 0; !rc && i < STATEMENTS; i++)
		rc = db_prepare(db, sqls[i], &t->st[i], e);
	if (rc) {
		index_thread_close(t);
		return rc;
	}
	*ret = t;
	return 0;
}

void index_thread_close(struct index_thread *t)
{
	if (!t)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(t->st[i]);
	free(t);
}

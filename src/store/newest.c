#include "newest.h"

#include "db.h"
#include "query.h"
#include "search.h"

enum {
	SPAN_MIN = 4096, /* messages */
	SPAN_HITS = 16, /* messages for each hit that is wanted */
	SPAN_MAX =
	    65536, /* to walk along more dates costs as much as to read the rows of all hits */
	SPAN_MORE = 2, /* times as many as there would have to be if hits were spread evenly */
	SPAN_PART = 2, /* half of all: not worth while */
};

const struct span span_all = { INT64_MIN, INT64_MIN, INT64_MAX };

void span_bind(sqlite3_stmt *st, const struct span *span)
{
	sqlite3_bind_int64(st, 1, span->since);
	sqlite3_bind_int64(st, 2, span->first);
	sqlite3_bind_int64(st, 3, span->last);
}

/* Those that came in the same second as the oldest of them may lie elsewhere. */
static const char span_sql[] =
    "SELECT min(received) + 1, min(docid), max(docid), (SELECT max(docid) FROM main.message)"
    " FROM (SELECT received, docid FROM main.message ORDER BY received DESC LIMIT ?1)";

int64_t newest_first(const struct query *q, const struct search_opts *o)
{
	if (!q->words || !q->selective || o->threads || o->sort != SORT_RECEIVED || o->reverse ||
	    o->limit < 0 || o->limit > INT32_MAX || o->offset > INT32_MAX)
		return 0;
	int64_t n = (o->limit + (o->offset > 0 ? o->offset : 0)) * SPAN_HITS;
	return n > SPAN_MIN ? n : SPAN_MIN;
}

int64_t newest_next(int64_t n, int64_t hits, int64_t wanted)
{
	int64_t times = hits > 0 ? SPAN_MORE * (wanted / hits + 1) : SPAN_MAX;

	return n < SPAN_MAX / times ? n * times : 0;
}

int newest_span(sqlite3 *db, int64_t n, struct span *ret)
{
	sqlite3_stmt *st = NULL;
	int worth = 0;
	int code = sqlite3_prepare_v2(db, span_sql, -1, &st, NULL);

	sqlite3_bind_int64(st, 1, n);
	if (code == SQLITE_OK && (code = sqlite3_step(st)) == SQLITE_ROW) {
		*ret = (struct span){ sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
			              sqlite3_column_int64(st, 2) };
		worth = ret->last - ret->first < sqlite3_column_int64(st, 3) / SPAN_PART;
		code = SQLITE_OK;
	}
	sqlite3_finalize(st);
	return code == SQLITE_OK ? worth : -code;
}

#include "store.h"

#include "../base/err.h"
#include "../mail/message.h"
#include "db.h"
#include "elsewhere.h"
#include "fetch.h"
#include "newest.h"
#include "query.h"
#include "zip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int store_open(const char *dir, struct store **ret, struct err *e)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		return err_sys(e, ENOMEM, "cannot open store '%s'", dir);
	int version = db_open_read(dir, &s->db, e);
	if (version < 0) {
		free(s);
		return version;
	}
	s->has_sync = version >= DB_MAIL_SYNC;
	s->has_words = version >= DB_WORDS;
	s->has_threads = version >= DB_THREADS;
	*ret = s;
	return 0;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	sqlite3_finalize(s->named);
	sqlite3_finalize(s->blob);
	sqlite3_close(s->db);
	zip_free(s->zip);
	elsewhere_free(s->elsewhere);
	free(s);
}

/* ---- which messages, in which order ---- */

static bool by_rank(const struct query *q, const struct search_opts *o)
{
	return o->sort == SORT_RELEVANCE && q->rank;
}

/* A query, and where its hits are looked for: NULL: everywhere. */
struct search {
	struct store *s;
	const struct query *q;
	const struct search_opts *o;
	const struct span *span;
};

static void add_order(struct buf *sql, const struct search *x)
{
	const struct search_opts *o = x->o;
	const char *down = o->reverse ? "ASC" : "DESC", *up = o->reverse ? "DESC" : "ASC";
	/* "+": do not walk the index of dates */
	const char *read_all = x->q->selective && !x->span ? "+" : "";

	buf_adds(sql, " ORDER BY ");
	if (by_rank(x->q, o)) /* bm25 is better the more negative it is */
		buf_addf(sql, "coalesce(r.rank, 0.0) %s, m.received %s, m.docid %s", up, down, up);
	else if (o->sort == SORT_DOCID)
		buf_addf(sql, "%sm.docid %s", read_all, down);
	else
		buf_addf(sql, "%sm.received %s, m.docid %s", read_all, down, up);
}

/* In a span the dates alone say whose words to look at; rows of messages are not read. */
static void add_matches(struct buf *sql, const struct search *x)
{
	const struct query *q = x->q;
	size_t n = SPAN_PARAMS + q->nparams;

	if (by_rank(q, x->o))
		buf_addf(sql,
		         " FROM message m LEFT JOIN (SELECT rowid AS id, rank FROM fts"
		         " WHERE fts MATCH ?%zu) r ON r.id = m.docid WHERE ",
		         n + 1);
	else if (x->span)
		buf_adds(sql,
		         " FROM message m INDEXED BY message_received WHERE m.received >= ?1 AND ");
	else
		buf_adds(sql, " FROM message m WHERE ");
	buf_add(sql, q->where.data, strlen(q->where.data));
	add_order(sql, x);
	buf_addf(sql, " LIMIT ?%zu OFFSET ?%zu", n + 2, n + 3);
}

/* Only numbers go through the sorter; the rows are fetched one by one afterwards. */
static void compose(struct buf *sql, const struct search *x)
{
	if (by_rank(x->q, x->o))
		buf_adds(sql, "SELECT m.docid AS docid, coalesce(r.rank, 0.0) AS rank,"
		              " min(r.rank) OVER () AS best");
	else
		buf_adds(sql, "SELECT m.docid AS docid, NULL AS rank, NULL AS best");
	if (x->o->threads) {
		buf_adds(sql, ", row_number() OVER (");
		add_order(sql, x);
		buf_adds(sql, ") AS nth");
	}
	add_matches(sql, x);
}

/* nth goes on from the offset. */
static void compose_threads(struct buf *sql, const struct search *x)
{
	size_t offset = SPAN_PARAMS + x->q->nparams + 3;

	buf_adds(sql, "WITH hit AS MATERIALIZED (");
	compose(sql, x);
	buf_addf(sql,
	         "), led AS (SELECT t.tid AS tid, min(h.nth) AS nth FROM hit h"
	         " CROSS JOIN thread t USING(docid) GROUP BY t.tid)"
	         " SELECT t.docid, h.rank, h.best, h.nth - ?%zu, led.nth - ?%zu FROM led"
	         " CROSS JOIN thread t USING(tid) LEFT JOIN hit h ON h.docid = t.docid"
	         " WHERE t.docid > 0 ORDER BY led.nth, t.docid",
	         offset, offset);
}

static int bind(sqlite3_stmt *st, const struct search *x, struct err *e)
{
	const struct query *q = x->q;
	const struct search_opts *o = x->o;
	struct buf rank = { 0 };
	int n = SPAN_PARAMS + (int)q->nparams;
	int rc = query_bind(q, st, e);

	if (!rc && by_rank(q, o)) {
		rc = query_match(sqlite3_db_handle(st), q->rank, &rank, e);
		sqlite3_bind_text64(st, n + 1, rank.data, rank.len, SQLITE_TRANSIENT, SQLITE_UTF8);
	}
	buf_free(&rank);
	sqlite3_bind_int64(st, n + 2, o->limit < 0 ? -1 : o->limit);
	sqlite3_bind_int64(st, n + 3, o->offset < 0 ? 0 : o->offset);
	span_bind(st, x->span ? x->span : &span_all);
	return rc;
}

/* What SQLite's own limits refuse is the query's fault, not the store's. */
static int prepare_search(const struct search *x, sqlite3_stmt **ret, struct err *e)
{
	sqlite3 *db = x->s->db;
	struct buf sql = { 0 };

	if (x->o->threads)
		compose_threads(&sql, x);
	else
		compose(&sql, x);
	const char *text = buf_cstr(&sql);
	if (!buf_ok(&sql)) {
		buf_free(&sql);
		return err_sys(e, ENOMEM, "query");
	}
	int code = sqlite3_prepare_v2(db, text, -1, ret, NULL);
	buf_free(&sql);
	if (code == SQLITE_ERROR || code == SQLITE_TOOBIG)
		return err_set(e, -EINVAL, "query: too complex: %s", sqlite3_errmsg(db));
	if (code != SQLITE_OK)
		return db_error(db, e, "cannot search");
	return bind(*ret, x, e);
}

/* ---- rows ---- */

enum { CONTENT_BYTES = sizeof(((struct message *)NULL)->content) };

static const char row_sql[] =
    "SELECT received, sent, kw, size, lower(hex(oid)), subject, from_, to_, cc, mids, refs,"
    " content FROM message WHERE docid = ?1";
static const char row_blob_sql[] =
    "SELECT received, sent, kw, size, lower(hex(m.oid)), subject, from_, to_, cc, mids, refs,"
    " content, z FROM message m JOIN blob b ON b.id = m.docid WHERE m.docid = ?1";

int fetch_open(struct fetch *f, struct err *e)
{
	sqlite3_stmt *any = NULL;
	int64_t one;
	int rc = db_prepare(f->db, f->with_blob ? row_blob_sql : row_sql, &f->row, e);

	if (!rc)
		rc = db_prepare(f->db, "SELECT 1 FROM label LIMIT 1", &any, e);
	if (!rc && db_int(any, &one) == 1)
		rc = db_prepare(f->db, "SELECT name FROM label WHERE docid = ?1 ORDER BY name",
		                &f->labels, e);
	sqlite3_finalize(any);
	return rc;
}

void fetch_close(struct fetch *f)
{
	sqlite3_finalize(f->row);
	sqlite3_finalize(f->labels);
	buf_free(&f->names);
}

static int fetch_labels(struct fetch *f, int64_t docid, struct err *e)
{
	int code = SQLITE_DONE;

	buf_reset(&f->names);
	if (f->labels) {
		sqlite3_bind_int64(f->labels, 1, docid);
		while ((code = sqlite3_step(f->labels)) == SQLITE_ROW) {
			const char *name = (const char *)sqlite3_column_text(f->labels, 0);
			if (name)
				buf_add(&f->names, name, strlen(name) + 1);
		}
		sqlite3_reset(f->labels);
	}
	buf_addc(&f->names, '\0');
	if (code != SQLITE_DONE)
		return db_error(f->db, e, "cannot read labels");
	return buf_ok(&f->names) ? 0 : err_sys(e, ENOMEM, "labels");
}

static const char *text_of(sqlite3_stmt *st, int i)
{
	const char *s = (const char *)sqlite3_column_text(st, i);

	return s ? s : "";
}

/* A list ends with an empty string; a damaged store must not make us read beyond it. */
static const char *list_of(sqlite3_stmt *st, int i)
{
	const char *s = sqlite3_column_blob(st, i);
	int n = sqlite3_column_bytes(st, i);

	return s && n > 0 && s[n - 1] == '\0' && (n == 1 || s[n - 2] == '\0') ? s : "";
}

static const uint8_t *content_of(sqlite3_stmt *st, int i)
{
	static const uint8_t none[CONTENT_BYTES];
	const uint8_t *p = sqlite3_column_blob(st, i);

	return p && sqlite3_column_bytes(st, i) == CONTENT_BYTES ? p : none;
}

static void fill_hit(struct fetch *f, struct hit *h)
{
	sqlite3_stmt *st = f->row;

	h->received = sqlite3_column_int64(st, 0);
	h->sent = sqlite3_column_int64(st, 1);
	h->kw = (kw_set)sqlite3_column_int64(st, 2);
	h->size = (uint64_t)sqlite3_column_int64(st, 3);
	h->oid = text_of(st, 4);
	h->subject = text_of(st, 5);
	h->from = text_of(st, 6);
	h->to = text_of(st, 7);
	h->cc = text_of(st, 8);
	h->mids = list_of(st, 9);
	h->refs = list_of(st, 10);
	h->content = content_of(st, 11);
	h->labels = f->names.data;
	if (f->with_blob) {
		h->zblob = sqlite3_column_blob(st, 12);
		h->zblob_len = (size_t)sqlite3_column_bytes(st, 12);
	}
}

int fetch(struct fetch *f, struct hit *h, int (*fn)(void *rock, const struct hit *h), void *rock,
          struct err *e)
{
	int rc = fetch_labels(f, h->docid, e);

	if (rc)
		return rc;
	sqlite3_bind_int64(f->row, 1, h->docid);
	int code = sqlite3_step(f->row);
	if (code == SQLITE_ROW) {
		fill_hit(f, h);
		rc = fn(rock, h);
	} else {
		rc = db_error(f->db, e, "cannot read a message");
		if (code == SQLITE_DONE)
			rc = err_set(e, -EBADMSG, "message %lld has lost its row or its blob",
			             (long long)h->docid);
	}
	sqlite3_reset(f->row);
	return rc;
}

static int percent(sqlite3_stmt *st)
{
	double best = sqlite3_column_double(st, 2), rank = sqlite3_column_double(st, 1);
	int pct = best < 0 ? (int)(100 * rank / best) : 0;
	return pct > 99 ? 99 : pct < 0 ? 0 : pct;
}

struct receiver {
	struct fetch fetch;
	int (*fn)(void *rock, const struct hit *h);
	void *rock;
	int64_t count; /* hits that it has got */
};

static int deliver(struct receiver *r, sqlite3_stmt *which, bool threads, struct err *e)
{
	int code, rc = 0;

	while ((code = sqlite3_step(which)) == SQLITE_ROW && !rc) {
		struct hit h = { .docid = sqlite3_column_int64(which, 0), .pct = -1 };
		r->count++;
		h.nth = threads ? sqlite3_column_int64(which, 3) : r->count;
		h.lead = threads ? sqlite3_column_int64(which, 4) : r->count;
		if (sqlite3_column_type(which, 1) != SQLITE_NULL)
			h.pct = percent(which);
		rc = fetch(&r->fetch, &h, r->fn, r->rock, e);
	}
	if (!rc && code != SQLITE_DONE)
		rc = db_error(r->fetch.db, e, "cannot search");
	return rc;
}

/* In a store of an earlier release; the first writer makes them. */
static int lacks(const struct store *s, const char *what, struct err *e)
{
	return err_set(e, -EPROTONOSUPPORT,
	               "%s: made by an earlier release, its %s cannot be searched"
	               " yet: bring it up to date with `lei init'",
	               sqlite3_db_filename(s->db, "main"), what);
}

static int search_in(const struct search *x, struct receiver *r, struct err *e)
{
	sqlite3_stmt *which = NULL;
	int rc = prepare_search(x, &which, e);

	if (!rc)
		rc = deliver(r, which, x->o->threads, e);
	sqlite3_finalize(which);
	return rc;
}

/* What is left when some hits have been delivered. */
static struct search_opts rest_of(const struct search_opts *o, const struct receiver *r)
{
	struct search_opts ret = *o;

	if (r->count > 0) {
		ret.offset = (o->offset > 0 ? o->offset : 0) + r->count;
		ret.limit -= r->count;
	}
	return ret;
}

/* First among the newest messages: what is found there comes before all that is elsewhere. */
static int search_all(struct store *s, const struct query *q, const struct search_opts *o,
                      struct receiver *r, struct err *e)
{
	struct search_opts rest = *o;
	struct span span;

	for (int64_t n = newest_first(q, o); n > 0;) {
		int found = newest_span(s->db, n, &span);
		if (found < 0)
			return db_error(s->db, e, "cannot search");
		if (found == 0)
			break;
		int rc = search_in(&(struct search){ s, q, &rest, &span }, r, e);
		if (rc || r->count == o->limit)
			return rc;
		rest = rest_of(o, r);
		n = newest_next(n, r->count ? rest.offset : 0, rest.offset + rest.limit);
	}
	return search_in(&(struct search){ s, q, &rest, NULL }, r, e);
}

int store_search(struct store *s, const struct query *q, const struct search_opts *o,
                 bool with_blob, int (*fn)(void *rock, const struct hit *h), void *rock,
                 struct err *e)
{
	struct receiver r = { { .db = s->db, .with_blob = with_blob }, fn, rock, 0 };
	int rc = q->words && !s->has_words       ? lacks(s, "words", e)
	         : o->threads && !s->has_threads ? lacks(s, "threads", e)
	                                         : 0;

	if (!rc && q->adj)
		rc = query_adj(s->db, e);
	bool ours = sqlite3_get_autocommit(s->db);
	if (!rc && ours)
		rc = db_exec(s->db, "BEGIN", e); /* one state of the store for all statements */
	if (rc)
		return rc;
	rc = fetch_open(&r.fetch, e);
	if (!rc)
		rc = search_all(s, q, o, &r, e);
	fetch_close(&r.fetch);
	if (ours)
		sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	return rc;
}

int store_fetch(struct store *s, int64_t docid, int (*fn)(void *rock, const struct hit *h),
                void *rock, struct err *e)
{
	struct fetch f = { .db = s->db, .with_blob = true };
	struct hit h = { .docid = docid, .nth = 1, .lead = 1, .pct = -1 };
	sqlite3_stmt *st = NULL;
	int64_t one;
	int rc = db_prepare(s->db, "SELECT 1 FROM message WHERE docid = ?1", &st, e);

	if (rc)
		return rc;
	sqlite3_bind_int64(st, 1, docid);
	int found = db_int(st, &one);
	sqlite3_finalize(st);
	if (found <= 0)
		return found < 0 ? db_error(s->db, e, "cannot read a message")
		                 : err_set(e, -ENOENT, "no message %lld", (long long)docid);
	rc = fetch_open(&f, e);
	if (!rc)
		rc = fetch(&f, &h, fn, rock, e);
	fetch_close(&f);
	return rc;
}

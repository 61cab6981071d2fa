/* What a query needs to know of the store that it asks: the forms that a word has there. */
#include "query.h"

#include "../base/err.h"
#include "db.h"
#include "newest.h"
#include "stem.h"
#include "terms.h"

#include <errno.h>
#include <string.h>

/* More than any word has; hostile mail could make many. */
#define FORMS_SQL "SELECT word FROM stem WHERE stem = ?1 LIMIT 1000"

struct forms {
	sqlite3 *db;
	sqlite3_stmt *st;
	struct stemmer *stemmer;
	struct buf stem;
};

static int stem_of(struct forms *f, const char *word, size_t n, struct buf *ret, struct err *e)
{
	struct stem s = stemmer_stem(f->stemmer, word, n);

	buf_reset(ret);
	if (s.p)
		buf_add(ret, s.p, s.n);
	return s.p && buf_ok(ret) ? 0 : err_sys(e, ENOMEM, "query");
}

/* A stem that is a word of its own has no row. */
static int is_its_own(struct forms *f, bool *ret, struct err *e)
{
	struct buf again = { 0 };
	int rc = stem_of(f, f->stem.data, f->stem.len, &again, e);

	if (!rc)
		*ret = again.len == f->stem.len && !memcmp(again.data, f->stem.data, again.len);
	buf_free(&again);
	return rc;
}

static void add_form(struct buf *out, const char *word, size_t n, bool *first)
{
	buf_adds(out, *first ? "(\"" : " OR \"");
	buf_add(out, word, n);
	buf_addc(out, '"');
	*first = false;
}

static int add_forms(struct forms *f, const char *word, size_t n, struct buf *out, struct err *e)
{
	bool own = false, first = true;
	int code, rc = stem_of(f, word, n, &f->stem, e);

	if (!rc)
		rc = is_its_own(f, &own, e);
	if (rc)
		return rc;
	sqlite3_bind_text(f->st, 1, f->stem.data, (int)f->stem.len, SQLITE_STATIC);
	while ((code = sqlite3_step(f->st)) == SQLITE_ROW)
		add_form(out, (const char *)sqlite3_column_text(f->st, 0),
		         (size_t)sqlite3_column_bytes(f->st, 0), &first);
	if (code != SQLITE_DONE)
		rc = db_error(f->db, e, "cannot read stems");
	sqlite3_reset(f->st);
	if (own)
		add_form(out, f->stem.data, f->stem.len, &first);
	if (first) /* an empty list is no expression: a word that nothing has */
		add_form(out, TERM_GAP TERM_GAP, 2 * strlen(TERM_GAP), &first);
	buf_addc(out, ')');
	return rc;
}

int query_match(sqlite3 *db, const char *expr, struct buf *out, struct err *e)
{
	struct forms f = { .db = db };
	const char *open, *close;
	int rc = 0;

	for (; !rc && (open = strchr(expr, QUERY_STEM)); expr = close + 1) {
		close = strchr(open + 1, QUERY_STEM);
		if (!close) /* never: both are written together */
			return err_set(e, -EINVAL, "query: half a stem");
		buf_add(out, expr, (size_t)(open - expr));
		if (!f.st)
			rc = db_prepare(db, FORMS_SQL, &f.st, e);
		if (!rc && !f.stemmer && !(f.stemmer = stemmer_new()))
			rc = err_sys(e, ENOMEM, "query");
		if (!rc)
			rc = add_forms(&f, open + 1, (size_t)(close - open - 1), out, e);
	}
	buf_adds(out, expr);
	sqlite3_finalize(f.st);
	stemmer_free(f.stemmer);
	buf_free(&f.stem);
	return rc ? rc : buf_ok(out) ? 0 : err_sys(e, ENOMEM, "query");
}

static int bind_match(sqlite3 *db, sqlite3_stmt *st, int i, const char *expr, struct err *e)
{
	struct buf out = { 0 };
	int rc = query_match(db, expr, &out, e);

	if (!rc)
		sqlite3_bind_text64(st, i, out.data, out.len, SQLITE_TRANSIENT, SQLITE_UTF8);
	buf_free(&out);
	return rc;
}

int query_bind(const struct query *q, sqlite3_stmt *st, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < q->nparams; i++) {
		const struct param *p = &q->params[i];
		int at = SPAN_PARAMS + (int)i + 1;
		if (p->match)
			rc = bind_match(sqlite3_db_handle(st), st, at, p->text, e);
		else if (p->text)
			sqlite3_bind_text(st, at, p->text, -1, SQLITE_STATIC);
		else
			sqlite3_bind_int64(st, at, p->num);
	}
	return rc;
}

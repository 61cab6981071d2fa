#include "fsck_inside.h"

#include "../base/err.h"
#include "db.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fsck_report(struct fsck *f, enum fsck_cure cure, const char *what, int64_t docid,
                 const char *oid, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	f->counts.damages++;
	f->counts.incurable += cure == CURE_NONE;
	const struct damage d = { what, docid, oid ? oid : "", f->is ? f->is : "", text, cure };
	f->w->damage(f->w->rock, &d);
}

void fsck_failed(struct fsck *f, const char *what)
{
	fsck_report(f, CURE_NONE, "database", 0, NULL, "cannot read %s: %s", what,
	            sqlite3_errmsg(f->store->db));
}

static int by_docid(const void *a, const void *b)
{
	const struct fsck_message *x = a, *y = b;

	return (x->docid > y->docid) - (x->docid < y->docid);
}

struct fsck_message *fsck_find(struct fsck *f, int64_t docid)
{
	const struct fsck_message key = { .docid = docid };

	return f->n ? bsearch(&key, f->v, f->n, sizeof(*f->v), by_docid) : NULL;
}

uint64_t fsck_hash(uint64_t seed, const void *p, size_t n)
{
	const unsigned char *c = p;
	uint64_t h = seed ^ 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ c[i]) * 0x100000001b3u;
	h ^= h >> 31; /* so that sums of them say something */
	h *= 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

/* What SQLite itself can say of its pages and of its own indexes. */
static void integrity(struct fsck *f)
{
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(f->store->db, "PRAGMA integrity_check(100)", -1, &st, NULL);

	while (code == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(st, 0);
		if (text && strcmp(text, "ok") != 0)
			fsck_report(f, CURE_NONE, "database", 0, NULL, "%s", text);
	}
	if (sqlite3_finalize(st) != SQLITE_OK || code != SQLITE_OK)
		fsck_failed(f, "the database");
}

static int add(struct fsck *f, int64_t docid)
{
	if (f->n == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 1024;
		struct fsck_message *v = reallocarray(f->v, cap, sizeof(*v));
		if (!v)
			return -ENOMEM;
		f->v = v;
		f->cap = cap;
	}
	f->v[f->n++] = (struct fsck_message){ .docid = docid };
	return 0;
}

/* From the table and from its index, so that none is passed over where one of them is damaged. */
static int list_messages(struct fsck *f, const char *sql, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(f->store->db, sql, -1, &st, NULL), rc = 0;

	while (!rc && code == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		rc = add(f, sqlite3_column_int64(st, 0));
	if (sqlite3_finalize(st) != SQLITE_OK || code != SQLITE_OK)
		fsck_failed(f, "the list of messages");
	return rc ? err_sys(e, ENOMEM, "check %zu messages", f->n) : 0;
}

static int list_all(struct fsck *f, struct err *e)
{
	int rc = list_messages(f, "SELECT docid FROM message NOT INDEXED", e);

	if (!rc)
		rc = list_messages(f, "SELECT docid FROM message INDEXED BY message_received", e);
	if (f->n)
		qsort(f->v, f->n, sizeof(*f->v), by_docid);
	size_t n = 0;
	for (size_t i = 0; i < f->n; i++)
		if (!n || f->v[i].docid != f->v[n - 1].docid)
			f->v[n++] = f->v[i];
	f->n = n;
	return rc;
}

static int look(struct fsck *f, struct err *e)
{
	int rc = db_exec(f->store->db, "PRAGMA mmap_size=0;BEGIN", e);

	if (rc)
		return rc;
	integrity(f);
	fsck_schema(f);
	fsck_rows(f);
	fsck_threads(f);
	rc = list_all(f, e);
	if (!rc)
		rc = fsck_messages(f, e);
	if (!rc)
		rc = fsck_index(f, e);
	return rc;
}

int store_fsck(const char *dir, const struct fsck_watcher *w, struct fsck_counts *ret,
               struct err *e)
{
	struct fsck f = { .w = w };
	int rc = store_open(dir, &f.store, e);

	if (rc)
		return rc;
	if (!f.store->has_threads)
		rc = err_set(e, -EPROTONOSUPPORT,
		             "%s: made by an earlier release: bring it up to date with `lei init'",
		             dir);
	if (!rc)
		rc = look(&f, e);
	if (!rc)
		*ret = f.counts;
	free(f.v);
	store_close(f.store);
	return rc;
}

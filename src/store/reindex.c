#include "reindex.h"

#include "../base/err.h"
#include "db.h"
#include "index_text.h"
#include "stems.h"
#include "terms.h"
#include "zip.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { REPORT_EVERY = 20000 }; /* messages */

struct reindex {
	sqlite3 *db;
	sqlite3_stmt *rows, *size;
	struct index_text *text;
	struct zip *zip;
	struct stems *stems;
	struct buf raw, words[TEXT_FIELDS], found;
	int64_t done, all;
};

static const char rows_sql[] =
    "SELECT m.docid, b.z, m.subject, m.from_, m.to_, m.cc, m.mids FROM message m"
    " LEFT JOIN blob b ON b.id = m.docid ORDER BY m.docid";

static int add_words(struct reindex *r, const struct message *m)
{
	int64_t docid = sqlite3_column_int64(r->rows, 0);

	buf_reset(&r->found);
	for (int i = 0; i < TEXT_FIELDS; i++) {
		buf_reset(&r->words[i]);
		terms_add(m->text[i].data, m->text[i].len, &r->words[i]);
		if (!buf_ok(&r->words[i]))
			return SQLITE_NOMEM;
		stems_add(r->stems, r->words[i].data, r->words[i].len, &r->found);
	}
	if (!buf_ok(&r->found))
		return SQLITE_NOMEM;
	return index_text_add(r->text, docid, r->words, &r->found);
}

static struct buf view(sqlite3_stmt *st, int i)
{
	const char *p = sqlite3_column_blob(st, i);

	return (struct buf){ .data = (char *)(uintptr_t)p,
		             .len = (size_t)sqlite3_column_bytes(st, i) };
}

/* Versions before 3 counted the bytes as they were stored. */
static int set_size(struct reindex *r, const struct message *m)
{
	sqlite3_bind_int64(r->size, 1, sqlite3_column_int64(r->rows, 0));
	sqlite3_bind_int64(r->size, 2, (int64_t)m->size);
	return db_run(r->size);
}

/* The bytes are elsewhere, or damaged: what the overview has. */
static int add_overview(struct reindex *r)
{
	struct message m = { 0 };

	m.text[TEXT_SUBJECT] = view(r->rows, 2);
	m.text[TEXT_FROM] = view(r->rows, 3);
	m.text[TEXT_TO] = view(r->rows, 4);
	m.text[TEXT_CC] = view(r->rows, 5);
	m.text[TEXT_MID] = view(r->rows, 6);
	return add_words(r, &m);
}

static int add_one(struct reindex *r, struct err *e)
{
	const void *z = sqlite3_column_blob(r->rows, 1);
	size_t n = (size_t)sqlite3_column_bytes(r->rows, 1);
	struct message m = { 0 };
	struct err why = { 0 };
	int code;

	if (n == 0 || zip_unpack(r->zip, z, n, &r->raw, &why)) {
		code = add_overview(r);
	} else {
		int rc = message_parse(r->raw.data, r->raw.len, &m, e);
		if (rc)
			return rc;
		code = set_size(r, &m);
		if (code == SQLITE_OK)
			code = add_words(r, &m);
		message_done(&m);
	}
	if (code != SQLITE_OK)
		return db_error(r->db, e, "cannot index a message");
	r->done++;
	if (r->done % REPORT_EVERY == 0 || r->done == r->all)
		fprintf(stderr, "lei store: indexed %lld of %lld messages\n", (long long)r->done,
		        (long long)r->all);
	return 0;
}

static int each(struct reindex *r, struct err *e)
{
	int code, rc = 0;

	while (!rc && (code = sqlite3_step(r->rows)) != SQLITE_DONE)
		rc = code == SQLITE_ROW ? add_one(r, e)
		                        : db_error(r->db, e, "cannot read messages");
	return rc;
}

int reindex_all(sqlite3 *db, struct err *e)
{
	struct reindex r = { .db = db, .zip = zip_new(), .stems = stems_new() };
	sqlite3_stmt *count = NULL;
	int rc = r.zip && r.stems ? db_prepare(db, "SELECT count(*) FROM message", &count, e)
	                          : err_sys(e, ENOMEM, "index");

	message_setup();
	if (!rc && db_int(count, &r.all) != 1)
		rc = db_error(db, e, "cannot count messages");
	if (!rc)
		rc = db_prepare(db, rows_sql, &r.rows, e);
	if (!rc)
		rc = db_prepare(db, "UPDATE message SET size = ?2 WHERE docid = ?1", &r.size, e);
	if (!rc)
		rc = index_text_open(db, "", &r.text, e);
	if (!rc && r.all > 0)
		fprintf(stderr, "lei store: indexing %lld messages for this release\n",
		        (long long)r.all);
	if (!rc)
		rc = each(&r, e);
	sqlite3_finalize(count);
	sqlite3_finalize(r.rows);
	sqlite3_finalize(r.size);
	index_text_close(r.text);
	zip_free(r.zip);
	stems_free(r.stems);
	buf_free(&r.raw);
	buf_free(&r.found);
	for (int i = 0; i < TEXT_FIELDS; i++)
		buf_free(&r.words[i]);
	return rc;
}

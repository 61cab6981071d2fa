/* A word is stored as it stands; "run" finds "running" through the table of stems, which has a row
 * for each word that is not its own stem.  Several makers of records tell the same ones. */
#include "index_text.h"

#include "../base/err.h"
#include "db.h"
#include "met.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct index_text {
	sqlite3 *db;
	sqlite3_stmt *row, *stem;
	struct met *met; /* words whose stem is in the table */
};

static const char row_sql[] =
    "INSERT INTO %sfts(rowid, subject, from_, to_, cc, mid, list, filename, quoted, body, dfn, dfa,"
    " dfb, dfhh, dfctx, dfpre, dfpost, patchid) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

static int prepare(sqlite3 *db, const char *sql, const char *prefix, sqlite3_stmt **ret,
                   struct err *e)
{
	char text[512];

	sqlite3_snprintf(sizeof(text), text, sql, prefix);
	return db_prepare(db, text, ret, e);
}

int index_text_open(sqlite3 *db, const char *prefix, struct index_text **ret, struct err *e)
{
	struct index_text *t = calloc(1, sizeof(*t));

	if (!t)
		return err_sys(e, ENOMEM, "index");
	t->db = db;
	t->met = met_new();
	int rc = t->met ? 0 : err_sys(e, ENOMEM, "index");
	if (!rc)
		rc = prepare(db, row_sql, prefix, &t->row, e);
	if (!rc)
		rc = prepare(db, "INSERT OR IGNORE INTO %sstem(stem, word) VALUES(?1, ?2)", prefix,
		             &t->stem, e);
	if (rc) {
		index_text_close(t);
		return rc;
	}
	*ret = t;
	return 0;
}

void index_text_close(struct index_text *t)
{
	if (!t)
		return;
	sqlite3_finalize(t->row);
	sqlite3_finalize(t->stem);
	met_free(t->met);
	free(t);
}

void index_text_reset(struct index_text *t)
{
	sqlite3_reset(t->row);
	sqlite3_reset(t->stem);
	met_reset(t->met);
}

/* ---- stems ---- */

static int add_stem(struct index_text *t, const char *stem, size_t n, const char *word, size_t len)
{
	sqlite3_bind_text(t->stem, 1, stem, (int)n, SQLITE_STATIC);
	sqlite3_bind_text(t->stem, 2, word, (int)len, SQLITE_STATIC);
	int code = db_run(t->stem);
	sqlite3_clear_bindings(t->stem);
	return code;
}

/* "stem word stem word ...", each ended by a blank. */
static int add_stems(struct index_text *t, const struct buf *stems)
{
	const char *p = stems->data, *end = p + stems->len;
	const char *blank, *word;
	int code = SQLITE_OK;

	for (; code == SQLITE_OK && p < end; p++) {
		blank = memchr(p, ' ', (size_t)(end - p));
		if (!blank)
			return SQLITE_CORRUPT;
		uint32_t hash = 0;
		const char *stem = p;
		for (p = word = blank + 1; p < end && *p != ' '; p++)
			hash = met_hash(hash, *p);
		if (!met_before(t->met, word, (size_t)(p - word), hash))
			code = add_stem(t, stem, (size_t)(blank - stem), word, (size_t)(p - word));
	}
	return code;
}

int index_text_add(struct index_text *t, int64_t docid, const struct buf words[TEXT_FIELDS],
                   const struct buf *stems)
{
	int code = add_stems(t, stems);

	sqlite3_bind_int64(t->row, 1, docid);
	for (int i = 0; i < TEXT_FIELDS; i++) {
		if (words[i].len == 0)
			continue;
		sqlite3_bind_text64(t->row, 2 + i, words[i].data, words[i].len, SQLITE_STATIC,
		                    SQLITE_UTF8);
	}
	if (code == SQLITE_OK)
		code = db_run(t->row);
	sqlite3_clear_bindings(t->row);
	return code;
}

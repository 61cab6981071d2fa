/* A word is stored as it stands; "run" finds "running" through the table of stems, which has a row
 * for each word that is not its own stem.  Most words have been met before: a cache of them, in
 * which a slot keeps its latest word, spares stemming and looking them up. */
#include "index_text.h"

#include "../base/err.h"
#include "db.h"
#include "stem.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 1 << 16, SLOT_BYTES = 32 };

struct index_text {
	sqlite3 *db;
	sqlite3_stmt *row, *stem;
	struct stemmer *stemmer;
	char (*met)[SLOT_BYTES]; /* length, word */
};

static const char row_sql[] =
    "INSERT INTO fts(rowid, subject, from_, to_, cc, mid, list, filename, quoted, body, dfn, dfa,"
    " dfb, dfhh, dfctx, dfpre, dfpost, patchid) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

int index_text_open(sqlite3 *db, struct index_text **ret, struct err *e)
{
	struct index_text *t = calloc(1, sizeof(*t));

	if (!t)
		return err_sys(e, ENOMEM, "index");
	t->db = db;
	t->met = calloc(SLOTS, SLOT_BYTES);
	t->stemmer = stemmer_new();
	int rc = t->met && t->stemmer ? 0 : err_sys(e, ENOMEM, "index");
	if (!rc)
		rc = db_prepare(db, row_sql, &t->row, e);
	if (!rc)
		rc = db_prepare(db, "INSERT OR IGNORE INTO stem(stem, word) VALUES(?1, ?2)",
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
	stemmer_free(t->stemmer);
	free(t->met);
	free(t);
}

void index_text_reset(struct index_text *t)
{
	sqlite3_reset(t->row);
	sqlite3_reset(t->stem);
	memset(t->met, 0, (size_t)SLOTS * SLOT_BYTES);
}

/* ---- stems ---- */

static bool may_have_stem(const char *word, size_t n)
{
	enum { STEM_MIN = 3 }; /* shorter words are their own stems, as numbers are */
	unsigned char c = (unsigned char)*word;

	return n >= STEM_MIN && ((c >= 'a' && c <= 'z') || c >= 0x80);
}

struct stem index_text_stem(struct stemmer *s, const char *word, size_t n)
{
	const struct stem none = { 0 };
	struct stem ret = may_have_stem(word, n) ? stemmer_stem(s, word, n) : none;

	return ret.p && ret.n == n && memcmp(ret.p, word, n) == 0 ? none : ret;
}

static int add_stem(struct index_text *t, const char *word, size_t n)
{
	struct stem s = stemmer_stem(t->stemmer, word, n);

	if (!s.p)
		return SQLITE_NOMEM;
	if (s.n == n && memcmp(s.p, word, n) == 0)
		return SQLITE_OK;
	sqlite3_bind_text(t->stem, 1, s.p, (int)s.n, SQLITE_STATIC);
	sqlite3_bind_text(t->stem, 2, word, (int)n, SQLITE_STATIC);
	int code = db_run(t->stem);
	sqlite3_clear_bindings(t->stem);
	return code;
}

static int meet(struct index_text *t, const char *word, size_t n, uint32_t hash)
{
	char *slot = t->met[(hash ^ hash >> 15) % SLOTS];

	if (n < SLOT_BYTES && (size_t)slot[0] == n && memcmp(slot + 1, word, n) == 0)
		return SQLITE_OK;
	int code = add_stem(t, word, n);
	if (code == SQLITE_OK && n < SLOT_BYTES) {
		slot[0] = (char)n;
		memcpy(slot + 1, word, n);
	}
	return code;
}

static int meet_all(struct index_text *t, const struct buf *words)
{
	const char *p = words->data, *end = p + words->len;
	int code = SQLITE_OK;

	for (; code == SQLITE_OK && p < end; p++) {
		const char *word = p;
		uint32_t hash = 2166136261u;
		for (; p < end && *p != ' '; p++)
			hash = (hash ^ (unsigned char)*p) * 16777619u;
		if (may_have_stem(word, (size_t)(p - word)))
			code = meet(t, word, (size_t)(p - word), hash);
	}
	return code;
}

int index_text_add(struct index_text *t, int64_t docid, const struct buf words[TEXT_FIELDS])
{
	int code = SQLITE_OK;

	sqlite3_bind_int64(t->row, 1, docid);
	for (int i = 0; code == SQLITE_OK && i < TEXT_FIELDS; i++) {
		if (words[i].len == 0)
			continue;
		sqlite3_bind_text64(t->row, 2 + i, words[i].data, words[i].len, SQLITE_STATIC,
		                    SQLITE_UTF8);
		code = meet_all(t, &words[i]);
	}
	if (code == SQLITE_OK)
		code = db_run(t->row);
	sqlite3_clear_bindings(t->row);
	return code;
}

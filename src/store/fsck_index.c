/* What finds messages: their ids, lists and words, each compared with what the message says. */
#include "../base/err.h"
#include "db.h"
#include "fsck_inside.h"
#include "stems.h"

#include <errno.h>
#include <string.h>

/* ---- pairs of a text and a docid ---- */

static void take_pairs(struct fsck *f, const char *sql, const char *what, enum fsck_sum sum)
{
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(f->store->db, sql, -1, &st, NULL);

	while (code == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW) {
		struct fsck_message *x = fsck_find(f, sqlite3_column_int64(st, 1));
		const char *p = sqlite3_column_blob(st, 0);
		uint64_t hash = fsck_hash(0, p, (size_t)sqlite3_column_bytes(st, 0));
		if (x)
			x->sums[sum] -= hash;
		else if (sum == SUM_SIZES)
			f->counts.removed++;
		else
			fsck_report(f, CURE_REINDEX, what, sqlite3_column_int64(st, 1), NULL,
			            "there is no such message");
	}
	if (sqlite3_finalize(st) != SQLITE_OK || code != SQLITE_OK)
		fsck_failed(f, what);
}

/* ---- words ---- */

struct words {
	struct fsck *f;
	struct buf term; /* the one before, and how often it was met */
	int64_t docs, times, last_doc;
	sqlite3_stmt *seek, *stem;
	struct stemmer *stemmer;
};

static int column_of(const char *name)
{
	static const char *const names[TEXT_FIELDS] = {
		"subject", "from_", "to_", "cc",   "mid",   "list",  "filename", "quoted", "body",
		"dfn",     "dfa",   "dfb", "dfhh", "dfctx", "dfpre", "dfpost",   "patchid"
	};
	static const unsigned likely = TEXT_BODY;

	if (strcmp(name, names[likely]) == 0)
		return (int)likely;
	for (int i = 0; i < TEXT_FIELDS; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return -1;
}

/* What a search would do: look it up, and find all of it. */
static void end_word(struct words *w)
{
	struct fsck *f = w->f;
	int64_t n[2] = { 0 };

	if (w->times == 0)
		return;
	sqlite3_bind_text(w->seek, 1, w->term.data, (int)w->term.len, SQLITE_STATIC);
	if (sqlite3_step(w->seek) == SQLITE_ROW)
		for (int i = 0; i < 2; i++)
			n[i] = sqlite3_column_int64(w->seek, i);
	if (sqlite3_reset(w->seek) != SQLITE_OK || n[0] != w->docs || n[1] != w->times)
		fsck_report(f, CURE_REINDEX, "words", 0, NULL, "'%.*s' is not found where it is",
		            (int)w->term.len, w->term.data);
	struct stem s = stems_of(w->stemmer, w->term.data, w->term.len);
	if (!s.p)
		return;
	sqlite3_bind_text(w->stem, 1, s.p, (int)s.n, SQLITE_STATIC);
	sqlite3_bind_text(w->stem, 2, w->term.data, (int)w->term.len, SQLITE_STATIC);
	if (sqlite3_step(w->stem) != SQLITE_ROW)
		fsck_report(f, CURE_REINDEX, "stem", 0, NULL, "that of '%.*s' is not there",
		            (int)w->term.len, w->term.data);
	sqlite3_reset(w->stem);
}

static int take_word(struct words *w, sqlite3_stmt *st)
{
	const char *term = (const char *)sqlite3_column_text(st, 0);
	size_t n = (size_t)sqlite3_column_bytes(st, 0);
	int64_t docid = sqlite3_column_int64(st, 1);
	const char *column = (const char *)sqlite3_column_text(st, 2);
	int field = column ? column_of(column) : -1;
	struct fsck_message *x = fsck_find(w->f, docid);

	if (!term)
		return -ENOMEM;
	if (w->times == 0 || n != w->term.len || memcmp(term, w->term.data, n) != 0) {
		end_word(w);
		buf_reset(&w->term);
		buf_add(&w->term, term, n);
		w->docs = w->times = 0;
	}
	w->docs += w->times == 0 || docid != w->last_doc;
	w->times++;
	w->last_doc = docid;
	if (x)
		x->sums[SUM_WORDS] -= fsck_hash(
		    (uint64_t)sqlite3_column_int64(st, 3) * TEXT_FIELDS + (uint64_t)field + 1, term,
		    n);
	return buf_ok(&w->term) ? 0 : -ENOMEM;
}

static int take_words(struct fsck *f, struct err *e)
{
	struct words w = { .f = f, .stemmer = stemmer_new() };
	sqlite3 *db = f->store->db;
	sqlite3_stmt *st = NULL;
	int rc = w.stemmer ? 0 : -ENOMEM;
	int code = sqlite3_exec(
	    db,
	    "CREATE VIRTUAL TABLE temp.word USING fts5vocab(main, fts, row);"
	    "CREATE VIRTUAL TABLE temp.place USING fts5vocab(main, fts, instance)",
	    NULL, NULL, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(db, "SELECT doc, cnt FROM temp.word WHERE term = ?1", -1,
		                          &w.seek, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(db, "SELECT 1 FROM stem WHERE stem = ?1 AND word = ?2",
		                          -1, &w.stem, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(db, "SELECT term, doc, col, \"offset\" FROM temp.place",
		                          -1, &st, NULL);
	while (!rc && code == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		rc = take_word(&w, st);
	if (!rc && code == SQLITE_OK)
		end_word(&w);
	if (sqlite3_finalize(st) != SQLITE_OK || code != SQLITE_OK)
		fsck_report(f, CURE_REINDEX, "words", 0, NULL, "cannot read them: %s",
		            sqlite3_errmsg(db));
	sqlite3_finalize(w.seek);
	sqlite3_finalize(w.stem);
	stemmer_free(w.stemmer);
	buf_free(&w.term);
	return rc ? err_sys(e, ENOMEM, "check words") : 0;
}

/* Each row of stems is the stem of its word. */
static void check_stems(struct fsck *f)
{
	struct stemmer *stemmer = stemmer_new();
	sqlite3_stmt *st = NULL;
	int code = stemmer ? sqlite3_prepare_v2(f->store->db, "SELECT stem, word FROM stem", -1,
	                                        &st, NULL)
	                   : SQLITE_NOMEM;

	while (code == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW) {
		const char *stem = sqlite3_column_blob(st, 0), *word = sqlite3_column_blob(st, 1);
		size_t n = (size_t)sqlite3_column_bytes(st, 0);
		struct stem s = word ? stems_of(stemmer, word, (size_t)sqlite3_column_bytes(st, 1))
		                     : (struct stem){ 0 };
		if (!s.p || s.n != n || memcmp(s.p, stem, n) != 0)
			fsck_report(f, CURE_REINDEX, "stem", 0, NULL,
			            "'%.*s' is not that of '%.*s'", (int)n, stem ? stem : "",
			            sqlite3_column_bytes(st, 1), word ? word : "");
	}
	if (sqlite3_finalize(st) != SQLITE_OK || code != SQLITE_OK)
		fsck_failed(f, "stems");
	stemmer_free(stemmer);
}

/* ---- how long they are: relevance is reckoned from it ---- */

static bool next_varint(const unsigned char **p, const unsigned char *end, uint64_t *ret)
{
	uint64_t n = 0;

	for (int i = 0; *p < end && i < 9; i++) {
		unsigned char c = *(*p)++;
		n = n << 7 | (c & 127);
		if (c < 128) {
			*ret = n;
			return true;
		}
	}
	return false;
}

static void add_sizes(uint64_t to[TEXT_FIELDS + 1], const unsigned char *p, size_t n)
{
	const unsigned char *end = p + n;
	uint64_t one;

	to[0]++;
	for (int i = 1; i <= TEXT_FIELDS && next_varint(&p, end, &one); i++)
		to[i] += one;
}

static void check_totals(struct fsck *f)
{
	uint64_t sum[TEXT_FIELDS + 1] = { 0 }, one = 0;
	sqlite3_stmt *st = NULL;
	bool same = true;
	int code = sqlite3_prepare_v2(f->store->db, "SELECT sz FROM fts_docsize", -1, &st, NULL);

	while (code == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		add_sizes(sum, sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0));
	sqlite3_finalize(st);
	st = NULL;
	code = sqlite3_prepare_v2(f->store->db, "SELECT block FROM fts_data WHERE id = 1", -1, &st,
	                          NULL);
	if (code == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW) {
		const unsigned char *p = sqlite3_column_blob(st, 0);
		const unsigned char *end = p + sqlite3_column_bytes(st, 0);
		for (int i = 0; i <= TEXT_FIELDS; i++)
			same = same && (next_varint(&p, end, &one) ? one : 0) == sum[i];
	}
	if (sqlite3_finalize(st) != SQLITE_OK || code != SQLITE_OK || !same)
		fsck_report(f, CURE_REINDEX, "words", 0, NULL, "their number is not what is said");
}

int fsck_index(struct fsck *f, struct err *e)
{
	static const char *const names[SUMS] = { "words", "words", "Message-IDs", "lists" };
	static const char *const texts[SUMS] = {
		"those in the index are not those of the message",
		"their number is not that of the message",
		"those in the index are not those of the message",
		"those in the index are not those of the message"
	};

	take_pairs(f, "SELECT mid, docid FROM mid WHERE docid > 0", "Message-IDs", SUM_MIDS);
	take_pairs(f, "SELECT name, docid FROM list", "lists", SUM_LISTS);
	take_pairs(f, "SELECT sz, id FROM fts_docsize", "words", SUM_SIZES);
	int rc = take_words(f, e);
	check_stems(f);
	check_totals(f);
	for (size_t i = 0; !rc && i < f->n; i++)
		for (int sum = 0; sum < SUMS; sum++)
			if (!f->v[i].unread && f->v[i].sums[sum] != 0)
				fsck_report(f, CURE_REINDEX, names[sum], f->v[i].docid, NULL, "%s",
				            texts[sum]);
	return rc;
}

/* Two tokenizers, one result. */
#include "testing.h"

#include "store/db.h"
#include "store/terms.h"
#include "store/tokens.h"

#define TABLE                                                                                      \
	"CREATE VIRTUAL TABLE fts USING fts5(a, b, content='',"                                    \
	" tokenize=\"ascii tokenchars '_&''+#,.;|'\");"                                            \
	"CREATE VIRTUAL TABLE words USING fts5vocab('fts', 'instance')"

/* Every pair of ASCII characters in a word, other scripts, and what no encoding allows. */
static void make_text(struct buf *out)
{
	for (int a = 0; a < 128; a++)
		for (int b = 0; b < 128; b++) {
			const char word[] = { 'x', (char)a, 'Y', (char)b, '7', ' ' };
			buf_add(out, word, sizeof(word));
		}
	for (int a = 128; a < 256; a++) {
		const char odd[] = { 'z', (char)a, 'z', ' ', (char)a, ' ' };
		buf_add(out, odd, sizeof(odd));
	}
	buf_adds(out, "\xe6\x97\xa5\xe6\x9c\xac \xc3\x89t\xc3\xa9 U.N.C.L.E. C++ C# AT&T 1,2.5;6");
}

static void list_words(bool ours, const struct buf *words, struct buf *out)
{
	sqlite3 *db;
	sqlite3_stmt *st;
	struct err e = { "" };

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	if (ours)
		assert_int_equal(tokens_setup(db, &e), 0);
	assert_int_equal(db_exec(db, TABLE, &e), 0);
	assert_int_equal(
	    db_prepare(db, "INSERT INTO fts(rowid, a, b) VALUES(7, ?1, 'a b')", &st, &e), 0);
	sqlite3_bind_text64(st, 1, words->data, words->len, SQLITE_STATIC, SQLITE_UTF8);
	assert_int_equal(db_run(st), SQLITE_OK);
	sqlite3_finalize(st);
	assert_int_equal(db_prepare(db, "SELECT term, doc, col, offset FROM words", &st, &e), 0);
	while (sqlite3_step(st) == SQLITE_ROW)
		buf_addf(out, "%s %s %s %s\n", sqlite3_column_text(st, 0),
		         sqlite3_column_text(st, 1), sqlite3_column_text(st, 2),
		         sqlite3_column_text(st, 3));
	sqlite3_finalize(st);
	sqlite3_close(db);
}

static void ready_words_are_what_ascii_finds(void **state)
{
	struct buf text = { 0 }, words = { 0 }, ours = { 0 }, theirs = { 0 };

	(void)state;
	make_text(&text);
	terms_add(text.data, text.len, &words);
	list_words(true, &words, &ours);
	list_words(false, &words, &theirs);
	assert_true(ours.len > 100000);
	assert_string_equal(buf_cstr(&ours), buf_cstr(&theirs));
	buf_free(&text);
	buf_free(&words);
	buf_free(&ours);
	buf_free(&theirs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ready_words_are_what_ascii_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

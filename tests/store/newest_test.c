/* The newest hits of a word: those that a search of everything finds first. */
#include "testing.h"

#include "store/db.h"
#include "store/newest.h"

enum { MESSAGES = 10000 };

/* Message n has received = n; "third" is in each third, "first" in the oldest hundred, and "stray" in each
 * hundredth. */
static const char fill[] =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
    " INSERT INTO message SELECT i, i, i, 0, 1, randomblob(20), randomblob(32),"
    " '', '', '', '', x'00', x'00' FROM n;"
    "INSERT INTO fts(rowid, body) SELECT docid, iif(docid % 3 = 0, 'third ', '')"
    " || iif(docid <= 100, 'first ', '') || iif(docid % 100 = 5, 'stray ', '') FROM message";

struct hits {
	int64_t docids[MESSAGES];
	size_t n;
};

static int take(void *rock, const struct hit *h)
{
	struct hits *f = rock;

	f->docids[f->n++] = h->docid;
	return 0;
}

static void search(struct store *s, const char *words, const struct search_opts *o, struct hits *f)
{
	struct query *q = NULL;
	struct err e = { "" };

	f->n = 0;
	assert_int_equal(query_compile(words, 0, &q, &e), 0);
	assert_int_equal(store_search(s, q, o, false, take, f, &e), 0);
	query_free(q);
}

/* Message 5 was stored early, but came last of all: the newest do not lie together. */
static const char astray[] = "UPDATE message SET received = 50000 WHERE docid = 5";

static void open_filled(const struct dirs *d, const char *change, struct store **ret)
{
	sqlite3 *db;
	struct err e = { "" };

	assert_int_equal(db_open_write(d->store, &db, &e), 0);
	assert_int_equal(db_exec(db, fill, &e), 0);
	assert_int_equal(db_exec(db, change, &e), 0);
	sqlite3_close(db);
	assert_int_equal(store_open(d->store, ret, &e), 0);
}

static void check(const struct dirs *d, const char *change)
{
	static const char *const queries[] = {
		"third",           "first",     "stray",       "third OR stray", "third NOT stray",
		"third XOR stray", "NOT third", "stray third", "absent",
	};
	static const int64_t limits[] = { 1, 100, 300, 10000 };
	static struct hits all, some;
	struct store *s;

	open_filled(d, change, &s);
	for (size_t i = 0; i < COUNT(queries); i += (size_t)work(1, 4)) {
		search(s, queries[i], &(struct search_opts){ .limit = -1 }, &all);
		for (size_t k = 0; k < COUNT(limits); k += (size_t)work(1, 3))
			for (int64_t offset = 0; offset < 40; offset += work(13, 39)) {
				struct search_opts o = { .limit = limits[k], .offset = offset };
				search(s, queries[i], &o, &some);
				size_t left = all.n > (size_t)offset ? all.n - (size_t)offset : 0;
				size_t n = left < (size_t)limits[k] ? left : (size_t)limits[k];
				assert_int_equal(some.n, n);
				if (n > 0)
					assert_memory_equal(some.docids, all.docids + offset,
					                    n * sizeof(*all.docids));
			}
	}
	store_close(s);
}

static void a_limit_cuts_and_changes_nothing(void **state)
{
	check(*state, "");
}

static void also_when_the_newest_are_apart(void **state)
{
	check(*state, astray);
}

static void the_newest_are_where_they_were_stored(void **state)
{
	struct query *q = NULL;
	struct err e = { "" };
	struct search_opts o = { .limit = 10 };
	struct span span = { 0 };
	sqlite3 *db;
	struct store *s;

	open_filled(*state, "", &s);
	assert_int_equal(query_compile("third", 0, &q, &e), 0);
	assert_int_equal(db_open_write(((struct dirs *)*state)->store, &db, &e), 0);
	int64_t n = newest_first(q, &o);
	assert_in_range(n, 10, MESSAGES / 2);
	assert_int_equal(newest_span(db, n, &span), 1);
	assert_true(span.first > MESSAGES / 2 && span.last == MESSAGES && span.since > span.first);
	assert_int_equal(newest_span(db, MESSAGES, &span), 0);
	o.reverse = true;
	assert_int_equal(newest_first(q, &o), 0);
	assert_int_equal(db_exec(db, astray, &e), 0);
	assert_int_equal(newest_span(db, n, &span), 0);
	sqlite3_close(db);
	query_free(q);
	store_close(s);
}

static void the_next_look_goes_further(void **state)
{
	(void)state;
	assert_int_equal(newest_next(1000, 0, 100), 0); /* nobody knows: everywhere */
	assert_true(newest_next(1000, 10, 100) > 10000);
	assert_true(newest_next(1000, 99, 100) > 1000);
	assert_int_equal(newest_next(INT64_MAX / 2, 1, INT32_MAX), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_limit_cuts_and_changes_nothing, dirs_setup,
		                                dirs_teardown),
		cmocka_unit_test_setup_teardown(also_when_the_newest_are_apart, dirs_setup,
		                                dirs_teardown),
		cmocka_unit_test(the_next_look_goes_further),
		cmocka_unit_test_setup_teardown(the_newest_are_where_they_were_stored, dirs_setup,
		                                dirs_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

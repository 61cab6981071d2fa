/* Threads: the same for the same messages in whatever order they come, and found in time that does
 * not grow with their square. */
#include "testing.h"

#include "store/db.h"
#include "store/index.h"
#include "store/index_thread.h"

/* ---- what the store says ---- */

/* One line a thread, in alphabetical order: its subjects likewise. */
static const char threads_sql[] =
    "SELECT group_concat(line, '') FROM (SELECT group_concat(subject, ' ') || char(10) AS line"
    " FROM (SELECT tid, subject FROM thread JOIN message USING(docid) ORDER BY subject)"
    " GROUP BY tid ORDER BY 1)";
/* Message-IDs that are only named. */
static const char ghosts_sql[] = "SELECT coalesce(group_concat(mid, ' '), '') FROM"
				 " (SELECT mid FROM mid JOIN thread USING(docid) WHERE docid < 0"
				 " ORDER BY mid)";

static void ask(sqlite3 *db, const char *sql, struct buf *ret)
{
	sqlite3_stmt *st = NULL;
	struct err e = { 0 };

	assert_int_equal(db_prepare(db, sql, &st, &e), 0);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	buf_adds(ret, (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
}

static void describe(const char *dir, struct buf *ret)
{
	sqlite3 *db = NULL;
	struct err e = { 0 };

	assert_int_equal(db_open_read(dir, &db, &e), DB_THREADS);
	buf_reset(ret);
	ask(db, threads_sql, ret);
	buf_adds(ret, "ghosts: ");
	ask(db, ghosts_sql, ret);
	sqlite3_close(db);
}

static void import(const char *dir, const struct mail *const *mails, size_t n)
{
	struct store_counts counts = { 0 };
	struct index *ix = NULL;
	struct buf batch = { 0 };
	struct err e = { 0 };
	struct record r;
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
		encode(&batch, mails[i]);
	assert_int_equal(index_open(dir, &ix, &e), 0);
	while (record_next(batch.data, batch.len, &at, &r) > 0)
		assert_int_equal(index_add(ix, &r, &counts, &e), 0);
	assert_int_equal(index_commit(ix, &e), 0);
	index_close(ix);
	buf_free(&batch);
}

static void remove_store(const char *dir)
{
	nftw(dir, dirs_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- the same in any order ---- */

static uint32_t dice(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void shuffle(const struct mail **mails, size_t n, uint32_t *seed)
{
	for (size_t i = n; i > 1; i--) {
		size_t k = dice(seed) % i;
		const struct mail *swap = mails[i - 1];
		mails[i - 1] = mails[k];
		mails[k] = swap;
	}
}

static void assert_in_any_order(const struct dirs *d, const struct mail *mails, size_t n, int times,
                                const char *expected)
{
	const struct mail **order = calloc(n, sizeof(struct mail *));
	struct buf first = { 0 }, seen = { 0 };
	uint32_t seed = 1;

	assert_non_null(order);
	for (size_t i = 0; i < n; i++)
		order[i] = &mails[i];
	if (expected)
		buf_adds(&first, expected);
	for (int i = 0; i < times; i++) {
		import(d->store, order, n);
		describe(d->store, first.len ? &seen : &first);
		if (seen.len)
			assert_string_equal(buf_cstr(&seen), buf_cstr(&first));
		remove_store(d->store);
		shuffle(order, n, &seed);
	}
	buf_free(&first);
	buf_free(&seen);
	free(order);
}

static void messages_that_name_one_another_are_a_thread(void **state)
{
	static const struct mail mails[] = {
		{ .subject = "root", .mid = "root", .content = 1 },
		{ .subject = "child", .mid = "child", .refs = "root", .content = 2 },
		{ .subject = "grandchild", .mid = "grandchild", .refs = "child", .content = 3 },
		{ .subject = "alone", .mid = "alone", .content = 4 },
		{ .subject = "draft", .refs = "alone", .content = 5 },
		{ .subject = "other", .content = 6 },
	};
	assert_in_any_order(*state, mails, COUNT(mails), 12,
	                    "alone draft\nchild grandchild root\nother\nghosts: ");
}

static void a_ghost_holds_a_thread_together(void **state)
{
	static const struct mail mails[] = {
		{ .subject = "a", .mid = "a", .refs = "lost1", .content = 1 },
		{ .subject = "b", .mid = "b", .refs = "lost1 lost2", .content = 2 },
		{ .subject = "c", .mid = "c", .refs = "lost2", .content = 3 },
		{ .subject = "d", .mid = "d", .refs = "lost3", .content = 4 },
	};
	assert_in_any_order(*state, mails, COUNT(mails), 12, "a b c\nd\nghosts: lost1 lost2 lost3");
}

static void one_message_merges_threads(void **state)
{
	static const struct mail mails[] = {
		{ .subject = "a1", .mid = "a1", .content = 1 },
		{ .subject = "a2", .mid = "a2", .refs = "a1", .content = 2 },
		{ .subject = "b1", .mid = "b1", .content = 3 },
		{ .subject = "b2", .mid = "b2", .refs = "b1 bridge", .content = 4 },
		{ .subject = "c1", .mid = "c1 bridge", .content = 5 },
		{ .subject = "bridge", .mid = "x", .refs = "a2 c1", .content = 6 },
	};
	assert_in_any_order(*state, mails, COUNT(mails), 24, "a1 a2 b1 b2 bridge c1\nghosts: ");
}

static void cycles_are_threads(void **state)
{
	static const struct mail mails[] = {
		{ .subject = "a", .mid = "a", .refs = "c", .content = 1 },
		{ .subject = "b", .mid = "b", .refs = "a b", .content = 2 },
		{ .subject = "c", .mid = "c", .refs = "b", .content = 3 },
		{ .subject = "self", .mid = "self", .refs = "self", .content = 4 },
	};
	assert_in_any_order(*state, mails, COUNT(mails), 12, "a b c\nself\nghosts: ");
}

static void messages_with_one_id_are_a_thread(void **state)
{
	static const struct mail mails[] = {
		{ .subject = "a", .mid = "same", .content = 1 },
		{ .subject = "b", .mid = "same", .refs = "r", .content = 2 },
		{ .subject = "c", .mid = "own same", .content = 3 },
		{ .subject = "d", .mid = "d", .refs = "own", .content = 4 },
	};
	assert_in_any_order(*state, mails, COUNT(mails), 12, "a b c d\nghosts: r");
}

/* Copies may differ in X-Alt-Message-ID, which is no part of what they say. */
static void a_copy_adds_its_ids(void **state)
{
	static const struct mail mails[] = {
		{ .subject = "a", .raw = "1", .mid = "a", .content = 1 },
		{ .subject = "a", .raw = "2", .mid = "a alt", .refs = "alt", .content = 1 },
		{ .subject = "b", .mid = "b", .refs = "alt", .content = 2 },
	};
	assert_in_any_order(*state, mails, COUNT(mails), 12, "a b\nghosts: ");
}

static void assert_whole(struct index_thread *t, bool expected)
{
	bool whole = !expected;

	assert_int_equal(index_thread_whole(t, &whole), SQLITE_OK);
	assert_int_equal(whole, expected);
}

static void those_of_one_id_that_are_apart_are_noticed(void **state)
{
	static const struct mail mails[] = {
		{ .subject = "a", .mid = "same", .content = 1 },
		{ .subject = "b", .raw = "1", .mid = "b", .content = 2 },
		{ .subject = "b", .raw = "2", .mid = "b same", .content = 2 },
		{ .subject = "c", .mid = "c", .refs = "lost", .content = 3 },
	};
	static const struct mail *const all[] = { &mails[0], &mails[1], &mails[2], &mails[3] };
	const struct dirs *d = *state;
	struct index_thread *t = NULL;
	struct buf seen = { 0 };
	sqlite3 *db = NULL;
	struct err e = { 0 };

	import(d->store, all, COUNT(all));
	assert_int_equal(db_open_write(d->store, &db, &e), 0);
	assert_int_equal(index_thread_open(db, &t, &e), 0);
	assert_whole(t, true);
	assert_int_equal(db_exec(db, "UPDATE thread SET tid = 99 WHERE docid = 1", &e), 0);
	assert_whole(t, false);
	for (int keep = 0; keep < 2; keep++) {
		assert_int_equal(index_thread_again(t, keep), SQLITE_OK);
		assert_whole(t, true);
		describe(d->store, &seen);
		assert_string_equal(buf_cstr(&seen), "a b\nc\nghosts: lost");
	}
	index_thread_close(t);
	sqlite3_close(db);
	buf_free(&seen);
}

/* A few hundred messages that name one another at random; some have no id, some that of another. */
static void any_messages_have_the_same_threads_in_any_order(void **state)
{
	enum { N = 150, TEXT = 12000 };
	struct mail *mails = calloc(N, sizeof(*mails));
	char(*texts)[3][TEXT] = calloc(N, sizeof(*texts));
	uint32_t seed = 7;

	assert_non_null(mails);
	assert_non_null(texts);
	for (unsigned i = 0; i < N; i++) {
		char *subject = texts[i][0], *mid = texts[i][1], *refs = texts[i][2];
		snprintf(subject, TEXT, "s%u", i);
		mails[i] = (struct mail){ .subject = subject, .content = i + 1 };
		if (dice(&seed) % 10)
			mails[i].mid = mid;
		snprintf(mid, TEXT, "m%u", dice(&seed) % 10 ? i : dice(&seed) % N);
		if (dice(&seed) % 20 == 0) { /* 10 KB */
			memset(mid + strlen(mid), 'x', 10240);
			snprintf(refs, TEXT, "%s", mid);
		}
		for (unsigned k = dice(&seed) % 3; k > 0; k--)
			snprintf(refs + strlen(refs), TEXT - strlen(refs), " m%u",
			         dice(&seed) % (2 * N));
		mails[i].refs = refs;
	}
	assert_in_any_order(*state, mails, N, 10, NULL);
	free(mails);
	free(texts);
}

/* ---- work ---- */

struct work {
	sqlite3 *db;
	struct index_thread *t;
	sqlite3_stmt *add;
};

static void work_open(struct work *w, const char *dir)
{
	struct err e = { 0 };

	remove_store(dir);
	assert_int_equal(db_open_write(dir, &w->db, &e), 0);
	assert_int_equal(db_exec(w->db, "BEGIN", &e), 0);
	assert_int_equal(index_thread_open(w->db, &w->t, &e), 0);
	assert_int_equal(index_thread_begin(w->t), SQLITE_OK);
	assert_int_equal(
	    db_prepare(w->db, "INSERT INTO mid(docid, mid) VALUES(?1, ?2)", &w->add, &e), 0);
}

static void work_add(struct work *w, int64_t docid, const char *mid, const char *refs, size_t len)
{
	sqlite3_bind_int64(w->add, 1, docid);
	sqlite3_bind_text(w->add, 2, mid, -1, SQLITE_TRANSIENT);
	assert_int_equal(db_run(w->add), SQLITE_OK);
	assert_int_equal(index_thread_add(w->t, docid, mid, strlen(mid) + 1, refs, len), SQLITE_OK);
}

/* Steps of SQLite's machine; all messages must have become one thread. */
static int64_t work_close(struct work *w)
{
	struct buf n = { 0 };
	int64_t steps = 0;

	for (sqlite3_stmt *st = NULL; (st = sqlite3_next_stmt(w->db, st)) != NULL;)
		steps += sqlite3_stmt_status(st, SQLITE_STMTSTATUS_VM_STEP, 0);
	ask(w->db, "SELECT count(DISTINCT tid) FROM thread", &n);
	assert_string_equal(buf_cstr(&n), "1");
	buf_free(&n);
	index_thread_close(w->t);
	sqlite3_finalize(w->add);
	sqlite3_close(w->db);
	return steps;
}

/* Message `i` of a chain answers i - 1; they come in steps of `step` through it. */
static int64_t chain(const char *dir, int64_t n, int64_t step)
{
	struct work w;

	work_open(&w, dir);
	for (int64_t k = 0; k < n; k++) {
		int64_t i = k * step % n;
		char mid[32], ref[32];
		snprintf(mid, sizeof(mid), "m%lld", (long long)i);
		int len = snprintf(ref, sizeof(ref), "m%lld", (long long)(i ? i - 1 : 0));
		work_add(&w, i + 1, mid, ref, (size_t)len + 1);
	}
	return work_close(&w);
}

/* In order; backwards; and scattered, so that threads merge all the time. */
static void a_long_thread_is_not_quadratic(void **state)
{
	const int64_t few = work(1000, 100), many = 10 * few;
	const int64_t steps[] = { 1, many - 1, 7, 617 };
	struct dirs *d = *state;

	for (size_t i = 0; i < COUNT(steps); i++) {
		int64_t step = steps[i] == many - 1 ? few - 1 : steps[i];
		int64_t small = chain(d->store, few, step);
		int64_t large = chain(d->store, many, steps[i]);
		if (large > 25 * small)
			fail_msg("steps of %lld: %lld for %lld, %lld for %lld", (long long)steps[i],
			         (long long)small, (long long)few, (long long)large,
			         (long long)many);
	}
}

/* Each message names all before it. */
static int64_t comb(const char *dir, int64_t n)
{
	struct work w;
	struct buf refs = { 0 };

	work_open(&w, dir);
	for (int64_t i = 0; i < n; i++) {
		char mid[32];
		snprintf(mid, sizeof(mid), "m%lld", (long long)i);
		work_add(&w, i + 1, mid, refs.data ? refs.data : "", refs.len);
		buf_add(&refs, mid, strlen(mid) + 1);
	}
	buf_free(&refs);
	return work_close(&w);
}

static void many_references_cost_a_look_each(void **state)
{
	struct dirs *d = *state;
	const int64_t n = work(100, 20);
	int64_t small = comb(d->store, n), large = comb(d->store, 10 * n);

	if (large > 150 * small) /* a hundred times the references */
		fail_msg("%lld for %lld, %lld for %lld", (long long)small, (long long)n,
		         (long long)large, (long long)(10 * n));
}

/* ---- found ---- */

static int note(void *rock, const struct hit *h)
{
	buf_addf(rock, "%s:%lld/%lld%s ", h->subject, (long long)h->nth, (long long)h->lead,
	         h->nth && h->pct < 0 ? ""
	         : h->nth             ? "%"
	                              : "");
	return 0;
}

static void found(const struct dirs *d, const char *text, struct search_opts o,
                  const char *expected)
{
	struct store *s = NULL;
	struct query *q = NULL;
	struct buf seen = { 0 };
	struct err e = { 0 };

	o.threads = true;
	assert_int_equal(store_open(d->store, &s, &e), 0);
	assert_int_equal(query_compile(text, NOW, &q, &e), 0);
	assert_int_equal(store_search(s, q, &o, true, note, &seen, &e), 0);
	assert_string_equal(buf_cstr(&seen), expected);
	query_free(q);
	store_close(s);
	buf_free(&seen);
}

static void threads_come_with_their_matches(void **state)
{
	static const struct mail mails[] = {
		{ .subject = "a1", .mid = "a1", .body = "pear", .received = 10, .content = 1 },
		{ .subject = "b1", .mid = "b1", .body = "plum", .received = 90, .content = 2 },
		{ .subject = "a2",
		  .mid = "a2",
		  .refs = "a1",
		  .body = "plum",
		  .received = 80,
		  .content = 3 },
		{ .subject = "c1", .mid = "c1", .body = "plum plum", .received = 20, .content = 4 },
		{ .subject = "b2",
		  .mid = "b2",
		  .refs = "b1",
		  .body = "fig",
		  .received = 30,
		  .content = 5 },
		{ .subject = "a3",
		  .mid = "a3",
		  .refs = "a2",
		  .body = "plum",
		  .received = 85,
		  .content = 6 },
	};
	const struct search_opts all = { .limit = -1 };
	const struct dirs *d = *state;

	store_all(d->store, mails, COUNT(mails));
	found(d, "plum", all, "b1:1/1 b2:0/1 a1:0/2 a2:3/2 a3:2/2 c1:4/4 ");
	found(d, "plum", (struct search_opts){ .limit = -1, .reverse = true },
	      "c1:1/1 a1:0/2 a2:2/2 a3:3/2 b1:4/4 b2:0/4 ");
	found(d, "plum", (struct search_opts){ .limit = -1, .sort = SORT_DOCID },
	      "a1:0/1 a2:3/1 a3:1/1 c1:2/2 b1:4/4 b2:0/4 ");
	found(d, "plum", (struct search_opts){ .limit = 2 }, "b1:1/1 b2:0/1 a1:0/2 a2:0/2 a3:2/2 ");
	found(d, "plum", (struct search_opts){ .limit = 1, .offset = 2 }, "a1:0/1 a2:1/1 a3:0/1 ");
	found(d, "plum", (struct search_opts){ .limit = -1, .offset = 9 }, "");
	found(d, "plum", (struct search_opts){ .limit = 1, .sort = SORT_RELEVANCE }, "c1:1/1% ");
	found(d, "nothing", all, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(messages_that_name_one_another_are_a_thread,
		                                dirs_setup, dirs_teardown),
		cmocka_unit_test_setup_teardown(a_ghost_holds_a_thread_together, dirs_setup,
		                                dirs_teardown),
		cmocka_unit_test_setup_teardown(those_of_one_id_that_are_apart_are_noticed,
		                                dirs_setup, dirs_teardown),
		cmocka_unit_test_setup_teardown(one_message_merges_threads, dirs_setup,
		                                dirs_teardown),
		cmocka_unit_test_setup_teardown(cycles_are_threads, dirs_setup, dirs_teardown),
		cmocka_unit_test_setup_teardown(messages_with_one_id_are_a_thread, dirs_setup,
		                                dirs_teardown),
		cmocka_unit_test_setup_teardown(a_copy_adds_its_ids, dirs_setup, dirs_teardown),
		cmocka_unit_test_setup_teardown(any_messages_have_the_same_threads_in_any_order,
		                                dirs_setup, dirs_teardown),
		cmocka_unit_test_setup_teardown(a_long_thread_is_not_quadratic, dirs_setup,
		                                dirs_teardown),
		cmocka_unit_test_setup_teardown(many_references_cost_a_look_each, dirs_setup,
		                                dirs_teardown),
		cmocka_unit_test_setup_teardown(threads_come_with_their_matches, dirs_setup,
		                                dirs_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

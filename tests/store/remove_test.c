/* Messages are removed: what stays is whole, and a writer that is killed has removed all of them or none. */
#include "real.h"

#include "store/db.h"

/* The id of what message `docid` was made from. */
static void oid_of(const struct dirs *d, int64_t docid, char oid[41])
{
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;
	struct err e = { 0 };

	assert_true(db_open_read(d->store, &db, &e) >= 0);
	assert_int_equal(
	    db_prepare(db, "SELECT lower(hex(oid)) FROM blob WHERE docid = ?1", &st, &e), 0);
	sqlite3_bind_int64(st, 1, docid);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	snprintf(oid, 41, "%s", (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	sqlite3_close(db);
}

/* The removal of messages first, first + step... */
static struct buf removals(const struct dirs *d, int64_t first, int64_t step)
{
	struct buf batch = { 0 };
	struct err e = { 0 };

	for (int64_t docid = first; docid <= MAILS; docid += step) {
		struct edit edit = { .op = EDIT_REMOVE, .folder = "" };
		oid_of(d, docid, edit.oid);
		assert_int_equal(edit_encode(&edit, &batch, &e), 0);
	}
	return batch;
}

static void removed(const struct dirs *d, int64_t first, int64_t step, uint64_t n)
{
	struct buf batch = removals(d, first, step);
	struct store_counts counts = committed(d, &batch);

	assert_int_equal(counts.changed, n);
	assert_int_equal(counts.unknown, 0);
	buf_free(&batch);
}

static void is_whole(const struct dirs *d, size_t n)
{
	struct buf seen = { 0 };

	look(d, &seen);
	assert_string_equal(seen.data, "");
	assert_int_equal(count_stored(d->store), n);
	buf_free(&seen);
}

/* The first of a thread, the last, and some between: what answers them stays, without them. */
static void what_stays_is_whole(void **state)
{
	static const struct {
		int64_t first, step;
		uint64_t n;
	} some[] = { { 1, MAILS, 1 }, { MAILS, 1, 1 }, { 2, 3, 4 } };

	for (size_t i = 0; i < COUNT(some); i += (size_t)work(1, 2)) {
		struct dirs *d;
		assert_int_equal(dirs_setup((void **)&d), 0);
		make_store(d);
		removed(d, some[i].first, some[i].step, some[i].n);
		is_whole(d, MAILS - (size_t)some[i].n);
		dirs_teardown((void **)&d);
	}
	(void)state;
}

static void all_may_go_and_come_again(void **state)
{
	struct dirs *d = *state;

	make_store(d);
	removed(d, 1, 1, MAILS);
	is_whole(d, 0);
	make_store(d);
	is_whole(d, MAILS);
}

static void what_is_not_there_is_unknown(void **state)
{
	struct edit edit = { .op = EDIT_REMOVE, .folder = "" };
	struct dirs *d = *state;
	struct buf batch = { 0 };
	struct err e = { 0 };

	make_store(d);
	memset(edit.oid, 'a', 40);
	assert_int_equal(edit_encode(&edit, &batch, &e), 0);
	assert_int_equal(committed(d, &batch).unknown, 1);
	buf_free(&batch);
	is_whole(d, MAILS);
}

static void a_killed_writer_removes_all_or_nothing(void **state)
{
	struct dirs *d = *state;
	struct writer_child w;
	struct err e = { 0 };

	make_store(d);
	struct buf batch = removals(d, 2, 2);
	writer_start(&w, d->store, NULL);
	int conn = writer_connect(&w);
	assert_int_equal(put_bytes(conn, 0, batch.data, batch.len, batch.len, &e), 0);
	buf_free(&batch);
	kill(w.pid, SIGKILL);
	close(conn);
	assert_int_equal(writer_stop(&w), SIGKILL);
	size_t left = count_stored(d->store);
	assert_true(left == MAILS || left == MAILS / 2);
	is_whole(d, left);
}

/* ---- bytes that are damaged ---- */

/* Message 3 was damaged: its bytes go aside, and come again when `again`. */
static void lose(const struct dirs *d, bool again)
{
	struct edit edit = { .op = EDIT_LOST, .folder = "" };
	struct encoder *x = encoder_new();
	struct buf batch = { 0 };
	struct err e = { 0 };

	oid_of(d, 3, edit.oid);
	assert_int_equal(edit_encode(&edit, &batch, &e), 0);
	if (again)
		add_mail(&batch, x, 2); /* they count from 0, messages from 1 */
	committed(d, &batch);
	encoder_free(x);
	buf_free(&batch);
}

static int64_t count(const struct dirs *d, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;
	struct err e = { 0 };

	assert_true(db_open_read(d->store, &db, &e) >= 0);
	assert_int_equal(db_prepare(db, sql, &st, &e), 0);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	int64_t n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

static void damaged_bytes_are_kept_aside(void **state)
{
	struct dirs *d = *state;
	struct buf seen = { 0 };

	make_store(d);
	int64_t size = count(d, "SELECT length(z) FROM blob WHERE docid = 3");
	lose(d, false);
	look(d, &seen);
	assert_non_null(strstr(seen.data, "blob 3 "));
	assert_int_equal(count(d, "SELECT count(*) FROM lost"), 1);
	assert_int_equal(count(d, "SELECT length(z) FROM lost"), size);
	lose(d, true); /* there is nothing to be kept this time */
	is_whole(d, MAILS);
	assert_int_equal(count(d, "SELECT count(*) FROM lost"), 1);
	assert_int_equal(count(d, "SELECT length(z) FROM lost"), size);
	buf_free(&seen);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, dirs_setup, dirs_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stays_is_whole), T(all_may_go_and_come_again),
		T(what_is_not_there_is_unknown),       T(a_killed_writer_removes_all_or_nothing),
		T(damaged_bytes_are_kept_aside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

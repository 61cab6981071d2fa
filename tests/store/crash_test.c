/* Killed at odd moments: what was acknowledged is there, what is there is whole. */
#include "testing.h"

#include "store/db.h"

enum { PER_BATCH = 40, BATCHES = 400 };

/* Mails of one batch, with enough words to make the writer work. */
static void fill_batch(struct buf *batch, unsigned n)
{
	char body[2000], subject[32];
	unsigned random = n + 1;

	for (unsigned i = 0; i < PER_BATCH; i++) {
		/* First of all its name: of so many mails made by chance some would be equal. */
		size_t at = (size_t)snprintf(body, sizeof(body), "b%u-%u ", n, i);
		while (at < sizeof(body) - 16) {
			random = random * 1103515245 + 12345;
			at += (size_t)snprintf(body + at, sizeof(body) - at, "w%u ",
			                       random >> 16 & 0xfff);
		}
		snprintf(subject, sizeof(subject), "b%u-%u", n, i);
		struct mail m = { .subject = subject,
			          .body = body,
			          .raw = body,
			          .content = n * PER_BATCH + i,
			          .mid = subject };
		encode(batch, &m);
	}
}

static void check_integrity(const char *dir)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;
	struct err e = { 0 };

	assert_int_equal(db_open_write(dir, &db, &e), 0);
	assert_int_equal(db_prepare(db, "PRAGMA integrity_check", &st, &e), 0);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(st, 0), "ok");
	sqlite3_finalize(st);
	assert_int_equal(db_exec(db, "INSERT INTO fts(fts) VALUES('integrity-check')", &e), 0);
	sqlite3_close(db);
}

/* Put and commit until the writer dies; the number of acknowledged mails. */
static uint64_t import_until_death(int conn, unsigned from)
{
	struct err e = { 0 };
	uint64_t acknowledged = 0;

	for (unsigned i = 0; i < BATCHES; i++) {
		struct buf batch = { 0 };
		struct store_counts c = { 0 };

		fill_batch(&batch, from + i);
		int rc = put_bytes(conn, i, batch.data, batch.len, batch.len, &e);
		buf_free(&batch);
		if (!rc && i % 4 == 3)
			rc = store_commit(conn, i + 1, &c, &e);
		if (rc)
			break;
		if (i % 4 == 3)
			acknowledged = c.seen;
	}
	assert_true(e.text[0] != '\0');
	return acknowledged;
}

/* A child that kills the writer once the log has grown to `bytes`. */
static pid_t start_killer(const struct dirs *d, pid_t victim, off_t bytes)
{
	char path[160];
	struct stat st;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	snprintf(path, sizeof(path), "%s/" DB_FILE "-wal", d->store);
	for (int i = 0; i < 200000 && (stat(path, &st) < 0 || st.st_size < bytes); i++)
		usleep(200);
	kill(victim, SIGKILL);
	_exit(0);
}

static void acknowledged_mail_survives_a_killed_writer(void **state)
{
	struct dirs *d = *state;
	const unsigned rounds = (unsigned)work(12, 3);
	uint64_t before = 0;

	for (unsigned round = 0; round < rounds; round++) {
		struct writer_child w;
		int status;

		writer_start(&w, d->store, NULL);
		int conn = writer_connect(&w);
		pid_t killer = start_killer(d, w.pid, (off_t)(round * 150000 + 20000));
		uint64_t acknowledged = import_until_death(conn, round * BATCHES);
		close(conn);
		close(w.door);
		assert_int_equal(waitpid(w.pid, &status, 0), w.pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(waitpid(killer, &status, 0), killer);
		uint64_t stored = count_stored(d->store);
		if (stored < before + acknowledged)
			fail_msg("round %u: %llu stored, %llu before, %llu acknowledged", round,
			         (unsigned long long)stored, (unsigned long long)before,
			         (unsigned long long)acknowledged);
		check_integrity(d->store);
		before = stored;
	}
}

/* As after a session that was cut off: import again, and everything is there once. */
static void importing_again_completes_without_doubles(void **state)
{
	struct dirs *d = *state;
	struct writer_child w;
	struct err e = { 0 };
	struct store_counts c = { 0 };
	int status;
	enum { N = 20 };

	writer_start(&w, d->store, NULL);
	int conn = writer_connect(&w);
	for (unsigned i = 0; i < N / 2; i++) {
		struct buf batch = { 0 };
		fill_batch(&batch, i);
		put_bytes(conn, i, batch.data, batch.len, batch.len, &e);
		buf_free(&batch);
	}
	assert_int_equal(store_commit(conn, N / 2, &c, &e), 0);
	kill(w.pid, SIGKILL);
	assert_int_equal(waitpid(w.pid, &status, 0), w.pid);
	close(conn);
	close(w.door);
	writer_start(&w, d->store, NULL);
	conn = writer_connect(&w);
	for (unsigned i = 0; i < N; i++) {
		struct buf batch = { 0 };
		fill_batch(&batch, i);
		assert_int_equal(put_bytes(conn, i, batch.data, batch.len, batch.len, &e), 0);
		buf_free(&batch);
	}
	assert_int_equal(store_commit(conn, N, &c, &e), 0);
	assert_int_equal(c.duplicate, N / 2 * PER_BATCH);
	assert_int_equal(c.added, N / 2 * PER_BATCH);
	close(conn);
	assert_int_equal(writer_stop(&w), 0);
	assert_int_equal(count_stored(d->store), N * PER_BATCH);
	check_integrity(d->store);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, dirs_setup, dirs_teardown)
	const struct CMUnitTest tests[] = {
		T(acknowledged_mail_survives_a_killed_writer),
		T(importing_again_completes_without_doubles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

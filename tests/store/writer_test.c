/* The writer: order, durability, failures that cost only their session. */
#include "testing.h"

#include "store/db.h"
#include "store/proto.h"

#include <poll.h>
#include <sys/resource.h>

static struct mail numbered(unsigned i, char subject[16])
{
	snprintf(subject, 16, "n%u", i);
	return (struct mail){ .subject = subject, .content = i, .received = i, .body = "words" };
}

static int put_numbered(int conn, uint64_t seq, unsigned i, struct err *e)
{
	char subject[16];
	struct mail m = numbered(i, subject);

	return put_mails(conn, seq, &m, 1, e);
}

static void commit_ok(int conn, uint64_t nbatches, uint64_t added)
{
	struct store_counts c = { 0 };
	struct err e = { 0 };

	if (store_commit(conn, nbatches, &c, &e))
		fail_msg("commit: %s", e.text);
	assert_int_equal(c.added, added);
}

static void ensure_makes_an_empty_store(void **state)
{
	struct dirs *d = *state;
	struct writer_child w;
	struct err e = { 0 };
	struct stat st;

	writer_start(&w, d->store, NULL);
	int conn = writer_connect(&w);
	assert_int_equal(store_ensure(conn, &e), 0);
	assert_int_equal(store_ensure(conn, &e), 0);
	commit_ok(conn, 0, 0);
	close(conn);
	assert_int_equal(writer_stop(&w), 0);
	assert_int_equal(stat(d->store, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(count_stored(d->store), 0);
}

static void batches_are_applied_in_order(void **state)
{
	struct dirs *d = *state;
	enum { N = 60 }; /* more than are held in memory */
	struct writer_child w;
	struct err e = { 0 };
	struct store *s = NULL;
	struct query *q = NULL;
	struct found f = { 0 };
	struct buf expected = { 0 };
	static const struct search_opts by_docid = { .sort = SORT_DOCID,
		                                     .reverse = true,
		                                     .limit = -1 };

	writer_start(&w, d->store, NULL);
	int conn = writer_connect(&w);
	for (unsigned i = 0; i < N; i++) /* 59 58 ... 1, then 0 */
		assert_int_equal(put_numbered(conn, N - 1 - i, N - 1 - i, &e), 0);
	commit_ok(conn, N, N);
	close(conn);
	assert_int_equal(writer_stop(&w), 0);
	assert_int_equal(store_open(d->store, &s, &e), 0);
	assert_int_equal(query_compile("words", NOW, &q, &e), 0);
	assert_int_equal(store_search(s, q, &by_docid, false, found_add, &f, &e), 0);
	for (unsigned i = 0; i < N; i++)
		buf_addf(&expected, "n%u ", i);
	assert_string_equal(buf_cstr(&f.subjects), buf_cstr(&expected));
	query_free(q);
	store_close(s);
	buf_free(&f.subjects);
	buf_free(&expected);
}

static void what_was_committed_is_seen_at_once(void **state)
{
	struct dirs *d = *state;
	struct writer_child w;
	struct err e = { 0 };

	writer_start(&w, d->store, NULL);
	int conn = writer_connect(&w);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(put_numbered(conn, i, i, &e), 0);
		commit_ok(conn, i + 1, i + 1);
		assert_int_equal(count_stored(d->store), i + 1);
	}
	close(conn);
	assert_int_equal(writer_stop(&w), 0);
}

static void a_missing_batch_fails_the_commit(void **state)
{
	struct dirs *d = *state;
	struct writer_child w;
	struct err e = { 0 };

	writer_start(&w, d->store, NULL);
	int conn = writer_connect(&w);
	assert_int_equal(put_numbered(conn, 0, 0, &e), 0);
	assert_int_equal(put_numbered(conn, 2, 2, &e), 0);
	assert_int_equal(store_commit(conn, 3, NULL, &e), -EPROTO);
	assert_string_equal(e.text, "batch 1 of 3 never arrived");
	close(conn);
	assert_int_equal(writer_stop(&w), 0);
	assert_int_equal(count_stored(d->store), 1);
}

static void a_session_that_goes_away_keeps_what_it_gave(void **state)
{
	struct dirs *d = *state;
	struct writer_child w;
	struct err e = { 0 };

	writer_start(&w, d->store, NULL);
	int conn = writer_connect(&w);
	assert_int_equal(put_numbered(conn, 0, 0, &e), 0);
	assert_int_equal(put_numbered(conn, 2, 2, &e), 0); /* never its turn */
	close(conn);
	assert_int_equal(writer_stop(&w), 0);
	assert_int_equal(count_stored(d->store), 1);
}

/* ---- failures ---- */

static void spoil_short(int conn, struct err *e)
{
	put_bytes(conn, 0, "x", 1, 100, e);
}

static void spoil_noise(int conn, struct err *e)
{
	char noise[300];

	memset(noise, 0xa5, sizeof(noise));
	put_bytes(conn, 0, noise, sizeof(noise), sizeof(noise), e);
}

static void spoil_twice(int conn, struct err *e)
{
	put_numbered(conn, 1, 1, e);
	put_numbered(conn, 1, 1, e);
}

static void spoil_past(int conn, struct err *e)
{
	put_numbered(conn, 0, 7, e);
	put_numbered(conn, 0, 8, e);
}

static void spoil_far(int conn, struct err *e)
{
	put_numbered(conn, UINT64_MAX, 1, e);
}

static void spoil_size(int conn, struct err *e)
{
	put_bytes(conn, 0, "x", 1, SIZE_MAX, e);
}

static void spoil_request(int conn, struct err *e)
{
	(void)e;
	assert_int_equal(send(conn, "hello", 5, MSG_NOSIGNAL), 5);
}

static void spoil_operation(int conn, struct err *e)
{
	struct proto_request q = { .op = 99 };

	(void)e;
	assert_int_equal(send(conn, &q, sizeof(q), MSG_NOSIGNAL), sizeof(q));
}

static void spoil_no_descriptor(int conn, struct err *e)
{
	struct proto_request q = { .op = PROTO_PUT, .len = 5 };

	(void)e;
	assert_int_equal(send(conn, &q, sizeof(q), MSG_NOSIGNAL), sizeof(q));
}

static void spoil_long_request(int conn, struct err *e)
{
	static const char zeros[1000];

	(void)e;
	assert_int_equal(send(conn, zeros, sizeof(zeros), MSG_NOSIGNAL), sizeof(zeros));
}

static void a_spoiled_session_costs_only_itself(void **state)
{
	struct dirs *d = *state;
	static void (*const spoil[])(int conn, struct err *e) = {
		spoil_short,         spoil_noise,        spoil_twice,   spoil_past,
		spoil_far,           spoil_size,         spoil_request, spoil_operation,
		spoil_no_descriptor, spoil_long_request,
	};
	struct writer_child w;
	struct err e = { 0 };

	writer_start(&w, d->store, NULL);
	int good = writer_connect(&w);
	for (size_t i = 0; i < COUNT(spoil); i++) {
		int bad = writer_connect(&w);
		assert_int_equal(put_numbered(good, i, (unsigned)(100 + i), &e), 0);
		spoil[i](bad, &e);
		struct err why = { 0 };
		assert_true(store_commit(bad, 1, NULL, &why) < 0);
		if (!why.text[0] || strstr(why.text, "died"))
			fail_msg("spoil %zu: %s", i, why.text);
		close(bad);
	}
	commit_ok(good, COUNT(spoil), COUNT(spoil));
	close(good);
	assert_int_equal(writer_stop(&w), 0);
}

/* Siblings hear why, however many ask, and the leader still gets the answer. */
static void everyone_hears_the_reason(void **state)
{
	struct dirs *d = *state;
	struct writer_child w;
	struct err e = { 0 };
	int rc;

	writer_start(&w, d->store, NULL);
	int conn = writer_connect(&w);
	assert_int_equal(put_bytes(conn, 0, "junk", 4, 4, &e), 0);
	for (uint64_t seq = 1; (rc = put_numbered(conn, seq, (unsigned)seq, &e)) == 0; seq++)
		;
	assert_int_equal(rc, -EPIPE);
	assert_non_null(strstr(e.text, "corrupt batch"));
	assert_int_equal(put_numbered(conn, 1000, 0, &e), -EPIPE);
	assert_non_null(strstr(e.text, "corrupt batch"));
	assert_int_equal(store_commit(conn, 9, NULL, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "corrupt batch"));
	close(conn);
	assert_int_equal(writer_stop(&w), 0);
}

static void a_dead_writer_is_noticed(void **state)
{
	struct dirs *d = *state;
	struct writer_child w;
	struct err e = { 0 };
	int status, conn2 = -1;

	writer_start(&w, d->store, NULL);
	int conn = writer_connect(&w);
	assert_int_equal(store_ensure(conn, &e), 0);
	kill(w.pid, SIGKILL);
	assert_int_equal(waitpid(w.pid, &status, 0), w.pid);
	assert_int_equal(store_commit(conn, 1, NULL, &e), -EPIPE);
	assert_non_null(strstr(e.text, "died"));
	assert_int_equal(put_numbered(conn, 0, 0, &e), -EPIPE);
	assert_int_equal(store_connect(w.door, &conn2, &e), -EPIPE);
	close(conn);
	close(w.door);
}

static void signals_do_not_end_a_writer(void **state)
{
	struct dirs *d = *state;
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXFSZ };
	struct writer_child w;
	struct err e = { 0 };

	writer_start(&w, d->store, NULL);
	int conn = writer_connect(&w);
	assert_int_equal(store_ensure(conn, &e), 0);
	for (size_t i = 0; i < COUNT(ignored); i++)
		kill(w.pid, ignored[i]);
	assert_int_equal(put_numbered(conn, 0, 0, &e), 0);
	commit_ok(conn, 1, 1);
	close(conn);
	assert_int_equal(writer_stop(&w), 0);
}

static void limit_files(void)
{
	struct rlimit small = { 1 << 20, RLIM_INFINITY };

	setrlimit(RLIMIT_FSIZE, &small);
}

/* A file that may not grow stands for a full disk. */
static void a_full_disk_is_an_error_not_a_loss(void **state)
{
	struct dirs *d = *state;
	struct writer_child w;
	struct err e = { 0 };
	static char noise[300000];
	unsigned random = 1, stored = 0;
	int rc = 0;

	writer_start(&w, d->store, limit_files);
	int conn = writer_connect(&w);
	for (uint64_t seq = 0; rc == 0 && seq < 50; seq++) {
		char subject[16];
		struct mail m = numbered((unsigned)seq, subject);
		for (size_t i = 0; i + 1 < sizeof(noise); i++)
			noise[i] = (char)('!' +
			                  ((random = random * 1103515245 + 12345) >> 16) % 90);
		m.raw = noise;
		rc = put_mails(conn, seq, &m, 1, &e);
		if (!rc)
			rc = store_commit(conn, seq + 1, NULL, &e);
		stored += rc == 0;
	}
	assert_true(rc < 0);
	assert_non_null(strstr(e.text, "store.sqlite3"));
	assert_true(stored > 0);
	close(conn);
	/* The writer lives on, and small things may still fit. */
	conn = writer_connect(&w);
	assert_int_equal(store_ensure(conn, &e), 0);
	close(conn);
	assert_int_equal(writer_stop(&w), 0);
	assert_int_equal(count_stored(d->store), stored);
}

static void two_writers_share_a_store(void **state)
{
	struct dirs *d = *state;
	struct writer_child a, b;
	struct err e = { 0 };

	writer_start(&a, d->store, NULL);
	writer_start(&b, d->store, NULL);
	int ca = writer_connect(&a), cb = writer_connect(&b);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(put_numbered(ca, i, i, &e), 0);
		commit_ok(ca, i + 1, i + 1);
		assert_int_equal(put_numbered(cb, i, 100 + i, &e), 0);
		commit_ok(cb, i + 1, i + 1);
	}
	/* An open transaction of one gives way by itself. */
	assert_int_equal(put_numbered(ca, 4, 50, &e), 0);
	assert_int_equal(put_numbered(cb, 4, 150, &e), 0);
	commit_ok(cb, 5, 5);
	commit_ok(ca, 5, 5);
	close(ca);
	close(cb);
	assert_int_equal(writer_stop(&b), 0); /* first: as a fork it also holds the door of a */
	assert_int_equal(writer_stop(&a), 0);
	assert_int_equal(count_stored(d->store), 10);
}

/* ---- the file ---- */

static void spoil_file(const struct dirs *d, const char *sql)
{
	sqlite3 *db = NULL;
	char path[160];

	snprintf(path, sizeof(path), "%s/" DB_FILE, d->store);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void assert_refused(const struct dirs *d, const char *reason)
{
	struct writer_child w;
	struct err e = { 0 };
	struct store *s = NULL;

	writer_start(&w, d->store, NULL);
	int conn = writer_connect(&w);
	assert_int_equal(store_ensure(conn, &e), -EPROTONOSUPPORT);
	assert_non_null(strstr(e.text, reason));
	close(conn);
	conn = writer_connect(&w);
	put_numbered(conn, 0, 0, &e);
	assert_int_equal(store_commit(conn, 1, NULL, &e), -EPROTONOSUPPORT);
	close(conn);
	assert_int_equal(writer_stop(&w), 0);
	assert_int_equal(store_open(d->store, &s, &e), -EPROTONOSUPPORT);
	assert_non_null(strstr(e.text, reason));
}

static void another_version_is_refused(void **state)
{
	struct dirs *d = *state;
	struct mail m = { .subject = "x" };

	store_all(d->store, &m, 1);
	spoil_file(d, "PRAGMA user_version = 999");
	assert_refused(d, "newer release");
	spoil_file(d, "PRAGMA user_version = 0");
	assert_refused(d, "unknown schema");
	spoil_file(d, "PRAGMA application_id = 5");
	assert_refused(d, "not a store of this program");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, dirs_setup, dirs_teardown)
	const struct CMUnitTest tests[] = {
		T(ensure_makes_an_empty_store),
		T(batches_are_applied_in_order),
		T(what_was_committed_is_seen_at_once),
		T(a_missing_batch_fails_the_commit),
		T(a_session_that_goes_away_keeps_what_it_gave),
		T(a_spoiled_session_costs_only_itself),
		T(everyone_hears_the_reason),
		T(a_dead_writer_is_noticed),
		T(signals_do_not_end_a_writer),
		T(a_full_disk_is_an_error_not_a_loss),
		T(two_writers_share_a_store),
		T(another_version_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

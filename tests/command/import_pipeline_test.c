/* The import pipeline against a real writer: alone, with siblings, and when one of them dies. */
#include "command_fixture.h"

#include "command/import_pipeline.h"
#include "store/search.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct world {
	char dir[64];
	int door;
	pid_t writer;
	struct pipeline pipe;
	FILE *errs;
};

static int setup(void **state)
{
	static struct world w;
	int ends[2];
	w = (struct world){ .dir = P_tmpdir "/lei-pipeline-XXXXXX" };
	if (mkdtemp(w.dir) == NULL ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	strcat(w.dir, "/s");
	w.writer = fork();
	if (w.writer == 0) {
		close(ends[0]);
		_exit(store_serve(w.dir, ends[1]));
	}
	close(ends[1]);
	w.door = ends[0];
	w.errs = fopen("/dev/null", "w");
	w.pipe = (struct pipeline){ .conn = -1,
		                    .jobs = 3,
		                    .marks = { .take_kw = true, .labels = "x\0" },
		                    .errs = w.errs,
		                    .queue = { -1, -1 } };
	struct err e;
	*state = &w;
	return store_connect(w.door, &w.pipe.conn, &e);
}

static int teardown(void **state)
{
	struct world *w = *state;
	char cmd[128];
	int status;
	close(w->pipe.conn);
	close(w->door);
	fclose(w->errs);
	if (waitpid(w->writer, &status, 0) < 0)
		return -1;
	w->dir[strlen(w->dir) - 2] = '\0';
	snprintf(cmd, sizeof(cmd), "rm -rf %s", w->dir);
	return system(cmd) == 0 ? status : -1; /* NOLINT: a path of our own making */
}

/* Mail number i with `pad` bytes of body. */
static int add(struct world *w, int i, size_t pad, struct err *e)
{
	struct buf b = { 0 };
	buf_addf(&b, "From: a@example.com\nMessage-ID: <%d@example.com>\nSubject: n%d\n\n", i, i);
	for (size_t at = 0; at < pad; at += 8)
		buf_adds(&b, "words \n");
	int rc = pipeline_add(
	    &w->pipe, &(struct raw_mail){ .data = b.data, .len = b.len, .kw = KW_SEEN }, NULL, e);
	buf_free(&b);
	return rc;
}

static int note_docid(void *rock, const struct hit *h)
{
	int64_t *next = rock;
	char mid[64];
	snprintf(mid, sizeof(mid), "%d@example.com", (int)*next);
	assert_string_equal(h->mids, mid);
	assert_string_equal(h->labels, "x");
	assert_int_equal(h->kw, KW_SEEN);
	++*next;
	return 0;
}

/* All n are there, stored in the order in which they were read. */
static void assert_stored(struct world *w, int n)
{
	struct store *s;
	struct query *q;
	struct err e;
	struct search_opts o = { .sort = SORT_DOCID, .reverse = true, .limit = -1 };
	int64_t next = 0;
	assert_int_equal(store_open(w->dir, &s, &e), 0);
	assert_int_equal(query_compile("z:0..", 0, &q, &e), 0);
	assert_int_equal(store_search(s, q, &o, false, note_docid, &next, &e), 0);
	assert_int_equal(next, n);
	query_free(q);
	store_close(s);
}

static void import(struct world *w, int n, size_t pad, bool siblings)
{
	struct err e = { .text = "" };
	struct store_counts c;
	for (int i = 0; i < n; i++)
		assert_int_equal(add(w, i, pad, &e), 0);
	assert_int_equal(w->pipe.running, siblings);
	if (pipeline_finish(&w->pipe, &c, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(c.seen, n);
	assert_int_equal(c.added, n);
	assert_stored(w, n);
}

static void a_little_mail_needs_no_sibling(void **state)
{
	import(*state, 3, 0, false);
}

static void no_mail_at_all(void **state)
{
	struct world *w = *state;
	struct err e = { .text = "" };
	struct store_counts c;
	if (pipeline_finish(&w->pipe, &c, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(c.seen, 0);
}

static void much_mail_keeps_its_order(void **state)
{
	import(*state, 400, 20000, true); /* eight batches */
}

static void a_mail_larger_than_a_batch(void **state)
{
	import(*state, 5, BATCH_BYTES + 1000, true);
}

static void a_dead_sibling_is_a_failure(void **state)
{
	struct world *w = *state;
	struct err e = { .text = "" };
	struct store_counts c;
	int i = 0, rc = 0;
	while (!w->pipe.running)
		assert_int_equal(add(w, i++, 20000, &e), 0);
	assert_int_equal(kill(w->pipe.pool.pids[0], SIGKILL), 0);
	while (rc == 0 && i < 400)
		rc = add(w, i++, 20000, &e);
	if (rc == 0)
		rc = pipeline_finish(&w->pipe, &c, &e);
	else
		pipeline_abort(&w->pipe);
	assert_true(rc < 0);
	assert_non_null(strstr(e.text, "signal 9"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_little_mail_needs_no_sibling, setup, teardown),
		cmocka_unit_test_setup_teardown(no_mail_at_all, setup, teardown),
		cmocka_unit_test_setup_teardown(much_mail_keeps_its_order, setup, teardown),
		cmocka_unit_test_setup_teardown(a_mail_larger_than_a_batch, setup, teardown),
		cmocka_unit_test_setup_teardown(a_dead_sibling_is_a_failure, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

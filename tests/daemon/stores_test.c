/* The registry of store writers: one per directory, restarted when it died, gone at the end. */
#include "fixture.h"

static int store(const struct fixture *f, const char *name)
{
	char words[160], out[TEXT_MAX];
	snprintf(words, sizeof(words), "store %s/%s", f->dir, name);
	int status = run(f, words, out, NULL);
	if (status == 0)
		assert_string_equal(out, "connected\n");
	return status;
}

/* The writer is the only child once the leader has been reaped. */
static pid_t writer_of(const struct fixture *f)
{
	pid_t pid = child_of(f->pid);
	assert_true(pid > 0);
	return pid;
}

static void a_directory_has_one_writer(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(store(f, "a"), 0);
	pid_t pid = writer_of(f);
	size_t fds = fd_count(f->pid);
	for (int i = 0; i < 20; i++)
		assert_int_equal(store(f, "a"), 0);
	assert_int_equal(writer_of(f), pid);
	EVENTUALLY(fd_count(f->pid) <= fds);
}

/* 0 while there is none but `killed`, to which a connection may go in the moment of its death. */
static pid_t successor_of(const struct fixture *f, pid_t killed)
{
	assert_int_equal(store(f, "a"), 0);
	pid_t pid = child_of(f->pid);
	return pid > 0 && pid != killed ? pid : 0;
}

static void a_writer_that_died_is_restarted(void **state)
{
	struct fixture *f = *state;
	pid_t pid = 0;
	for (int i = 0; i < 5; i++) {
		pid_t killed = pid;
		EVENTUALLY((pid = successor_of(f, killed)) > 0);
		kill(pid, SIGKILL);
		if (i % 2) /* else: the next request may meet it dead but not reaped */
			EVENTUALLY(process_state(pid) == 'X');
	}
	assert_int_equal(store(f, "a"), 0);
}

static void a_writer_outlives_term(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(store(f, "a"), 0);
	pid_t pid = writer_of(f);
	kill(pid, SIGTERM);
	assert_int_equal(store(f, "a"), 0);
	assert_int_equal(writer_of(f), pid);
}

static void many_stores_do_not_add_up(void **state)
{
	struct fixture *f = *state;
	size_t before = fd_count(f->pid);
	for (int i = 0; i < 40; i++) {
		char name[16];
		snprintf(name, sizeof(name), "s%d", i);
		assert_int_equal(store(f, name), 0);
	}
	EVENTUALLY(fd_count(f->pid) <= before + 32);
}

static void writers_end_with_the_daemon(void **state)
{
	const int signals[] = { SIGTERM, SIGKILL };
	struct fixture *f = *state;
	for (size_t i = 0; i < 2; i++) {
		daemon_start(f);
		assert_int_equal(store(f, "a"), 0);
		pid_t pid = writer_of(f);
		kill(f->pid, signals[i]);
		daemon_wait(f);
		EVENTUALLY(process_state(pid) == 'X');
	}
}

static void a_relative_directory_is_refused(void **state)
{
	char err[TEXT_MAX];
	assert_int_equal(run(*state, "store a", NULL, err), 1 << 8);
	assert_non_null(strstr(err, "absolute"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_directory_has_one_writer, setup, teardown),
		cmocka_unit_test_setup_teardown(a_writer_that_died_is_restarted, setup, teardown),
		cmocka_unit_test_setup_teardown(a_writer_outlives_term, setup, teardown),
		cmocka_unit_test_setup_teardown(many_stores_do_not_add_up, setup, teardown),
		cmocka_unit_test_setup_teardown(writers_end_with_the_daemon, setup_dir, teardown),
		cmocka_unit_test_setup_teardown(a_relative_directory_is_refused, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

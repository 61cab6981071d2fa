/* Ending in good order, noticing that the socket has gone. */
#include "fixture.h"

/* ---- ending ---- */

static pid_t start_command(struct fixture *f, const char *words, struct client *ret)
{
	char line[TEXT_MAX];
	*ret = ask(f, words);
	read_line(ret->err, line);
	pid_t leader = child_of(f->pid);
	assert_true(leader > 0);
	return leader;
}

static void term_int_and_quit_end_it(void **state)
{
	const int signals[] = { SIGTERM, SIGINT, SIGQUIT };
	struct fixture *f = *state;
	for (size_t i = 0; i < 3; i++) {
		daemon_start(f);
		kill(f->pid, signals[i]);
		assert_int_equal(daemon_wait(f), 0);
		assert_int_equal(access(f->socket, F_OK), -1);
	}
}

static void other_signals_do_not(void **state)
{
	const int signals[] = { SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGPIPE, SIGCHLD };
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		kill(f->pid, signals[i]);
		assert_int_equal(run(f, "in-hello", NULL, NULL), 0);
	}
}

static void a_command_may_raise_a_signal(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(run(f, "in-kill 0", NULL, NULL), 0);
	assert_int_equal(run(f, "in-kill 15", NULL, NULL), 0);
	assert_int_equal(daemon_wait(f), 0);
}

static void draining_finishes_what_is_in_flight(void **state)
{
	struct fixture *f = *state;
	char out[TEXT_MAX];
	struct client c = ask(f, "cat");
	EVENTUALLY(child_of(f->pid) > 0);
	kill(f->pid, SIGTERM);
	EVENTUALLY(!answers(f->socket));
	assert_int_equal(write(c.in, "kept", 4), 4);
	close(c.in);
	c.in = -1;
	assert_string_equal(slurp(c.out, out), "kept");
	assert_int_equal(await_x_it(c.sock, NULL), 0);
	assert_int_equal(daemon_wait(f), 0);
	hang_up(&c);
}

static void a_request_on_its_way_is_served(void **state)
{
	struct fixture *f = *state;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), sock = dial(f);
	kill(f->pid, SIGTERM);
	EVENTUALLY(!answers(f->socket));
	send_words(sock, "in-fail", (int[]){ null, null, null, -1 });
	assert_int_equal(await_x_it(sock, NULL), 3 << 8);
	assert_int_equal(daemon_wait(f), 0);
	close(sock);
	close(null);
}

static void silent_clients_do_not_hold_it(void **state)
{
	struct fixture *f = *state;
	int sock = dial(f);
	kill(f->pid, SIGTERM);
	assert_int_equal(await_x_it(sock, NULL), 1 << 8);
	assert_int_equal(daemon_wait(f), 0);
	close(sock);
}

static void told_twice_it_says_so_to_its_clients(void **state)
{
	struct fixture *f = *state;
	struct client c;
	char err[TEXT_MAX];
	pid_t leader = start_command(f, "sleep", &c);
	kill(f->pid, SIGTERM);
	EVENTUALLY(!answers(f->socket));
	kill(f->pid, SIGTERM);
	assert_int_equal(await_x_it(c.sock, NULL), 1 << 8);
	assert_non_null(strstr(slurp(c.err, err), "told to end at once"));
	assert_int_equal(daemon_wait(f), 1 << 8);
	EVENTUALLY(process_state(leader) == 'X');
	hang_up(&c);
}

/* ---- the socket ---- */

static void do_unlink(struct fixture *f)
{
	unlink(f->socket);
}

static void do_replace(struct fixture *f)
{
	char other[128];
	snprintf(other, sizeof(other), "%s.other", f->socket);
	close(open(other, O_CREAT | O_WRONLY, 0600));
	rename(other, f->socket);
}

static void do_rename(struct fixture *f)
{
	char other[128];
	snprintf(other, sizeof(other), "%s.other", f->socket);
	rename(f->socket, other);
}

static void do_move_directory(struct fixture *f)
{
	char old[sizeof(f->dir)];
	memcpy(old, f->dir, sizeof(old));
	strcat(f->dir, "-moved");
	rename(old, f->dir);
}

static void do_remove_directory(struct fixture *f)
{
	char log[128];
	snprintf(log, sizeof(log), "%s/errors.log", f->dir);
	unlink(log);
	unlink(f->socket);
	rmdir(f->dir);
}

static void losing_the_socket_ends_it(void **state)
{
	void (*const lose[])(struct fixture *) = { do_unlink, do_replace, do_rename,
		                                   do_move_directory, do_remove_directory };
	(void)state;
	for (size_t i = 0; i < sizeof(lose) / sizeof(lose[0]); i++) {
		void *own;
		char out[TEXT_MAX];
		setup(&own);
		struct fixture *f = own;
		struct client c = ask(f, "cat");
		EVENTUALLY(child_of(f->pid) > 0);
		lose[i](f);
		EVENTUALLY(!answers(f->socket));
		close(c.in); /* in flight: it finishes */
		c.in = -1;
		slurp(c.out, out);
		assert_int_equal(await_x_it(c.sock, NULL), 0);
		assert_int_equal(daemon_wait(f), 0);
		hang_up(&c);
		teardown(&own);
	}
}

static void what_replaced_the_socket_stays(void **state)
{
	struct fixture *f = *state;
	do_replace(f);
	assert_int_equal(daemon_wait(f), 0);
	assert_int_equal(access(f->socket, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(term_int_and_quit_end_it, setup_dir, teardown),
		cmocka_unit_test_setup_teardown(other_signals_do_not, setup, teardown),
		cmocka_unit_test_setup_teardown(a_command_may_raise_a_signal, setup, teardown),
		cmocka_unit_test_setup_teardown(draining_finishes_what_is_in_flight, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(a_request_on_its_way_is_served, setup, teardown),
		cmocka_unit_test_setup_teardown(silent_clients_do_not_hold_it, setup, teardown),
		cmocka_unit_test_setup_teardown(told_twice_it_says_so_to_its_clients, setup,
		                                teardown),
		cmocka_unit_test(losing_the_socket_ends_it),
		cmocka_unit_test_setup_teardown(what_replaced_the_socket_stays, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

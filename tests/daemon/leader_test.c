/* Commands that run in a worker: descriptors, control packets, deaths. */
#include "fixture.h"

static void a_worker_has_what_is_the_clients(void **state)
{
	struct fixture *f = *state;
	char out[TEXT_MAX];
	assert_int_equal(run(f, "where", out, NULL), 0);
	assert_string_equal(out, "/ red\n");
	assert_int_equal(run(f, "fds", out, NULL), 0);
	assert_string_equal(out, "0 1 2 ");
	struct client c = ask(f, "cat");
	assert_int_equal(write(c.in, "mail", 4), 4);
	close(c.in);
	c.in = -1;
	assert_string_equal(slurp(c.out, out), "mail");
	assert_int_equal(await_x_it(c.sock, NULL), 0);
	hang_up(&c);
}

static void a_nonblocking_pipe_is_read_as_a_blocking_one(void **state)
{
	int p[2];
	char out[TEXT_MAX];
	assert_int_equal(pipe2(p, O_CLOEXEC | O_NONBLOCK), 0);
	struct client c = ask_with(*state, "cat", p[0], -1);
	EVENTUALLY(child_of(((struct fixture *)*state)->pid) > 0);
	assert_int_equal(write(p[1], "late", 4), 4);
	assert_true(fcntl(p[0], F_GETFL) & O_NONBLOCK);
	close(p[1]);
	assert_string_equal(slurp(c.out, out), "late");
	assert_int_equal(await_x_it(c.sock, NULL), 0);
	hang_up(&c);
	close(p[0]);
}

static void exit_status_arrives(void **state)
{
	char err[TEXT_MAX];
	assert_int_equal(run(*state, "hello", NULL, NULL), 0);
	assert_int_equal(run(*state, "fail", NULL, err), 3 << 8);
	assert_string_equal(err, "no\n");
}

struct death {
	int signo, status;
	const char *says;
};

static void a_death_is_loud(void **state)
{
	const struct death deaths[] = {
		{ SIGKILL, 1 << 8, "lei: die: worker died of signal 9 (Killed)\n" },
		{ SIGTERM, 1 << 8, "lei: die: worker died of signal 15 (Terminated)\n" },
		{ SIGINT, 1 << 8, "lei: die: worker died of signal 2 (Interrupt)\n" },
		{ SIGPIPE, SIGPIPE, "" },
	};
	for (size_t i = 0; i < sizeof(deaths) / sizeof(deaths[0]); i++) {
		char words[32], err[TEXT_MAX];
		snprintf(words, sizeof(words), "die %d", deaths[i].signo);
		assert_int_equal(run(*state, words, NULL, err), deaths[i].status);
		assert_string_equal(err, deaths[i].says);
	}
}

/* ---- control packets ---- */

static struct client start_sleeper(struct fixture *f, const char *words, pid_t *ret_leader)
{
	char line[TEXT_MAX];
	struct client c = ask(f, words);
	read_line(c.err, line);
	*ret_leader = child_of(f->pid);
	assert_true(*ret_leader > 0);
	return c;
}

static void stop_and_cont_reach_the_group(void **state)
{
	pid_t leader;
	struct client c = start_sleeper(*state, "sleep", &leader);
	send(c.sock, "STOP", 4, 0);
	EVENTUALLY(process_state(leader) == 'T');
	send(c.sock, "CONT", 4, 0);
	EVENTUALLY(process_state(leader) == 'S');
	send(c.sock, "STOP", 4, 0);
	send(c.sock, "TERM", 4, 0);
	assert_int_equal(await_x_it(c.sock, NULL), SIGTERM);
	EVENTUALLY(process_state(leader) == 'X');
	hang_up(&c);
}

static void anything_else_ends_the_command(void **state)
{
	const char *words[] = { "HELLO", "stop", "STOP\n", "KILL" };
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		pid_t leader;
		char err[TEXT_MAX];
		struct client c = start_sleeper(*state, "sleep", &leader);
		send(c.sock, words[i], strlen(words[i]), 0);
		assert_int_equal(await_x_it(c.sock, NULL), 1 << 8);
		assert_non_null(strstr(slurp(c.err, err), "not STOP, CONT or TERM"));
		hang_up(&c);
	}
}

static void a_late_packet_does_not_hide_x_it(void **state)
{
	for (int i = 0; i < 50; i++) {
		struct client c = ask(*state, "fail");
		send(c.sock, "CONT", 4, MSG_NOSIGNAL);
		assert_int_equal(await_x_it(c.sock, NULL), 3 << 8);
		hang_up(&c);
	}
}

static void descriptors_on_control_packets_are_closed(void **state)
{
	struct fixture *f = *state;
	pid_t leader;
	struct client c = start_sleeper(f, "sleep", &leader);
	size_t before = fd_count(f->pid);
	for (int i = 0; i < 20; i++)
		wire_send(c.sock, "CONT", 4, (int[]){ 0, 1, 2 }, 3, 0);
	assert_int_equal(run(f, "in-hello", NULL, NULL), 0);
	EVENTUALLY(fd_count(f->pid) <= before);
	hang_up(&c);
}

/* ---- the client goes ---- */

static void workers_go_with_their_client(void **state)
{
	const char *words[] = { "sleep", "fill", "family" };
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		pid_t leader;
		struct client c = start_sleeper(*state, words[i], &leader);
		if (i == 0) {
			send(c.sock, "STOP", 4, 0);
			EVENTUALLY(process_state(leader) == 'T');
		}
		close(c.sock);
		c.sock = -1;
		EVENTUALLY(process_state(leader) == 'X');
		hang_up(&c);
	}
}

static void half_a_hangup_is_one(void **state)
{
	pid_t leader;
	struct client c = start_sleeper(*state, "sleep", &leader);
	shutdown(c.sock, SHUT_WR);
	EVENTUALLY(process_state(leader) == 'X');
	hang_up(&c);
}

static void who_ignores_term_is_killed(void **state)
{
	pid_t leader;
	struct client c = start_sleeper(*state, "stubborn", &leader);
	hang_up(&c);
	EVENTUALLY(process_state(leader) == 'X');
}

static void nobody_outlives_the_leader(void **state)
{
	char line[TEXT_MAX];
	struct client c = ask(*state, "orphan");
	pid_t sibling = (pid_t)strtol(read_line(c.err, line), NULL, 10);
	assert_true(sibling > 0);
	assert_int_equal(await_x_it(c.sock, NULL), 0);
	EVENTUALLY(process_state(sibling) == 'X');
	hang_up(&c);
}

static void a_dead_daemon_is_never_success(void **state)
{
	struct fixture *f = *state;
	pid_t leader;
	struct client c = start_sleeper(f, "sleep", &leader);
	kill(f->pid, SIGKILL);
	assert_int_equal(await_x_it(c.sock, NULL), -1);
	EVENTUALLY(process_state(leader) == 'X');
	assert_int_equal(daemon_wait(f), SIGKILL);
	hang_up(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_worker_has_what_is_the_clients, setup, teardown),
		cmocka_unit_test_setup_teardown(a_nonblocking_pipe_is_read_as_a_blocking_one, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(exit_status_arrives, setup, teardown),
		cmocka_unit_test_setup_teardown(a_death_is_loud, setup, teardown),
		cmocka_unit_test_setup_teardown(stop_and_cont_reach_the_group, setup, teardown),
		cmocka_unit_test_setup_teardown(anything_else_ends_the_command, setup, teardown),
		cmocka_unit_test_setup_teardown(a_late_packet_does_not_hide_x_it, setup, teardown),
		cmocka_unit_test_setup_teardown(descriptors_on_control_packets_are_closed, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(workers_go_with_their_client, setup, teardown),
		cmocka_unit_test_setup_teardown(half_a_hangup_is_one, setup, teardown),
		cmocka_unit_test_setup_teardown(who_ignores_term_is_killed, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_outlives_the_leader, setup, teardown),
		cmocka_unit_test_setup_teardown(a_dead_daemon_is_never_success, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Siblings: how they start, how they end, and what is said about it. */
#include "fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/err.h"
#include "worker/pool.h"

static int exit_with(void *rock)
{
	return *(int *)rock;
}

static int die_of(void *rock)
{
	kill(getpid(), *(int *)rock);
	return 0;
}

static int sleep_for_ever(void *rock)
{
	(void)rock;
	while (pause() < 0)
		;
	return 0;
}

static void at_least_one_processor(void **state)
{
	(void)state;
	assert_in_range(pool_cpus(), 1, POOL_MAX);
}

static void the_end_is_told_in_words(void **state)
{
	(void)state;
	static const struct {
		int (*fn)(void *rock);
		int n, rc;
		const char *text; /* after "worker PID " */
	} cases[] = {
		{ exit_with, 0, 0, "" },
		{ exit_with, 1, -ECHILD, "exited with status 1" },
		{ exit_with, 255, -ECHILD, "exited with status 255" },
		{ die_of, SIGKILL, -ECHILD, "died of signal 9 (Killed)" },
		{ die_of, SIGTERM, -ECHILD, "died of signal 15 (Terminated)" },
		{ die_of, SIGPIPE, -ECHILD, "died of signal 13 (Broken pipe)" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pool p = { 0 };
		struct err e = { "" };
		int n = cases[i].n, good = 0;
		assert_int_equal(0, pool_fork(&p, exit_with, &good, &e));
		assert_int_equal(0, pool_fork(&p, cases[i].fn, &n, &e));
		int pid = (int)p.pids[1];
		assert_int_equal(0, pool_fork(&p, exit_with, &good, &e));
		assert_int_equal(cases[i].rc, pool_wait(&p, &e));
		char text[ERR_TEXT_MAX] = "";
		if (cases[i].rc < 0)
			snprintf(text, sizeof text, "worker %d %s", pid, cases[i].text);
		assert_string_equal(text, e.text);
		/* A failure is not forgotten, and there is nobody left to wait for. */
		assert_int_equal(cases[i].rc, pool_wait(&p, NULL));
		assert_int_equal(cases[i].rc, pool_poll(&p, NULL));
		no_child_is_left();
	}
}

static void an_empty_pool_is_content(void **state)
{
	(void)state;
	struct pool p = { 0 };
	assert_int_equal(0, pool_poll(&p, NULL));
	assert_int_equal(0, pool_wait(&p, NULL));
	pool_kill(&p, SIGKILL);
}

/* Turn a blocking read's end into a fact: the pipe's writers are all gone. */
static void await_eof(int fd)
{
	char c;
	assert_int_equal(0, read(fd, &c, 1));
}

static void poll_reports_a_failure_while_others_live(void **state)
{
	(void)state;
	struct pool p = { 0 };
	struct err e = { "" };
	int three = 3;
	assert_int_equal(0, pool_fork(&p, sleep_for_ever, NULL, &e));
	assert_int_equal(-EAGAIN, pool_poll(&p, &e));
	assert_string_equal("", e.text);
	assert_int_equal(0, pool_fork(&p, exit_with, &three, &e));
	siginfo_t info;
	assert_int_equal(0, waitid(P_PID, (id_t)p.pids[1], &info, WEXITED | WNOWAIT));
	assert_int_equal(-ECHILD, pool_poll(&p, &e));
	assert_non_null(strstr(e.text, "exited with status 3"));
	pool_kill(&p, SIGKILL);
	no_child_is_left();
	/* The first failure stays the one that is told. */
	assert_int_equal(-ECHILD, pool_wait(&p, &e));
	assert_non_null(strstr(e.text, "exited with status 3"));
}

static void killed_is_not_success(void **state)
{
	(void)state;
	struct pool p = { 0 };
	struct err e = { "" };
	assert_int_equal(0, pool_fork(&p, sleep_for_ever, NULL, &e));
	assert_int_equal(0, pool_fork(&p, sleep_for_ever, NULL, &e));
	pool_kill(&p, SIGKILL);
	no_child_is_left();
	assert_int_equal(-ECHILD, pool_wait(&p, &e));
	assert_non_null(strstr(e.text, "died of signal 9 (Killed)"));
}

static void term_ends_them_too(void **state)
{
	(void)state;
	struct pool p = { 0 };
	struct err e = { "" };
	for (int i = 0; i < 3; i++)
		assert_int_equal(0, pool_fork(&p, sleep_for_ever, NULL, &e));
	pool_kill(&p, SIGTERM);
	assert_int_equal(-ECHILD, pool_wait(&p, &e));
	assert_non_null(strstr(e.text, "died of signal 15 (Terminated)"));
	no_child_is_left();
}

static void a_stolen_status_is_a_failure(void **state)
{
	(void)state;
	struct pool p = { 0 };
	struct err e = { "" };
	int zero = 0;
	assert_int_equal(0, pool_fork(&p, exit_with, &zero, &e));
	assert_int_equal(p.pids[0], waitpid(p.pids[0], NULL, 0));
	assert_int_equal(-ECHILD, pool_wait(&p, &e));
	assert_non_null(strstr(e.text, "exited with status 255"));
}

static void there_is_a_limit(void **state)
{
	(void)state;
	struct pool p = { 0 };
	struct err e = { "" };
	int zero = 0;
	for (int i = 0; i < POOL_MAX; i++)
		assert_int_equal(0, pool_fork(&p, exit_with, &zero, &e));
	assert_int_equal(-EAGAIN, pool_fork(&p, exit_with, &zero, &e));
	assert_string_equal("cannot start more than 64 workers", e.text);
	assert_int_equal(0, pool_wait(&p, &e));
	/* After the wait there is room again. */
	assert_int_equal(0, pool_fork(&p, exit_with, &zero, &e));
	assert_int_equal(0, pool_wait(&p, &e));
	no_child_is_left();
}

/* ---- the state a sibling begins in ---- */

static void handler(int signo)
{
	(void)signo;
}

static int check_state(void *rock)
{
	static const int signals[] = { SIGPIPE, SIGTERM, SIGINT, SIGCHLD, SIGHUP, SIGUSR1 };
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		struct sigaction now;
		sigaction(signals[i], NULL, &now);
		if (now.sa_handler != SIG_DFL)
			return 1;
	}
	sigset_t mask;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	if (!sigisemptyset(&mask))
		return 2;
	int death = 0;
	prctl(PR_GET_PDEATHSIG, &death);
	if (death != SIGKILL)
		return 3;
	return getpgrp() == *(pid_t *)rock ? 0 : 4;
}

static void siblings_start_clean(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, handler);
	sigset_t set, before, after;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &before);
	struct pool p = { 0 };
	struct err e = { "" };
	pid_t group = getpgrp();
	assert_int_equal(0, pool_fork(&p, check_state, &group, &e));
	sigprocmask(SIG_SETMASK, &before, &after);
	/* The parent's own mask is as it was. */
	assert_int_equal(1, sigismember(&after, SIGTERM));
	assert_int_equal(0, sigismember(&after, SIGINT));
	signal(SIGPIPE, SIG_DFL);
	signal(SIGUSR1, SIG_DFL);
	assert_int_equal(0, pool_wait(&p, &e));
	assert_string_equal("", e.text);
}

static int tell_exit_fd = -1;

static void tell_exit(void)
{
	if (tell_exit_fd >= 0 && write(tell_exit_fd, "x", 1) < 0)
		abort();
}

/* No exit(3) in a sibling: that would flush what the parent has in its stdio buffers, too. */
static void the_parents_exit_handlers_do_not_run(void **state)
{
	(void)state;
	int fds[2], zero = 0;
	char c;
	assert_int_equal(0, pipe(fds));
	assert_int_equal(0, atexit(tell_exit));
	tell_exit_fd = fds[1];
	struct pool p = { 0 };
	assert_int_equal(0, pool_fork(&p, exit_with, &zero, NULL));
	assert_int_equal(0, pool_wait(&p, NULL));
	tell_exit_fd = -1;
	close(fds[1]);
	assert_int_equal(0, read(fds[0], &c, 1));
	close(fds[0]);
}

/* A leader that is killed takes its siblings along: all copies of the pipe close. */
static void siblings_die_with_the_leader(void **state)
{
	(void)state;
	int fds[2];
	assert_int_equal(0, pipe(fds));
	pid_t leader = fork();
	if (leader == 0) {
		struct pool p = { 0 };
		for (int i = 0; i < 3; i++)
			if (pool_fork(&p, sleep_for_ever, NULL, NULL) < 0)
				_exit(1);
		if (write(fds[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(1);
	}
	close(fds[1]);
	char c;
	assert_int_equal(1, read(fds[0], &c, 1));
	kill(leader, SIGKILL);
	await_eof(fds[0]);
	close(fds[0]);
	assert_int_equal(leader, waitpid(leader, NULL, 0));
}

/* Told of a parent that is not its own, as when that died before the child got so far. */
static void an_orphan_ends_itself(void **state)
{
	(void)state;
	pid_t pid = fork();
	if (pid == 0) {
		worker_reset(getpid());
		_exit(0);
	}
	int status;
	assert_int_equal(pid, waitpid(pid, &status, 0));
	assert_true(WIFSIGNALED(status));
	assert_int_equal(SIGKILL, WTERMSIG(status));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_least_one_processor),
		cmocka_unit_test(the_end_is_told_in_words),
		cmocka_unit_test(an_empty_pool_is_content),
		cmocka_unit_test(poll_reports_a_failure_while_others_live),
		cmocka_unit_test(killed_is_not_success),
		cmocka_unit_test(term_ends_them_too),
		cmocka_unit_test(a_stolen_status_is_a_failure),
		cmocka_unit_test(there_is_a_limit),
		cmocka_unit_test(siblings_start_clean),
		cmocka_unit_test(the_parents_exit_handlers_do_not_run),
		cmocka_unit_test(siblings_die_with_the_leader),
		cmocka_unit_test(an_orphan_ends_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

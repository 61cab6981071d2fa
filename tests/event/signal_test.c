/* Signals, children and what a fork leaves alone. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "event/internal.h"

static sigset_t set_of(int a, int b)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, a);
	sigaddset(&set, b);
	return set;
}

static bool is_blocked(int signo)
{
	sigset_t mask;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	return sigismember(&mask, signo) == 1;
}

struct heard {
	size_t count[65], total;
	bool done;
};

static void hear(int signo, void *rock)
{
	struct heard *h = rock;
	h->count[signo]++;
	h->total++;
	h->done = h->done || signo == SIGUSR1;
}

static void signals_reach_the_callback(void **state)
{
	(void)state;
	size_t before = open_fds();
	struct loop *l = loop_new(LOOP_REALTIME, NULL);
	struct heard h = { 0 };
	sigset_t set = set_of(SIGUSR1, SIGTERM);
	assert_false(is_blocked(SIGTERM));
	assert_int_equal(-EINVAL, loop_signals(l, NULL, hear, &h));
	assert_int_equal(-EINVAL, loop_signals(l, &set, NULL, &h));
	assert_int_equal(0, loop_signals(l, &set, hear, &h));
	assert_int_equal(-EBUSY, loop_signals(l, &set, hear, &h));
	assert_true(is_blocked(SIGTERM));
	raise(SIGTERM);
	raise(SIGUSR1);
	turn_until(l, &h.done);
	assert_int_equal(1, h.count[SIGTERM]);
	assert_int_equal(1, h.count[SIGUSR1]);
	loop_free(l);
	assert_false(is_blocked(SIGTERM));
	assert_int_equal(before, open_fds());
}

static void more_signals_than_one_read_takes(void **state)
{
	(void)state;
	enum { MANY = 100 };
	struct loop *l = loop_new(LOOP_REALTIME, NULL);
	struct heard h = { 0 };
	sigset_t set = set_of(SIGRTMIN, SIGUSR1);
	assert_int_equal(0, loop_signals(l, &set, hear, &h));
	for (int i = 0; i < MANY; i++)
		raise(SIGRTMIN); /* these queue */
	while (h.total < MANY)
		assert_int_equal(0, loop_turn(l, EVENT_NEVER));
	assert_int_equal(MANY, h.count[SIGRTMIN]);
	loop_free(l);
}

/* ---- children ---- */

enum { CHILDREN = 20 };

struct nursery {
	struct loop *loop;
	struct heard heard;
	pid_t pids[CHILDREN];
	int statuses[CHILDREN];
	size_t ended, expect;
	bool done;
};

static void nursery_open(struct nursery *n, size_t expect)
{
	*n = (struct nursery){ .loop = loop_new(LOOP_REALTIME, NULL), .expect = expect };
	sigset_t set = set_of(SIGCHLD, SIGTERM);
	assert_int_equal(0, loop_signals(n->loop, &set, hear, &n->heard));
}

static pid_t fork_exit(int status)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(status);
	assert_true(pid > 0);
	return pid;
}

static void child_ended(pid_t pid, int wait_status, void *rock)
{
	struct nursery *n = rock;
	for (size_t i = 0; i < CHILDREN; i++)
		if (n->pids[i] == pid)
			n->statuses[i] = wait_status;
	n->ended++;
	n->done = n->ended >= n->expect;
}

/* Wait for the end of `pid` without reaping it. */
static void await_zombie(pid_t pid)
{
	siginfo_t info;
	assert_int_equal(0, waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
}

static void every_child_is_reaped_once(void **state)
{
	(void)state;
	struct nursery n;
	nursery_open(&n, CHILDREN);
	for (int i = 0; i < CHILDREN; i++) {
		n.pids[i] = fork_exit(i);
		if (i % 3 == 0)
			await_zombie(n.pids[i]);
		assert_int_equal(0, loop_child(n.loop, n.pids[i], child_ended, &n));
	}
	turn_until(n.loop, &n.done);
	assert_int_equal(CHILDREN, n.ended);
	for (int i = 0; i < CHILDREN; i++)
		assert_int_equal(i, WEXITSTATUS(n.statuses[i]));
	assert_int_equal(-1, waitpid(-1, NULL, WNOHANG));
	assert_int_equal(ECHILD, errno);
	assert_true(n.heard.count[SIGCHLD] >= 1);
	loop_free(n.loop);
}

/* Its signal has been taken before it is registered: no other will come. */
static void a_child_that_ended_before_is_found(void **state)
{
	(void)state;
	struct nursery n;
	nursery_open(&n, 1);
	n.pids[0] = fork_exit(7);
	await_zombie(n.pids[0]);
	while (n.heard.count[SIGCHLD] == 0)
		assert_int_equal(0, loop_turn(n.loop, EVENT_NEVER));
	assert_int_equal(0, loop_child(n.loop, n.pids[0], child_ended, &n));
	assert_int_equal(0, n.ended); /* not from inside loop_child */
	turn_until(n.loop, &n.done);
	assert_int_equal(7, WEXITSTATUS(n.statuses[0]));
	loop_free(n.loop);
}

static void a_killed_child_says_so(void **state)
{
	(void)state;
	struct nursery n;
	nursery_open(&n, 1);
	n.pids[0] = fork();
	if (n.pids[0] == 0)
		for (;;)
			pause();
	assert_int_equal(0, loop_child(n.loop, n.pids[0], child_ended, &n));
	kill(n.pids[0], SIGKILL);
	turn_until(n.loop, &n.done);
	assert_true(WIFSIGNALED(n.statuses[0]));
	assert_int_equal(SIGKILL, WTERMSIG(n.statuses[0]));
	loop_free(n.loop);
}

static void children_of_others_are_left_alone(void **state)
{
	(void)state;
	struct nursery n;
	nursery_open(&n, 1);
	pid_t foreign = fork_exit(9);
	await_zombie(foreign);
	n.pids[0] = fork_exit(0);
	assert_int_equal(0, loop_child(n.loop, n.pids[0], child_ended, &n));
	turn_until(n.loop, &n.done);
	int status;
	assert_int_equal(foreign, waitpid(foreign, &status, WNOHANG));
	assert_int_equal(9, WEXITSTATUS(status));
	loop_free(n.loop);
}

static void a_lost_status_is_a_failure(void **state)
{
	(void)state;
	struct nursery n;
	nursery_open(&n, 1);
	int hold[2];
	assert_int_equal(0, pipe(hold));
	n.pids[0] = fork();
	if (n.pids[0] == 0) {
		char c;
		close(hold[1]);
		_exit((int)read(hold[0], &c, 1));
	}
	assert_int_equal(0, loop_child(n.loop, n.pids[0], child_ended, &n));
	close(hold[1]);
	assert_int_equal(n.pids[0], waitpid(n.pids[0], NULL, 0));
	turn_until(n.loop, &n.done);
	assert_int_equal(255, WEXITSTATUS(n.statuses[0]));
	loop_free(n.loop);
	close(hold[0]);
}

static void next_child(pid_t pid, int wait_status, void *rock)
{
	struct nursery *n = rock;
	child_ended(pid, wait_status, rock);
	if (n->ended == CHILDREN)
		return;
	n->pids[n->ended] = fork_exit((int)n->ended);
	if (n->ended % 2)
		await_zombie(n->pids[n->ended]);
	assert_int_equal(0, loop_child(n->loop, n->pids[n->ended], next_child, n));
}

static void a_callback_may_register_the_next_child(void **state)
{
	(void)state;
	struct nursery n;
	nursery_open(&n, CHILDREN);
	n.pids[0] = fork_exit(0);
	assert_int_equal(0, loop_child(n.loop, n.pids[0], next_child, &n));
	turn_until(n.loop, &n.done);
	for (int i = 0; i < CHILDREN; i++)
		assert_int_equal(i, WEXITSTATUS(n.statuses[i]));
	loop_free(n.loop);
}

static void bad_registrations_are_refused(void **state)
{
	(void)state;
	struct nursery n;
	struct loop *deaf = loop_new(LOOP_REALTIME, NULL);
	assert_int_equal(-EINVAL, loop_child(deaf, getpid(), child_ended, &n));
	sigset_t set = set_of(SIGTERM, SIGUSR1);
	assert_int_equal(0, loop_signals(deaf, &set, hear, &n.heard));
	assert_int_equal(-EINVAL, loop_child(deaf, getpid(), child_ended, &n));
	loop_free(deaf);

	nursery_open(&n, 1);
	assert_int_equal(-EINVAL, loop_child(n.loop, 0, child_ended, &n));
	assert_int_equal(-EINVAL, loop_child(n.loop, -1, child_ended, &n));
	assert_int_equal(-ECHILD, loop_child(n.loop, getpid(), child_ended, &n));
	n.pids[0] = fork_exit(0);
	assert_int_equal(-EINVAL, loop_child(n.loop, n.pids[0], NULL, &n));
	assert_int_equal(0, loop_child(n.loop, n.pids[0], child_ended, &n));
	assert_int_equal(-EEXIST, loop_child(n.loop, n.pids[0], child_ended, &n));
	turn_until(n.loop, &n.done);
	assert_int_equal(1, n.ended);
	loop_free(n.loop);
}

static void an_inherited_ignored_sigchld_loses_nothing(void **state)
{
	(void)state;
	signal(SIGCHLD, SIG_IGN);
	struct nursery n;
	nursery_open(&n, 1);
	n.pids[0] = fork_exit(5);
	assert_int_equal(0, loop_child(n.loop, n.pids[0], child_ended, &n));
	turn_until(n.loop, &n.done);
	assert_int_equal(5, WEXITSTATUS(n.statuses[0]));
	loop_free(n.loop);
	assert_true(signal(SIGCHLD, SIG_DFL) == SIG_IGN);
}

static void a_loop_may_be_freed_before_its_children_end(void **state)
{
	(void)state;
	struct nursery n;
	nursery_open(&n, 1);
	n.pids[0] = fork_exit(0);
	assert_int_equal(0, loop_child(n.loop, n.pids[0], child_ended, &n));
	loop_free(n.loop);
	assert_int_equal(n.pids[0], waitpid(n.pids[0], NULL, 0));
}

/* ---- fork inside a callback, as the daemon does for each command ---- */

struct forker {
	struct nursery nursery;
	int out; /* the child's verdict */
	size_t reads;
};

/* "" when all is as it must be. */
static const char *verdict_of_child(struct forker *f)
{
	const struct loop *l = f->nursery.loop;
	const int fds[] = { l->epoll_fd, l->timer_fd, l->signal_fd };
	loop_after_fork(f->nursery.loop);
	if (is_blocked(SIGTERM) || is_blocked(SIGCHLD))
		return "the mask was not restored";
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		if (fds[i] < 0 || fcntl(fds[i], F_GETFD) >= 0)
			return "a descriptor of the loop is still open";
	return "";
}

static void fork_a_child(struct forker *f)
{
	pid_t pid = fork();
	if (pid == 0) {
		const char *text = verdict_of_child(f);
		_exit(write(f->out, text, strlen(text)) < 0);
	}
	f->nursery.pids[0] = pid;
	assert_int_equal(0, loop_child(f->nursery.loop, pid, child_ended, &f->nursery));
}

static void fork_from_stream(struct stream *s, unsigned ready, void *rock)
{
	struct forker *f = rock;
	(void)s;
	(void)ready;
	if (f->reads++ == 0)
		fork_a_child(f);
}

static waitevent fork_from_timer(struct stream *s, waitevent ev, void *rock)
{
	(void)s;
	(void)ev;
	fork_a_child(rock);
	return WAITEVENT_NONE;
}

static void the_child_leaves_the_parents_loop_alone(void **state)
{
	(void)state;
	for (int from_timer = 0; from_timer < 2; from_timer++) {
		int in[2], out[2];
		struct forker f = { 0 };
		assert_int_equal(0, pipe(in));
		assert_int_equal(0, pipe(out));
		assert_int_equal(1, write(in[1], "x", 1));
		f.out = out[1];
		nursery_open(&f.nursery, 1);
		struct stream *s = stream_new(f.nursery.loop, in[0], STREAM_READ, fork_from_stream,
		                              &f);
		waitevent_add(s, EVENT_NEVER, fork_from_timer, &f);
		if (from_timer) {
			f.reads = 1;
			waitevent_add(s, 0, fork_from_timer, &f);
		}
		turn_until(f.nursery.loop, &f.nursery.done);
		assert_int_equal(0, f.nursery.statuses[0]);
		/* Still watched here, although the child freed its copy of the stream. */
		size_t reads = f.reads;
		assert_int_equal(0, loop_turn(f.nursery.loop, EVENT_NEVER));
		assert_int_equal(reads + 1, f.reads);
		loop_free(f.nursery.loop);
		close(out[1]);
		char text[80] = "";
		assert_true(read(out[0], text, sizeof text - 1) >= 0);
		assert_string_equal("", text);
		close(out[0]);
		close(in[0]);
		close(in[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_reach_the_callback),
		cmocka_unit_test(more_signals_than_one_read_takes),
		cmocka_unit_test(every_child_is_reaped_once),
		cmocka_unit_test(a_child_that_ended_before_is_found),
		cmocka_unit_test(a_killed_child_says_so),
		cmocka_unit_test(children_of_others_are_left_alone),
		cmocka_unit_test(a_lost_status_is_a_failure),
		cmocka_unit_test(a_callback_may_register_the_next_child),
		cmocka_unit_test(bad_registrations_are_refused),
		cmocka_unit_test(an_inherited_ignored_sigchld_loses_nothing),
		cmocka_unit_test(a_loop_may_be_freed_before_its_children_end),
		cmocka_unit_test(the_child_leaves_the_parents_loop_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

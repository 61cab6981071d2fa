/* Blocking reads on the system's clocks: signals, children, descriptors of every kind.  And what
 * is refused, and what is harmless. */
#include "fixture.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "event/internal.h"

#define MILLISECOND (EVENT_SECOND / 1000)

struct pair {
	int fds[2];
	struct loop *loop;
	struct stream *stream;
	size_t ran;
	waitevent ev;
};

static void pair_open(struct pair *p, enum loop_clock clock)
{
	*p = (struct pair){ .loop = loop_new(clock, NULL) };
	assert_int_equal(0, pipe(p->fds));
	p->stream = stream_new(p->loop, p->fds[0], 0, NULL, NULL);
	assert_non_null(p->stream);
}

static void pair_close(struct pair *p)
{
	loop_free(p->loop);
	for (size_t i = 0; i < 2; i++)
		if (p->fds[i] >= 0)
			close(p->fds[i]);
}

static waitevent send_byte(struct stream *s, waitevent ev, void *rock)
{
	struct pair *p = rock;
	(void)s;
	(void)ev;
	p->ran++;
	assert_int_equal(1, write(p->fds[1], "x", 1));
	return WAITEVENT_NONE;
}

/* The descriptor blocks, the read must not. */
static void events_run_while_a_read_blocks(void **state)
{
	(void)state;
	for (int clock = LOOP_REALTIME; clock <= LOOP_MONOTONIC; clock++) {
		struct pair p;
		char byte;
		pair_open(&p, (enum loop_clock)clock);
		waitevent_add(p.stream, loop_now(p.loop) + MILLISECOND, send_byte, &p);
		assert_int_equal(1, stream_read(p.stream, &byte, 1));
		waitevent_add_idle(p.stream, MILLISECOND, send_byte, &p);
		assert_int_equal(1, stream_read(p.stream, &byte, 1));
		assert_int_equal(2, p.ran);
		stream_idle_limit(p.stream, MILLISECOND);
		assert_int_equal(-ETIMEDOUT, stream_read(p.stream, &byte, 1));
		pair_close(&p);
	}
}

static void on_signal(int signo, void *rock)
{
	struct pair *p = rock;
	assert_true(signo == SIGUSR1 || signo == SIGCHLD);
	if (signo == SIGUSR1 && p->ran++ == 0)
		assert_int_equal(1, write(p->fds[1], "x", 1));
	else if (signo == SIGUSR1)
		loop_stop(p->loop);
}

static void on_child(pid_t pid, int wait_status, void *rock)
{
	struct pair *p = rock;
	(void)pid;
	assert_int_equal(3, WEXITSTATUS(wait_status));
	stream_free(p->stream);
}

static void signals_and_children_run_while_a_read_blocks(void **state)
{
	(void)state;
	struct pair p;
	sigset_t set;
	char byte;
	pair_open(&p, LOOP_MONOTONIC);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	assert_int_equal(0, loop_signals(p.loop, &set, on_signal, &p));
	raise(SIGUSR1);
	assert_int_equal(1, stream_read(p.stream, &byte, 1));
	raise(SIGUSR1);
	assert_int_equal(-ECANCELED, stream_read(p.stream, &byte, 1));
	pid_t pid = fork();
	if (pid == 0)
		_exit(3);
	assert_int_equal(0, loop_child(p.loop, pid, on_child, &p));
	assert_int_equal(-EBADF, stream_read(p.stream, &byte, 1));
	pair_close(&p);
}

static void ignore(int signo)
{
	(void)signo;
}

static waitevent interrupt(struct stream *s, waitevent ev, void *rock)
{
	struct pair *p = rock;
	pid_t pid = fork();
	(void)s;
	if (pid == 0) { /* it interrupts whatever its parent sleeps in, then lets it go on */
		for (int i = 0; i < 20; i++) {
			kill(getppid(), SIGUSR2);
			sched_yield();
		}
		_exit(write(p->fds[1], "x", 1) != 1);
	}
	return ev == p->ev ? WAITEVENT_NONE : ev;
}

static void other_signals_cost_nothing(void **state)
{
	(void)state;
	struct pair p;
	char byte;
	pair_open(&p, LOOP_REALTIME);
	signal(SIGUSR2, ignore);
	p.ev = waitevent_add(p.stream, 0, interrupt, &p);
	assert_int_equal(1, stream_read(p.stream, &byte, 1));
	assert_int_equal(0, p.ran);
	wait(NULL);
	signal(SIGUSR2, SIG_DFL);
	pair_close(&p);
}

/* ---- descriptors ---- */

static void a_regular_file_is_read_and_not_watched(void **state)
{
	(void)state;
	struct loop *l = loop_new(LOOP_REALTIME, NULL);
	FILE *f = tmpfile();
	char text[8];
	assert_int_equal(4, write(fileno(f), "one\n", 4));
	assert_int_equal(0, lseek(fileno(f), 0, SEEK_SET));
	struct stream *s = stream_new(l, fileno(f), 0, NULL, NULL);
	assert_non_null(s);
	assert_int_equal(4, stream_line(s, text, sizeof text));
	assert_string_equal("one\n", text);
	assert_int_equal(0, stream_line(s, text, sizeof text));
	assert_int_equal(0, stream_read(s, text, sizeof text));
	stream_free(s);
	fclose(f);
	loop_free(l);
}

static void what_read_says_is_for_ever(void **state)
{
	(void)state;
	struct pair p;
	char byte;
	pair_open(&p, LOOP_REALTIME);
	struct stream *dir = stream_new(p.loop, open("/", O_RDONLY | O_CLOEXEC), 0, NULL, NULL);
	waitevent_add(dir, EVENT_NEVER, send_byte, &p);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(-EISDIR, stream_read(dir, &byte, 1));
		waitevent_add(dir, 0, send_byte, &p); /* must not run any more */
	}
	assert_int_equal(0, p.ran);
	close(stream_fd(dir));
	struct stream *bare = stream_new(p.loop, -1, 0, NULL, NULL);
	assert_int_equal(-EBADF, stream_read(bare, &byte, 1));
	assert_int_equal(0, stream_read(bare, &byte, 0));
	pair_close(&p);
}

static void long_lines_come_in_pieces(void **state)
{
	(void)state;
	struct pair p;
	char big[STREAM_LINE_MAX + 10], line[STREAM_LINE_MAX + 10];
	pair_open(&p, LOOP_REALTIME);
	memset(big, 'a', sizeof big);
	assert_int_equal(sizeof big, write(p.fds[1], big, sizeof big));
	assert_int_equal(1, write(p.fds[1], "\n", 1));
	assert_int_equal(-EINVAL, stream_line(p.stream, line, 1));
	assert_int_equal(1, stream_line(p.stream, line, 2));
	assert_string_equal("a", line);
	assert_int_equal(STREAM_LINE_MAX, stream_line(p.stream, line, sizeof line));
	assert_int_equal(STREAM_LINE_MAX, strlen(line));
	assert_int_equal(10, stream_line(p.stream, line, sizeof line));
	stream_nonblock(p.stream, true);
	assert_int_equal(2, write(p.fds[1], "bc", 2));
	assert_int_equal(-EAGAIN, stream_line(p.stream, line, sizeof line));
	assert_int_equal(2, stream_buffered(p.stream));
	stream_idle_limit(p.stream, 0);
	assert_int_equal(-ETIMEDOUT, stream_line(p.stream, line, sizeof line));
	assert_int_equal(2, stream_read(p.stream, line, sizeof line));
	assert_int_equal(-ETIMEDOUT, stream_read(p.stream, line, sizeof line));
	pair_close(&p);
}

/* ---- handles ---- */

static waitevent never(struct stream *s, waitevent ev, void *rock)
{
	(void)s;
	(void)rock;
	fail();
	return ev;
}

static void stale_handles_are_harmless(void **state)
{
	(void)state;
	int64_t now = 1;
	struct loop *l = still_loop_new(LOOP_REALTIME, &now);
	struct stream *s = stream_new(l, -1, 0, NULL, NULL),
		      *other = stream_new(l, -1, 0, NULL, NULL);
	waitevent old = waitevent_add(s, 5, never, NULL);
	assert_int_equal(-ENOENT, waitevent_remove(other, old));
	assert_int_equal(0, waitevent_remove(s, old));
	waitevent tenant = waitevent_add(s, 7, never, NULL);
	assert_true((uint32_t)old == (uint32_t)tenant && old != tenant); /* the same place */
	const waitevent bad[] = { old,        WAITEVENT_NONE,
		                  tenant + 1, tenant | UINT64_C(1) << 63,
		                  UINT64_MAX, (uint32_t)tenant };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(-ENOENT, waitevent_remove(s, bad[i]));
		assert_int_equal(-ENOENT, waitevent_set_mark(s, bad[i], 0));
		assert_true(waitevent_mark(s, bad[i]) == EVENT_NEVER);
	}
	assert_int_equal(-ENOENT, waitevent_set_mark(other, tenant, 0));
	assert_true(waitevent_mark(s, tenant) == 7);
	stream_free(s);
	assert_int_equal(-ENOENT, waitevent_remove(other, tenant));
	assert_int_equal(0, loop_turn(l, EVENT_NEVER));
	loop_free(l);
}

/* A place outlives 2^32 tenants; the generation skips the 0 that would make a handle small. */
static void generations_wrap(void **state)
{
	(void)state;
	int64_t now = 1;
	struct loop *l = still_loop_new(LOOP_REALTIME, &now);
	struct stream *s = stream_new(l, -1, 0, NULL, NULL);
	waitevent first = waitevent_add(s, 5, never, NULL);
	table_at(&l->table, (uint32_t)first)->generation = UINT32_MAX;
	assert_int_equal(0, waitevent_remove(s, (waitevent)UINT32_MAX << 32 | (uint32_t)first));
	assert_true(waitevent_add(s, 5, never, NULL) == first);
	loop_free(l);
}

static void without_memory_nothing_changes(void **state)
{
	(void)state;
	int64_t now = 1;
	struct loop *l = still_loop_new(LOOP_REALTIME, &now);
	struct stream *s = stream_new(l, -1, 0, NULL, NULL);
	s->n_marks = s->n_idle = HEAP_MAX; /* as if there were so many */
	errno = 0;
	assert_true(waitevent_add(s, 1, never, NULL) == WAITEVENT_NONE);
	assert_int_equal(ENOMEM, errno);
	errno = 0;
	assert_true(waitevent_add_idle(s, 1, never, NULL) == WAITEVENT_NONE);
	assert_int_equal(ENOMEM, errno);
	s->n_marks = s->n_idle = 0;
	uint32_t n = l->n_streams;
	l->n_streams = HEAP_MAX;
	errno = 0;
	assert_null(stream_new(l, -1, 0, NULL, NULL));
	assert_int_equal(ENOMEM, errno);
	l->n_streams = n;
	assert_int_equal(0, loop_turn(l, EVENT_NEVER));
	loop_free(l);
}

static void the_clocks_can_be_asked(void **state)
{
	(void)state;
	struct loop *l = loop_new(LOOP_MONOTONIC, NULL);
	int64_t before = event_now(LOOP_MONOTONIC), now = loop_now(l);
	assert_true(before <= now && now <= event_now(LOOP_MONOTONIC));
	assert_true(event_now(LOOP_REALTIME) > 1000000000 * EVENT_SECOND);
	loop_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_run_while_a_read_blocks),
		cmocka_unit_test(signals_and_children_run_while_a_read_blocks),
		cmocka_unit_test(other_signals_cost_nothing),
		cmocka_unit_test(a_regular_file_is_read_and_not_watched),
		cmocka_unit_test(what_read_says_is_for_ever),
		cmocka_unit_test(long_lines_come_in_pieces),
		cmocka_unit_test(stale_handles_are_harmless),
		cmocka_unit_test(generations_wrap),
		cmocka_unit_test(without_memory_nothing_changes),
		cmocka_unit_test(the_clocks_can_be_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

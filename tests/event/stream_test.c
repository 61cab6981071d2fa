/* Streams: what is reported, and what callbacks may do to streams of the same round.  The
 * clock stands still, so no turn sleeps; what is ready in a pipe is ready at once. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int64_t now_ns;

static struct loop *still_loop(void)
{
	return still_loop_new(LOOP_REALTIME, &now_ns);
}

static void turn(struct loop *l)
{
	assert_int_equal(0, loop_turn(l, EVENT_NEVER));
}

struct seen {
	size_t ran;
	unsigned ready; /* of the last call */
};

static void see(struct stream *s, unsigned ready, void *rock)
{
	struct seen *seen = rock;
	(void)s;
	seen->ran++;
	seen->ready = ready;
}

static void reports_what_it_was_asked_for(void **state)
{
	(void)state;
	int sv[2];
	assert_int_equal(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv));
	struct loop *l = still_loop();
	struct seen seen = { 0 };
	struct stream *s = stream_new(l, sv[0], STREAM_READ, see, &seen);
	assert_int_equal(sv[0], stream_fd(s));
	assert_ptr_equal(l, stream_loop(s));
	turn(l);
	assert_int_equal(0, seen.ran);

	assert_int_equal(1, write(sv[1], "x", 1));
	turn(l);
	turn(l); /* still unread, reported again */
	assert_int_equal(2, seen.ran);
	assert_int_equal(STREAM_READ, seen.ready);

	assert_int_equal(0, stream_interest(s, STREAM_READ | STREAM_WRITE));
	turn(l);
	assert_int_equal(STREAM_READ | STREAM_WRITE, seen.ready);
	assert_int_equal(0, stream_interest(s, STREAM_WRITE));
	turn(l);
	assert_int_equal(STREAM_WRITE, seen.ready);
	assert_int_equal(0, stream_interest(s, 0));
	turn(l);
	assert_int_equal(4, seen.ran);
	loop_free(l);
	close(sv[0]);
	close(sv[1]);
}

static void a_hangup_is_reported_with_the_interest(void **state)
{
	(void)state;
	int p[2];
	assert_int_equal(0, pipe(p));
	struct loop *l = still_loop();
	struct seen seen = { 0 };
	struct stream *s = stream_new(l, p[0], STREAM_READ, see, &seen);
	close(p[1]);
	turn(l);
	assert_int_equal(STREAM_READ | STREAM_HANGUP, seen.ready);
	stream_free(s);

	assert_int_equal(0, pipe2(p, O_NONBLOCK));
	s = stream_new(l, p[1], STREAM_WRITE, see, &seen);
	close(p[0]);
	turn(l);
	assert_int_equal(STREAM_WRITE | STREAM_HANGUP, seen.ready);
	loop_free(l);
	close(p[1]);
}

static void without_interest_a_hangup_is_reported_once(void **state)
{
	(void)state;
	int sv[2];
	assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	struct loop *l = still_loop();
	struct seen seen = { 0 };
	struct stream *s = stream_new(l, sv[0], 0, see, &seen);
	turn(l);
	assert_int_equal(0, seen.ran);
	close(sv[1]);
	turn(l);
	turn(l);
	assert_int_equal(0, stream_interest(s, 0));
	turn(l);
	assert_int_equal(1, seen.ran);
	assert_int_equal(STREAM_HANGUP, seen.ready);
	assert_int_equal(0, stream_interest(s, STREAM_READ));
	turn(l);
	assert_int_equal(2, seen.ran);
	assert_int_equal(STREAM_HANGUP | STREAM_READ, seen.ready);
	loop_free(l);
	close(sv[0]);
}

/* ---- callbacks that act on other streams of the same round ---- */

enum { ROUND = 8 };

struct round {
	struct loop *loop;
	int pipes[ROUND][2];
	struct stream *streams[ROUND];
	size_t ran;
	struct seen late;
};

static void round_open(struct round *r, stream_fn *fn)
{
	*r = (struct round){ .loop = still_loop() };
	for (size_t i = 0; i < ROUND; i++) {
		assert_int_equal(0, pipe(r->pipes[i]));
		assert_int_equal(1, write(r->pipes[i][1], "x", 1));
		r->streams[i] = stream_new(r->loop, r->pipes[i][0], STREAM_READ, fn, r);
		assert_non_null(r->streams[i]);
	}
}

static void round_close(struct round *r)
{
	loop_free(r->loop);
	for (size_t i = 0; i < ROUND; i++) {
		close(r->pipes[i][0]);
		close(r->pipes[i][1]);
	}
}

static void free_others(struct stream *s, unsigned ready, void *rock)
{
	struct round *r = rock;
	assert_int_equal(STREAM_READ, ready);
	r->ran++;
	for (size_t i = 0; i < ROUND; i++) {
		if (r->streams[i] == s)
			continue;
		stream_free(r->streams[i]);
		r->streams[i] = NULL;
	}
}

static void free_all(struct stream *s, unsigned ready, void *rock)
{
	struct round *r = rock;
	free_others(s, ready, rock);
	for (size_t i = 0; i < ROUND; i++)
		r->streams[i] = NULL;
	stream_free(s);
	stream_free(s);
	/* Dead, but not gone before the callback has returned. */
	assert_int_equal(-EINVAL, stream_interest(s, STREAM_READ));
	assert_true(stream_fd(s) >= 0);
}

static void silence_others(struct stream *s, unsigned ready, void *rock)
{
	struct round *r = rock;
	assert_int_equal(STREAM_READ, ready);
	r->ran++;
	for (size_t i = 0; i < ROUND; i++)
		if (r->streams[i] != s)
			assert_int_equal(0, stream_interest(r->streams[i], 0));
}

static waitevent free_from_timer(struct stream *s, waitevent ev, void *rock)
{
	(void)ev;
	free_all(s, STREAM_READ, rock);
	return ev;
}

/* Free the stream and put a new pipe on the same descriptor: the report that epoll_wait has
 * already returned for the old one must not reach the new one. */
static void replace_others(struct stream *s, unsigned ready, void *rock)
{
	struct round *r = rock;
	free_others(s, ready, rock);
	for (size_t i = 0; i < ROUND; i++) {
		int fd = r->pipes[i][0], p[2];
		if (fd == stream_fd(s))
			continue;
		assert_int_equal(0, pipe(p));
		assert_int_equal(fd, dup2(p[0], fd));
		close(p[0]);
		dup2(p[1], r->pipes[i][1]);
		close(p[1]);
		r->streams[i] = stream_new(r->loop, fd, STREAM_READ, see, &r->late);
		assert_non_null(r->streams[i]);
	}
}

static void one_callback_may_end_the_others(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		stream_fn *fn;
		size_t ran, ran_after_two;
	} cases[] = {
		{ "frees the others", free_others, 1, 2 },
		{ "frees all", free_all, 1, 1 },
		{ "silences the others", silence_others, 1, 2 },
		{ "replaces the others", replace_others, 1, 2 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct round r;
		round_open(&r, cases[i].fn);
		turn(r.loop);
		if (r.ran != cases[i].ran)
			fail_msg("%s: ran %zu times", cases[i].name, r.ran);
		turn(r.loop);
		if (r.ran != cases[i].ran_after_two || r.late.ran != 0)
			fail_msg("%s: ran %zu times in two", cases[i].name, r.ran);
		round_close(&r);
	}
}

static void a_wait_event_may_free_streams_that_are_ready(void **state)
{
	(void)state;
	struct round r;
	round_open(&r, free_others);
	struct stream *timers = r.streams[3];
	for (int i = 0; i < 3; i++)
		waitevent_add(timers, 0, free_from_timer, &r);
	turn(r.loop);
	turn(r.loop);
	assert_int_equal(1, r.ran);
	round_close(&r);
}

struct parent {
	struct seen child;
	size_t ran;
	int child_fd;
};

static void add_stream(struct stream *s, unsigned ready, void *rock)
{
	struct parent *p = rock;
	(void)ready;
	if (p->ran++ > 0)
		return;
	p->child_fd = dup(stream_fd(s));
	assert_non_null(stream_new(stream_loop(s), p->child_fd, STREAM_READ, see, &p->child));
}

static void a_stream_added_in_a_callback_waits_for_the_next_turn(void **state)
{
	(void)state;
	size_t before = open_fds();
	int p[2];
	assert_int_equal(0, pipe(p));
	assert_int_equal(1, write(p[1], "x", 1));
	struct loop *l = still_loop();
	struct parent parent = { 0 };
	assert_non_null(stream_new(l, p[0], STREAM_READ, add_stream, &parent));
	turn(l);
	assert_int_equal(0, parent.child.ran);
	turn(l);
	assert_int_equal(1, parent.child.ran);
	assert_int_equal(2, parent.ran);
	loop_free(l);
	/* The loop closed nothing of the caller's. */
	assert_int_equal(0, close(p[0]));
	assert_int_equal(0, close(p[1]));
	assert_int_equal(0, close(parent.child_fd));
	assert_int_equal(before, open_fds());
}

static waitevent forbidden(struct stream *s, waitevent ev, void *rock)
{
	(void)s;
	(void)rock;
	fail();
	return ev;
}

static void freeing_a_stream_ends_its_wait_events(void **state)
{
	(void)state;
	struct loop *l = still_loop();
	struct stream *s = stream_new(l, -1, 0, NULL, NULL);
	assert_int_equal(-1, stream_fd(s));
	assert_int_equal(0, stream_interest(s, 0));
	assert_int_equal(-EINVAL, stream_interest(s, STREAM_READ));
	for (int i = 0; i < 100; i++)
		assert_true(waitevent_add(s, i - 50, forbidden, NULL) != WAITEVENT_NONE);
	stream_free(s);
	stream_free(NULL);
	turn(l);
	loop_free(l);
}

static void what_cannot_be_watched_is_refused(void **state)
{
	(void)state;
	FILE *f = tmpfile();
	struct loop *l = still_loop();
	struct seen seen;
	int p[2];
	assert_int_equal(0, pipe(p));
	const struct {
		int fd;
		unsigned interest;
		stream_fn *fn;
		int errnum;
	} cases[] = {
		{ fileno(f), STREAM_READ, see, EPERM },
		{ 1 << 20, STREAM_READ, see, EBADF },
		{ p[0], STREAM_HANGUP, see, EINVAL },
		{ p[0], 64, see, EINVAL },
		{ p[0], STREAM_READ, NULL, EINVAL },
		{ -1, STREAM_READ, see, EINVAL },
		{ -2, 0, see, EINVAL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		errno = 0;
		assert_null(stream_new(l, cases[i].fd, cases[i].interest, cases[i].fn, &seen));
		assert_int_equal(cases[i].errnum, errno);
	}
	assert_non_null(stream_new(l, p[0], STREAM_READ, see, &seen));
	assert_null(stream_new(l, p[0], STREAM_READ, see, &seen));
	assert_int_equal(EEXIST, errno);
	loop_free(l);
	fclose(f);
	close(p[0]);
	close(p[1]);
}

/* More streams are ready than one epoll_wait reports: all get their turn. */
static void many_ready_streams_all_run(void **state)
{
	(void)state;
	enum { MANY = 200 };
	int fds[MANY][2];
	struct seen seen[MANY] = { 0 };
	struct loop *l = still_loop();
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(0, pipe(fds[i]));
		assert_int_equal(1, write(fds[i][1], "x", 1));
		assert_non_null(stream_new(l, fds[i][0], STREAM_READ, see, &seen[i]));
	}
	for (int i = 0; i < 10; i++)
		turn(l);
	for (size_t i = 0; i < MANY; i++) {
		assert_true(seen[i].ran >= 1);
		close(fds[i][1]);
	}
	loop_free(l);
	for (size_t i = 0; i < MANY; i++)
		close(fds[i][0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_what_it_was_asked_for),
		cmocka_unit_test(a_hangup_is_reported_with_the_interest),
		cmocka_unit_test(without_interest_a_hangup_is_reported_once),
		cmocka_unit_test(one_callback_may_end_the_others),
		cmocka_unit_test(a_wait_event_may_free_streams_that_are_ready),
		cmocka_unit_test(a_stream_added_in_a_callback_waits_for_the_next_turn),
		cmocka_unit_test(freeing_a_stream_ends_its_wait_events),
		cmocka_unit_test(what_cannot_be_watched_is_refused),
		cmocka_unit_test(many_ready_streams_all_run),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

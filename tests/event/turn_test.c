/* Turns in virtual time: limits, idle events, bytes in buffers, and the hook before a sleep. */
#include "fixture.h"

#include <fcntl.h>

#include "event/internal.h"

#define SECONDS(n) ((n)*EVENT_SECOND)

static void note_ready(struct stream *s, unsigned ready, void *rock)
{
	struct world *w = rock;
	(void)s;
	world_note(w, ready & STREAM_IDLE ? "idle" : "ready");
}

static void note_and_read(struct stream *s, unsigned ready, void *rock)
{
	char byte;
	note_ready(s, ready, rock);
	if (ready & STREAM_READ)
		assert_int_equal(1, stream_read(s, &byte, 1));
}

/* Its stream is watched, and tells fn. */
static void watched_open(struct world *w, stream_fn *fn)
{
	world_open(w, LOOP_REALTIME);
	stream_free(w->stream);
	w->stream = stream_new(w->loop, w->fds[0], STREAM_READ, fn, w);
	assert_non_null(w->stream);
}

static void turns(struct world *w, int n)
{
	for (int i = 0; i < n; i++)
		assert_int_equal(0, loop_turn(w->loop, EVENT_NEVER));
}

static waitevent note_once(struct stream *s, waitevent ev, void *rock)
{
	(void)s;
	(void)ev;
	world_note(rock, "once");
	return WAITEVENT_NONE;
}

static waitevent note_keep(struct stream *s, waitevent ev, void *rock)
{
	(void)s;
	world_note(rock, "idle-event");
	return ev;
}

static void the_limit_is_told_once(void **state)
{
	(void)state;
	struct world w;
	watched_open(&w, note_ready);
	assert_int_equal(-EINVAL, stream_idle_limit(w.stream, -1));
	assert_int_equal(0, stream_idle_limit(w.stream, SECONDS(10)));
	turns(&w, 1);
	assert_string_equal("idle@1010", w.trace);
	assert_int_equal(-EDEADLK, loop_turn(w.loop, EVENT_NEVER));
	stream_touch(w.stream);
	assert_int_equal(-EDEADLK, loop_turn(w.loop, EVENT_NEVER));
	assert_string_equal("idle@1010", w.trace);
	char byte;
	assert_int_equal(-ETIMEDOUT, stream_read(w.stream, &byte, 1));
	world_close(&w);
}

static void input_and_touch_put_it_off(void **state)
{
	(void)state;
	struct world w;
	watched_open(&w, note_and_read);
	stream_idle_limit(w.stream, SECONDS(10));
	world_plan(&w, (struct deed){ .at = 1010, .what = 'i', .text = "x" });
	turns(&w, 1);
	world_pass(&w, SECONDS(5));
	stream_touch(w.stream);
	turns(&w, 1);
	assert_string_equal("ready@1010 idle@1025", w.trace);
	world_close(&w);
}

static void due_events_come_before_the_limit(void **state)
{
	(void)state;
	struct world w;
	watched_open(&w, note_ready);
	stream_idle_limit(w.stream, SECONDS(10));
	waitevent_add(w.stream, SECONDS(1010), note_once, &w);
	turns(&w, 2);
	assert_string_equal("once@1010 idle@1010", w.trace);
	world_close(&w);
}

/* One stream's callback puts off the limit of another that has reached it in the same turn. */
static struct stream *to_spare;

static void spare(struct stream *s, unsigned ready, void *rock)
{
	note_ready(s, ready, rock);
	stream_touch(to_spare);
}

static void a_callback_may_spare_another_stream(void **state)
{
	(void)state;
	struct world w;
	watched_open(&w, note_ready);
	to_spare = stream_new(w.loop, -1, 0, note_ready, &w);
	struct stream *first = stream_new(w.loop, -1, 0, spare, &w);
	stream_idle_limit(first, SECONDS(5));
	stream_idle_limit(to_spare, SECONDS(5));
	turns(&w, 2);
	/* Whichever was first: it is spared, or told together with the other. */
	if (strcmp(w.trace, "idle@1005 idle@1005") != 0)
		assert_string_equal("idle@1005 idle@1010", w.trace);
	world_close(&w);
}

static void idle_events_run_in_turns(void **state)
{
	(void)state;
	struct world w;
	watched_open(&w, note_and_read);
	errno = 0;
	assert_true(waitevent_add_idle(w.stream, 0, note_keep, &w) == WAITEVENT_NONE);
	assert_int_equal(EINVAL, errno);
	waitevent ev = waitevent_add_idle(w.stream, SECONDS(5), note_keep, &w);
	assert_true(waitevent_mark(w.stream, ev) == SECONDS(1005));
	assert_int_equal(-EINVAL, waitevent_set_mark(w.stream, ev, 0));
	world_plan(&w, (struct deed){ .at = 1012, .what = 'i', .text = "x" });
	world_plan(&w, (struct deed){ .at = 1003, .what = 's', .step = 5000 });
	turns(&w, 5);
	assert_string_equal("idle-event@1005 idle-event@1010 ready@1012 idle-event@1017", w.trace);
	assert_true(waitevent_mark(w.stream, ev) == SECONDS(1022));
	assert_int_equal(0, waitevent_remove(w.stream, ev));
	assert_int_equal(-ENOENT, waitevent_remove(w.stream, ev));
	assert_true(waitevent_mark(w.stream, ev) == EVENT_NEVER);
	world_close(&w);
}

static void bytes_in_the_buffer_are_input(void **state)
{
	(void)state;
	struct world w;
	watched_open(&w, note_and_read);
	assert_int_equal(3, write(w.fds[1], "abc", 3));
	turns(&w, 3);
	assert_string_equal("ready@1000 ready@1000 ready@1000", w.trace);
	assert_int_equal(0, w.waits);
	assert_int_equal(-EDEADLK, loop_turn(w.loop, EVENT_NEVER));
	world_close(&w);
}

static void note_and_read_line(struct stream *s, unsigned ready, void *rock)
{
	char line[40];
	note_ready(s, ready, rock);
	ssize_t n = stream_line(s, line, sizeof line);
	if (n > 0)
		world_note(rock, "line");
	else
		assert_int_equal(-EAGAIN, n);
}

static void half_a_line_is_not(void **state)
{
	(void)state;
	struct world w;
	watched_open(&w, note_and_read_line);
	assert_int_equal(2, write(w.fds[1], "ab", 2));
	world_plan(&w, (struct deed){ .at = 1005, .what = 'i', .text = "c\nd" });
	turns(&w, 3);
	assert_string_equal("ready@1000 ready@1005 line@1005 ready@1005", w.trace);
	assert_int_equal(-EDEADLK, loop_turn(w.loop, EVENT_NEVER));
	assert_int_equal(1, stream_buffered(w.stream));
	world_close(&w);
}

static void without_interest_the_buffer_wakes_nobody(void **state)
{
	(void)state;
	struct world w;
	watched_open(&w, note_and_read);
	assert_int_equal(3, write(w.fds[1], "abc", 3));
	turns(&w, 1);
	assert_int_equal(0, stream_interest(w.stream, 0));
	assert_int_equal(-EDEADLK, loop_turn(w.loop, EVENT_NEVER));
	assert_int_equal(0, stream_interest(w.stream, STREAM_READ));
	turns(&w, 1);
	assert_string_equal("ready@1000 ready@1000", w.trace);
	world_close(&w);
}

static void note_hook(struct stream *s, void *rock)
{
	(void)s;
	world_note(rock, "flush");
}

static void the_hook_runs_before_each_sleep(void **state)
{
	(void)state;
	struct world w;
	char byte;
	watched_open(&w, note_and_read);
	stream_before_wait(w.stream, note_hook, &w);
	waitevent_add(w.stream, SECONDS(1002), note_once, &w);
	world_plan(&w, (struct deed){ .at = 1004, .what = 'i', .text = "x" });
	world_plan(&w, (struct deed){ .at = 1006, .what = 'i', .text = "x" });
	turns(&w, 2);
	assert_int_equal(1, stream_read(w.stream, &byte, 1));
	assert_string_equal("flush@1000 once@1002 flush@1002 ready@1004 flush@1004", w.trace);
	stream_before_wait(w.stream, NULL, NULL);
	assert_int_equal(-EDEADLK, loop_turn(w.loop, EVENT_NEVER));
	world_close(&w);
}

static void free_hooked(struct stream *s, void *rock)
{
	world_note(rock, "flush");
	stream_free(s);
}

static void the_hook_may_free_its_stream(void **state)
{
	(void)state;
	struct world w;
	char byte;
	watched_open(&w, note_ready);
	stream_before_wait(w.stream, free_hooked, &w);
	assert_int_equal(-EBADF, stream_read(w.stream, &byte, 1));
	w.stream = stream_new(w.loop, w.fds[0], STREAM_READ, note_ready, &w);
	stream_before_wait(w.stream, free_hooked, &w);
	assert_int_equal(-EDEADLK, loop_turn(w.loop, EVENT_NEVER));
	assert_string_equal("flush@1000 flush@1000", w.trace);
	world_close(&w);
}

static void the_error_of_a_wait_is_returned(void **state)
{
	(void)state;
	struct world w;
	char byte;
	watched_open(&w, note_ready);
	for (int i = 0; i < 2; i++)
		world_plan(&w, (struct deed){ .at = 1004 + i, .what = 'x' });
	assert_int_equal(-ENOLINK, loop_run(w.loop));
	assert_int_equal(-ENOLINK, stream_read(w.stream, &byte, 1));
	assert_true(w.mono == SECONDS(1005));
	world_close(&w);
}

static void a_turn_sleeps_until_its_deadline(void **state)
{
	(void)state;
	struct world w;
	watched_open(&w, note_ready);
	waitevent_add(w.stream, SECONDS(5000), note_once, &w);
	world_plan(&w, (struct deed){ .at = 1003, .what = 'n' });
	world_plan(&w, (struct deed){ .at = 1004, .what = 's', .step = 10 });
	assert_int_equal(0, loop_turn(w.loop, SECONDS(1030)));
	assert_true(w.wall == SECONDS(1030) && w.mono == SECONDS(1020));
	assert_string_equal("", w.trace);
	world_close(&w);
}

/* A million idle events cost an input nothing, and a pass with nothing due neither. */
static void input_moves_no_event(void **state)
{
	(void)state;
	enum { MANY = 20000 };
	struct world w;
	watched_open(&w, note_ready);
	for (int i = 0; i < MANY; i++)
		assert_true(waitevent_add_idle(w.stream, SECONDS(10 + i), note_once, &w) != 0);
	world_pass(&w, SECONDS(1));
	stream_touch(w.stream);
	uint64_t before = w.stream->from_input.compares + w.stream->from_later.compares;
	for (int i = 0; i < 1000; i++) {
		world_pass(&w, SECONDS(1));
		stream_touch(w.stream);
		assert_int_equal(0, loop_turn(w.loop, 0));
	}
	assert_int_equal(before, w.stream->from_input.compares + w.stream->from_later.compares);
	turns(&w, 2);
	assert_string_equal("once@2011", w.trace);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_limit_is_told_once),
		cmocka_unit_test(input_and_touch_put_it_off),
		cmocka_unit_test(due_events_come_before_the_limit),
		cmocka_unit_test(a_callback_may_spare_another_stream),
		cmocka_unit_test(idle_events_run_in_turns),
		cmocka_unit_test(bytes_in_the_buffer_are_input),
		cmocka_unit_test(half_a_line_is_not),
		cmocka_unit_test(without_interest_the_buffer_wakes_nobody),
		cmocka_unit_test(the_hook_runs_before_each_sleep),
		cmocka_unit_test(the_hook_may_free_its_stream),
		cmocka_unit_test(the_error_of_a_wait_is_returned),
		cmocka_unit_test(a_turn_sleeps_until_its_deadline),
		cmocka_unit_test(input_moves_no_event),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

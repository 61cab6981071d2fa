/* The loop on the system's clocks: it sleeps, wakes, does not spin, starves nobody. */
#include "fixture.h"

#include <errno.h>
#include <unistd.h>

#define MILLISECOND (EVENT_SECOND / 1000)

struct firing {
	struct loop *loop;
	int64_t mark_ns, at_ns;
	size_t ran;
	bool done;
};

static waitevent note(struct stream *s, waitevent ev, void *rock)
{
	struct firing *f = rock;
	(void)s;
	f->mark_ns = waitevent_mark(s, ev);
	f->at_ns = loop_now(f->loop);
	f->ran++;
	f->done = true;
	return WAITEVENT_NONE;
}

static void runs_at_its_mark(void **state)
{
	(void)state;
	const enum loop_clock clocks[] = { LOOP_REALTIME, LOOP_MONOTONIC };
	for (size_t i = 0; i < 2; i++) {
		struct loop *l = loop_new(clocks[i], NULL);
		struct stream *s = stream_new(l, -1, 0, NULL, NULL);
		struct firing f = { .loop = l };
		waitevent_add(s, loop_now(l) + 20 * MILLISECOND, note, &f);
		turn_until(l, &f.done);
		assert_true(f.at_ns >= f.mark_ns);
		loop_free(l);
	}
}

/* The wait follows the earliest mark as it is when the pass is over. */
static waitevent bring_forward(struct stream *s, waitevent ev, void *rock)
{
	(void)s;
	(void)ev;
	waitevent_set_mark(s, *(waitevent *)rock, loop_now(stream_loop(s)) + MILLISECOND);
	return WAITEVENT_NONE;
}

static void the_wait_sees_what_callbacks_changed(void **state)
{
	(void)state;
	struct loop *l = loop_new(LOOP_REALTIME, NULL);
	struct stream *s = stream_new(l, -1, 0, NULL, NULL);
	struct firing f = { .loop = l };
	waitevent late = waitevent_add(s, loop_now(l) + 3600 * EVENT_SECOND, note, &f);
	waitevent_add(s, 0, bring_forward, &late);
	turn_until(l, &f.done);
	loop_free(l);
}

static void the_deadline_ends_the_wait(void **state)
{
	(void)state;
	struct loop *l = loop_new(LOOP_MONOTONIC, NULL);
	struct stream *s = stream_new(l, -1, 0, NULL, NULL);
	struct firing f = { .loop = l };
	int64_t deadline_ns = loop_now(l) + 5 * MILLISECOND;
	waitevent_add(s, deadline_ns + 3600 * EVENT_SECOND, note, &f);
	assert_int_equal(0, loop_turn(l, deadline_ns));
	assert_true(loop_now(l) >= deadline_ns);
	assert_int_equal(0, loop_turn(l, deadline_ns)); /* past */
	assert_int_equal(0, loop_turn(l, INT64_MIN));
	assert_int_equal(0, f.ran);
	loop_free(l);
}

struct stuck {
	struct loop *loop;
	size_t ran;
	int64_t until_ns;
	bool done, set_to_now;
};

static waitevent stand(struct stream *s, waitevent ev, void *rock)
{
	struct stuck *k = rock;
	(void)s;
	k->ran++;
	int64_t now_ns = loop_now(k->loop);
	k->done = now_ns >= k->until_ns;
	if (k->set_to_now)
		waitevent_set_mark(s, ev, now_ns);
	return ev;
}

static waitevent clone(struct stream *s, waitevent ev, void *rock)
{
	stand(s, ev, rock);
	waitevent_remove(s, ev);
	assert_true(waitevent_add(s, 0, clone, rock) != WAITEVENT_NONE);
	return WAITEVENT_NONE;
}

static void a_mark_that_does_not_advance_does_not_spin(void **state)
{
	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		struct loop *l = loop_new(LOOP_REALTIME, NULL);
		struct stream *s = stream_new(l, -1, 0, NULL, NULL);
		int64_t start_ns = loop_now(l);
		struct stuck k = { .loop = l,
			           .until_ns = start_ns + 50 * MILLISECOND,
			           .set_to_now = kind == 1 };
		waitevent_add(s, 0, kind == 2 ? clone : stand, &k);
		turn_until(l, &k.done);
		/* Never more than one call each millisecond. */
		assert_true((int64_t)k.ran <= (loop_now(l) - start_ns) / MILLISECOND + 2);
		loop_free(l);
	}
}

static void leave_unread(struct stream *s, unsigned ready, void *rock)
{
	(void)s;
	(void)ready;
	++*(size_t *)rock;
}

static void input_does_not_starve_wait_events(void **state)
{
	(void)state;
	int p[2];
	assert_int_equal(0, pipe(p));
	assert_int_equal(1, write(p[1], "x", 1));
	struct loop *l = loop_new(LOOP_REALTIME, NULL);
	size_t reads = 0;
	struct stream *s = stream_new(l, p[0], STREAM_READ, leave_unread, &reads);
	struct firing f = { .loop = l };
	struct stuck k = { .loop = l, .until_ns = EVENT_NEVER };
	waitevent_add(s, 0, note, &f);
	waitevent_add(s, 0, stand, &k);
	for (size_t turn = 1; turn <= 100; turn++) {
		assert_int_equal(0, loop_turn(l, EVENT_NEVER));
		assert_int_equal(1, f.ran);
		/* The stuck one does not starve the input either. */
		assert_int_equal(turn, k.ran);
		assert_int_equal(turn, reads);
	}
	loop_free(l);
	close(p[0]);
	close(p[1]);
}

static waitevent stop_at_three(struct stream *s, waitevent ev, void *rock)
{
	if (++*(size_t *)rock == 3)
		loop_stop(stream_loop(s));
	return ev;
}

static void stop_ends_run(void **state)
{
	(void)state;
	struct loop *l = loop_new(LOOP_REALTIME, NULL);
	struct stream *s = stream_new(l, -1, 0, NULL, NULL);
	size_t ran = 0;
	waitevent ev = waitevent_add(s, 0, stop_at_three, &ran);
	assert_int_equal(0, loop_run(l));
	assert_int_equal(3, ran);
	waitevent_remove(s, ev);
	/* Stopped with nothing to wait for: it must not sleep, and it can run again. */
	loop_stop(l);
	assert_int_equal(0, loop_run(l));
	ran = 2;
	waitevent_add(s, 0, stop_at_three, &ran);
	assert_int_equal(0, loop_run(l));
	loop_free(l);
}

static waitevent run_inside(struct stream *s, waitevent ev, void *rock)
{
	(void)ev;
	assert_int_equal(-EBUSY, loop_run(stream_loop(s)));
	*(bool *)rock = true;
	return WAITEVENT_NONE;
}

static void no_loop_inside_the_loop(void **state)
{
	(void)state;
	struct loop *l = loop_new(LOOP_REALTIME, NULL);
	bool done = false;
	waitevent_add(stream_new(l, -1, 0, NULL, NULL), 0, run_inside, &done);
	turn_until(l, &done);
	loop_free(l);
}

static void a_test_clock_never_sleeps(void **state)
{
	(void)state;
	int64_t now = 5;
	struct loop *l = still_loop_new(LOOP_REALTIME, &now);
	struct stream *s = stream_new(l, -1, 0, NULL, NULL);
	struct firing f = { .loop = l };
	waitevent_add(s, 6, note, &f);
	assert_true(loop_now(l) == 5);
	assert_int_equal(0, loop_turn(l, EVENT_NEVER));
	assert_int_equal(0, f.ran);
	now = 6;
	assert_int_equal(0, loop_turn(l, EVENT_NEVER));
	assert_int_equal(1, f.ran);
	loop_free(l);
}

static void leaves_no_descriptor(void **state)
{
	(void)state;
	size_t before = open_fds();
	struct loop *l = loop_new(LOOP_REALTIME, NULL);
	assert_true(open_fds() > before);
	loop_free(l);
	loop_free(NULL);
	assert_int_equal(before, open_fds());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_at_its_mark),
		cmocka_unit_test(the_wait_sees_what_callbacks_changed),
		cmocka_unit_test(the_deadline_ends_the_wait),
		cmocka_unit_test(a_mark_that_does_not_advance_does_not_spin),
		cmocka_unit_test(input_does_not_starve_wait_events),
		cmocka_unit_test(stop_ends_run),
		cmocka_unit_test(no_loop_inside_the_loop),
		cmocka_unit_test(a_test_clock_never_sleeps),
		cmocka_unit_test(leaves_no_descriptor),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

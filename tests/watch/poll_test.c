/* Polling, in time that passes only while the loop sleeps. */
#include "backend_contract.h"

static int setup(void **state)
{
	*state = world_new(&backend_poll);
	return 0;
}

/* Let so much time pass. */
static void pass(struct world *w, int64_t ns)
{
	int64_t deadline_ns = w->now + ns;
	while (w->now < deadline_ns)
		assert_int_equal(0, loop_turn(w->loop, deadline_ns));
}

static void sleeps_for_good_with_nothing_to_do(void **state)
{
	struct world *w = *state;
	assert_int_equal(-ETIME, loop_turn(w->loop, EVENT_NEVER));
	assert_int_equal(0, add(w, 1, "a"));
	assert_int_equal(0, add(w, 2, "b"));
	assert_int_equal(0, loop_turn(w->loop, EVENT_NEVER));
	assert_int_equal(2 * EVENT_SECOND, w->asked);
	take_away(w, 1);
	assert_int_equal(0, loop_turn(w->loop, EVENT_NEVER));
	assert_int_equal(0, loop_turn(w->loop, w->now)); /* the round that is due */
	take_away(w, 2);
	w->sleeps = 0;
	assert_int_equal(-ETIME, loop_turn(w->loop, EVENT_NEVER));
	assert_int_equal(1, w->sleeps);
	assert_int_equal(0, add(w, 2, "b"));
	assert_int_equal(0, rmdir(at(w, "b")));
	until_more(w, &w->lost[2], 0);
	assert_int_equal(-ETIME, loop_turn(w->loop, EVENT_NEVER));
}

static void one_event_for_all(void **state)
{
	struct world *w = *state;
	for (unsigned id = 0; id < 100; id++)
		assert_int_equal(0, add(w, id, id % 2 ? "a" : "b"));
	w->sleeps = 0;
	pass(w, 20 * EVENT_SECOND);
	assert_int_equal(10, w->sleeps);
}

/* What was there before may have changed in the tick in which it was added: one look, no more. */
static void looks_twice_at_what_is_new(void **state)
{
	struct world *w = *state;
	assert_int_equal(0, add(w, 1, "a"));
	pass(w, EVENT_SECOND);
	assert_int_equal(0, add(w, 2, "b")); /* in the midst of a round */
	pass(w, 2 * EVENT_SECOND);
	assert_int_equal(0, w->looks[2]); /* less than a tick ago */
	pass(w, 100 * EVENT_SECOND);
	assert_int_equal(1, w->looks[1]);
	assert_int_equal(1, w->looks[2]);
	assert_int_equal(2, w->told);
}

static void looks_twice_after_a_change(void **state)
{
	struct world *w = *state;
	assert_int_equal(0, add(w, 1, "a"));
	settle(w);
	make_file(w, "a/x");
	pass(w, 2 * EVENT_SECOND);
	assert_int_equal(1, w->looks[1]);
	pass(w, 2 * EVENT_SECOND);
	assert_int_equal(2, w->looks[1]);
	pass(w, 100 * EVENT_SECOND);
	assert_int_equal(2, w->looks[1]);
}

/* A shorter period needs more rounds for a tick. */
static void the_period_can_be_chosen(void **state)
{
	struct world *w = *state;
	assert_int_equal(-EINVAL, backend_poll_period(w->backend, 0));
	assert_int_equal(-EINVAL, backend_poll_period(w->backend, -EVENT_SECOND));
	assert_int_equal(0, backend_poll_period(w->backend, EVENT_SECOND / 4));
	assert_int_equal(0, add(w, 1, "a"));
	assert_int_equal(-EBUSY, backend_poll_period(w->backend, EVENT_SECOND));
	settle(w);
	make_file(w, "a/x");
	pass(w, EVENT_SECOND / 4);
	assert_int_equal(1, w->looks[1]);
	pass(w, 2 * EVENT_SECOND - EVENT_SECOND / 4);
	assert_int_equal(1, w->looks[1]);
	pass(w, EVENT_SECOND / 4);
	assert_int_equal(2, w->looks[1]);
}

/* Times set back, as by a restore: the time of the change itself tells. */
static void times_set_back_do_not_hide_a_change(void **state)
{
	struct world *w = *state;
	struct stat st;
	assert_int_equal(0, add(w, 1, "a"));
	assert_int_equal(0, stat(at(w, "a"), &st));
	settle(w);
	make_file(w, "a/x");
	const struct timespec times[2] = { st.st_atim, st.st_mtim };
	assert_int_equal(0, utimensat(AT_FDCWD, at(w, "a"), times, 0));
	pass(w, 2 * EVENT_SECOND);
	assert_int_equal(1, w->looks[1]);
}

/* It goes by the path: also what happens above the directory shows. */
static void follows_the_path(void **state)
{
	struct world *w = *state;
	make_dir(w, "a/deep");
	assert_int_equal(0, symlink("a/deep", at(w, "link")));
	assert_int_equal(0, add(w, 1, "a/deep"));
	assert_int_equal(0, add(w, 2, "link"));
	settle(w);
	move(w, "a", "c");
	until_more(w, &w->lost[1], 0);
	until_more(w, &w->lost[2], 0);
}

static void polls_what_tells_nobody(void **state)
{
	struct world *w = *state;
	assert_int_equal(0, add(w, 1, "/proc/self"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BACKEND_CONTRACT(setup),
		CONTRACT_TEST(sleeps_for_good_with_nothing_to_do, setup),
		CONTRACT_TEST(one_event_for_all, setup),
		CONTRACT_TEST(looks_twice_at_what_is_new, setup),
		CONTRACT_TEST(looks_twice_after_a_change, setup),
		CONTRACT_TEST(the_period_can_be_chosen, setup),
		CONTRACT_TEST(times_set_back_do_not_hide_a_change, setup),
		CONTRACT_TEST(follows_the_path, setup),
		CONTRACT_TEST(polls_what_tells_nobody, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

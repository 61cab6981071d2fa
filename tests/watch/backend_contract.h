/* What every backend promises, as tests for any of them: BACKEND_CONTRACT(setup). */
#ifndef TESTS_WATCH_BACKEND_CONTRACT_H
#define TESTS_WATCH_BACKEND_CONTRACT_H

#include "backend_fixture.h"

/* Of the directory with this id it said that this name (once for each call), or that something,
 * changed. */
static void until_told(struct world *w, unsigned id, size_t before, const char *name)
{
	if (w->ops != &backend_inotify) {
		until_more(w, &w->looks[id], before);
		return;
	}
	for (;;) {
		for (size_t i = 0; i < LOG; i++)
			if (w->log[i].id == id && w->log[i].news == BACKEND_NAME &&
			    strcmp(w->log[i].name, name) == 0) {
				w->log[i].id = IDS;
				return;
			}
		until_more(w, &w->told, w->told);
	}
}

static void tells_of_each_change(void **state)
{
	struct world *w = *state;
	assert_int_equal(0, add(w, 1, "a"));
	settle(w);
	make_file(w, "a/created");
	until_told(w, 1, 0, "created");
	make_file(w, "b/x");
	settle(w);
	move(w, "b/x", "a/arrived");
	until_told(w, 1, 0, "arrived");
	settle(w);
	move(w, "a/arrived", "a/renamed:2,S");
	until_told(w, 1, 0, "renamed:2,S");
	settle(w);
	move(w, "a/renamed:2,S", "b/x");
	until_told(w, 1, 0, "renamed:2,S");
	settle(w);
	assert_int_equal(0, unlink(at(w, "a/created")));
	until_told(w, 1, 0, "created");
	settle(w);
	assert_int_equal(0, link(at(w, "b/x"), at(w, "a/linked")));
	until_told(w, 1, 0, "linked");
	settle(w);
	make_dir(w, "a/below");
	until_told(w, 1, 0, "below");
}

static void names_are_bytes(void **state)
{
	struct world *w = *state;
	char longest[2 + NAME_MAX + 1] = "a/";
	memset(longest + 2, 0xfe, NAME_MAX);
	const char *const names[] = { "a/\xff\xc3", "a/new\nline", "a/ ", "a/%s%n", longest };
	assert_int_equal(0, add(w, 1, "a"));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		settle(w);
		make_file(w, names[i]);
		until_told(w, 1, 0, names[i] + 2);
	}
}

/* The second change falls into the same tick of the clock as the first, or not. */
static void quick_changes_are_told_of(void **state)
{
	struct world *w = *state;
	assert_int_equal(0, add(w, 1, "a"));
	settle(w);
	for (int i = 0; i < 20; i++) {
		char name[32];
		size_t looks = w->looks[1];
		snprintf(name, sizeof name, "a/%d", i);
		make_file(w, name);
		until_told(w, 1, looks, name + 2);
	}
}

static void one_directory_has_many_ids(void **state)
{
	struct world *w = *state;
	assert_int_equal(0, add(w, 1, "a"));
	assert_int_equal(0, add(w, 2, "a"));
	assert_int_equal(0, add(w, 3, "a/../a"));
	settle(w);
	make_file(w, "a/x");
	for (unsigned id = 1; id <= 3; id++)
		until_told(w, id, 0, "x");
	take_away(w, 2);
	settle(w);
	make_file(w, "a/y");
	until_told(w, 1, 0, "y");
	until_told(w, 3, 0, "y");
	take_away(w, 1);
	settle(w);
	make_file(w, "a/z");
	until_told(w, 3, 0, "z");
	assert_int_equal(0, rename(at(w, "a"), at(w, "c")));
	until_more(w, &w->lost[3], 0);
}

static void what_was_removed_is_silent(void **state)
{
	struct world *w = *state;
	assert_int_equal(0, add(w, 1, "a"));
	assert_int_equal(0, add(w, 2, "b"));
	settle(w);
	make_file(w, "a/queued");
	take_away(w, 1);
	take_away(w, 1);
	take_away(w, 77);
	make_file(w, "a/later");
	make_file(w, "b/x");
	until_told(w, 2, 0, "x");
	assert_int_equal(0, w->names[1] + w->looks[1] + w->lost[1]);
}

/* What is queued for the old directory is nothing of the new one's. */
static void an_id_can_be_used_again(void **state)
{
	struct world *w = *state;
	assert_int_equal(0, add(w, 1, "a"));
	assert_int_equal(0, add(w, 2, "b"));
	settle(w);
	assert_int_equal(-EEXIST, add(w, 1, "b"));
	make_file(w, "a/old");
	take_away(w, 1);
	make_dir(w, "c");
	assert_int_equal(0, add(w, 1, "c"));
	make_file(w, "b/x");
	until_told(w, 2, 0, "x");
	for (size_t i = 0; i < LOG; i++)
		assert_true(w->log[i].id != 1 || strcmp(w->log[i].name, "old") != 0);
	settle(w);
	make_file(w, "c/x");
	until_told(w, 1, 0, "x");
	assert_int_equal(0, w->lost[1]);
}

/* Once, and then the id is free for what has taken its place. */
static void lost_when_moved(void **state)
{
	struct world *w = *state;
	assert_int_equal(0, add(w, 1, "a"));
	assert_int_equal(0, add(w, 2, "b"));
	settle(w);
	move(w, "a", "c");
	make_file(w, "c/x");
	until_more(w, &w->lost[1], 0);
	make_dir(w, "a");
	assert_int_equal(0, add(w, 1, "a"));
	settle(w);
	make_file(w, "c/y");
	make_file(w, "b/x");
	until_told(w, 2, 0, "x");
	assert_int_equal(0, w->lost[1] + w->names[1] + w->looks[1]);
	make_file(w, "a/z");
	until_told(w, 1, 0, "z");
}

static void lost_when_removed(void **state)
{
	struct world *w = *state;
	assert_int_equal(0, add(w, 1, "a"));
	assert_int_equal(0, add(w, 2, "b"));
	settle(w);
	assert_int_equal(0, rmdir(at(w, "a")));
	until_more(w, &w->lost[1], 0);
	make_dir(w, "a");
	make_file(w, "a/x");
	make_file(w, "b/x");
	until_told(w, 2, 0, "x");
	settle(w);
	make_dir(w, "c");
	move(w, "c", "a/../c2");
	assert_int_equal(0, unlink(at(w, "b/x")));
	move(w, "c2", "b"); /* over it */
	until_more(w, &w->lost[2], 0);
	assert_int_equal(0, w->lost[1]);
}

/* For polling it may be the same one, changed: the file system may give the same number again. */
static void told_when_made_anew(void **state)
{
	struct world *w = *state;
	assert_int_equal(0, add(w, 1, "a"));
	settle(w);
	assert_int_equal(0, rmdir(at(w, "a")));
	make_dir(w, "a");
	until_more(w, &w->told, w->told);
	if (w->lost[1])
		assert_int_equal(0, add(w, 1, "a"));
	else
		assert_ptr_equal(&backend_poll, w->ops);
	settle(w);
	make_file(w, "a/x");
	until_told(w, 1, 0, "x");
}

static void says_why_not(void **state)
{
	struct world *w = *state;
	make_file(w, "file");
	assert_int_equal(-ENOENT, add(w, 1, "nothing"));
	assert_int_equal(-ENOTDIR, add(w, 1, "file"));
	assert_int_equal(0, symlink("loop", at(w, "loop")));
	assert_int_equal(-ELOOP, add(w, 1, "loop"));
	assert_int_equal(0, chmod(at(w, "a"), 0));
	bool root = geteuid() == 0;
	if (root)
		assert_int_equal(0, seteuid(65534));
	int rc = add(w, 1, "a");
	if (root)
		assert_int_equal(0, seteuid(0));
	assert_int_equal(-EACCES, rc);
	assert_int_equal(0, chmod(at(w, "a"), 0700));
	assert_int_equal(0, add(w, 1, "a"));
}

static void juggle(struct world *w, const struct said *s)
{
	if (s->id != 1 || s->news == BACKEND_LOST)
		return;
	take_away(w, 1);
	take_away(w, 2);
	assert_int_equal(0, add(w, 3, "c"));
	assert_int_equal(0, add(w, 1, "b"));
	assert_int_equal(0, add(w, 2, "a"));
	w->then = NULL;
}

static void callbacks_add_and_remove(void **state)
{
	struct world *w = *state;
	make_dir(w, "c");
	assert_int_equal(0, add(w, 1, "a"));
	assert_int_equal(0, add(w, 2, "b"));
	settle(w);
	w->then = juggle;
	make_file(w, "a/x");
	make_file(w, "b/x");
	while (w->then)
		until_more(w, &w->told, w->told);
	settle(w);
	make_file(w, "c/y");
	until_told(w, 3, 0, "y");
	make_file(w, "b/y");
	until_told(w, 1, 0, "y");
	make_file(w, "a/y");
	until_told(w, 2, 0, "y");
}

static void lose_again(struct world *w, const struct said *s)
{
	if (s->news == BACKEND_LOST)
		assert_int_equal(-ENOENT, add(w, s->id, "a"));
}

static void add_elsewhere(struct world *w, const struct said *s)
{
	if (s->news == BACKEND_LOST)
		assert_int_equal(0, add(w, s->id, "c"));
}

/* In the callback that says it is lost, while others of the same directory are still to be told. */
static void callbacks_add_what_was_lost(void **state)
{
	struct world *w = *state;
	for (unsigned id = 1; id <= 4; id++)
		assert_int_equal(0, add(w, id, "a"));
	settle(w);
	w->then = add_elsewhere;
	move(w, "a", "c");
	until_more(w, &w->lost[4], 0);
	settle(w);
	make_file(w, "c/x");
	for (unsigned id = 1; id <= 4; id++)
		until_told(w, id, 0, "x");
	w->then = lose_again;
	move(w, "c", "d");
	for (unsigned id = 1; id <= 4; id++)
		until_more(w, &w->lost[id], 0);
}

/* Random changes, directories and ids; each change of a watched directory is told of, whatever
 * else happened, and nobody else's is. */
static void random_life(void **state)
{
	enum { DIRS = 4, MINE = 10, STEPS = 300 };
	struct world *w = *state;
	const char *const dirs[DIRS] = { "a", "b", "c", "d" };
	int of[MINE]; /* -1: not watched */
	unsigned seed = 5;
	make_dir(w, "c");
	make_dir(w, "d");
	for (unsigned id = 0; id < MINE; id++)
		of[id] = -1;
	for (int step = 0; step < STEPS; step++) {
		int dir = rand_r(&seed) % DIRS;
		unsigned id = (unsigned)rand_r(&seed) % MINE;
		int what = rand_r(&seed) % 10;
		char name[32], aside[32];
		snprintf(name, sizeof name, "%s/%d", dirs[dir], step);
		snprintf(aside, sizeof aside, "aside%d", step);
		if (what < 3) {
			take_away(w, id);
			of[id] = -1;
		} else if (what < 6) {
			assert_int_equal(of[id] < 0 ? 0 : -EEXIST, add(w, id, dirs[dir]));
			of[id] = of[id] < 0 ? dir : of[id];
		} else if (what < 9) {
			size_t before[MINE];
			memcpy(before, w->looks, sizeof before);
			make_file(w, name);
			for (unsigned i = 0; i < MINE; i++)
				if (of[i] == dir)
					until_told(w, i, before[i], name + 2);
		} else {
			size_t before[MINE];
			memcpy(before, w->lost, sizeof before);
			move(w, dirs[dir], aside);
			make_dir(w, dirs[dir]);
			for (unsigned i = 0; i < MINE; i++)
				if (of[i] == dir) {
					until_more(w, &w->lost[i], before[i]);
					of[i] = -1;
				}
		}
	}
	assert_int_equal(0, w->stale);
}

static void null_and_nothing(void **state)
{
	struct world *w = *state;
	w->ops->close(NULL);
	w->ops->remove(w->backend, 5);
	const struct backend_ops *found[4] = { NULL };
	assert_int_equal(0, backend_candidates(w->ops->name, found, NULL));
	assert_ptr_equal(w->ops, found[0]);
}

#define CONTRACT_TEST(f, setup) cmocka_unit_test_setup_teardown(f, setup, world_free)
#define BACKEND_CONTRACT(setup)                                                                    \
	CONTRACT_TEST(tells_of_each_change, setup), CONTRACT_TEST(names_are_bytes, setup),         \
	    CONTRACT_TEST(quick_changes_are_told_of, setup),                                       \
	    CONTRACT_TEST(one_directory_has_many_ids, setup),                                      \
	    CONTRACT_TEST(what_was_removed_is_silent, setup),                                      \
	    CONTRACT_TEST(an_id_can_be_used_again, setup), CONTRACT_TEST(lost_when_moved, setup),  \
	    CONTRACT_TEST(lost_when_removed, setup), CONTRACT_TEST(told_when_made_anew, setup),    \
	    CONTRACT_TEST(says_why_not, setup), CONTRACT_TEST(callbacks_add_and_remove, setup),    \
	    CONTRACT_TEST(callbacks_add_what_was_lost, setup), CONTRACT_TEST(random_life, setup),  \
	    CONTRACT_TEST(null_and_nothing, setup)

#endif

/* What a saved search has delivered: runs, and what a crash leaves. */
#include "testing.h"

#include "store/delivered.h"

#include <sqlite3.h>

struct look { /* who was put out, and what was cleaned up */
	const char *out; /* a digit for each number */
	char asked[64], cleaned[64];
};

static int is_out(void *rock, const char *token, long number, struct err *e)
{
	struct look *l = rock;
	(void)e;
	snprintf(l->asked, sizeof(l->asked), "%s", token);
	return l->out[number] == '1';
}

static void clean(void *rock, const char *token)
{
	struct look *l = rock;
	snprintf(l->cleaned, sizeof(l->cleaned), "%s", token);
}

static struct delivered *opened(const struct dirs *d, struct look *l)
{
	char path[128];
	struct delivered *ret;
	struct look none = { .out = "" };
	struct settling how = { is_out, clean, l ? l : &none };
	struct err e = { .text = "" };
	snprintf(path, sizeof(path), "%s/delivered.sqlite3", d->top);
	if (delivered_open(path, &ret, &e) < 0 || delivered_settle(ret, &how, &e) < 0)
		fail_msg("%s", e.text);
	return ret;
}

/* Keys of one letter each, as mails 0, 1, ...; '=' before one: it was there. */
static void add(struct delivered *d, const char *keys)
{
	long n = 0;
	for (const char *k = keys; *k; k++) {
		bool there = *k == '=';
		char key[2] = { *(there ? ++k : k), '\0' };
		assert_int_equal(delivered_add(d, key, there ? DELIVERED_THERE : n++, NULL), 0);
	}
}

static void run(struct delivered *d, bool replaces, const char *keys)
{
	assert_int_equal(delivered_begin(d, replaces, NULL), 0);
	add(d, keys);
	assert_int_equal(delivered_note(d, "t", NULL), 0);
	assert_int_equal(delivered_commit(d, "", NULL), 0);
}

/* A new run would leave out these. */
static void has(const struct dirs *dirs, const char *keys)
{
	struct delivered *d = opened(dirs, NULL);
	char got[32] = "";
	assert_int_equal(delivered_begin(d, false, NULL), 0);
	for (char key[2] = "a"; *key <= 'z'; (*key)++) {
		int rc = delivered_has(d, key, NULL);
		assert_true(rc >= 0);
		if (rc > 0)
			strcat(got, key);
	}
	delivered_close(d);
	assert_string_equal(got, keys);
}

static void runs_add_up(void **state)
{
	struct delivered *d = opened(*state, NULL);
	run(d, true, "abc");
	run(d, false, "de=f");
	assert_int_equal(delivered_begin(d, false, NULL), 0);
	assert_int_equal(delivered_has(d, "a", NULL), 1);
	assert_int_equal(delivered_has(d, "g", NULL), 0);
	add(d, "g");
	assert_int_equal(delivered_has(d, "g", NULL), 1);
	delivered_close(d); /* it was never noted */
	has(*state, "abcdef");
}

static void a_replacement_begins_anew(void **state)
{
	struct delivered *d = opened(*state, NULL);
	run(d, true, "abc");
	assert_int_equal(delivered_begin(d, true, NULL), 0);
	assert_int_equal(delivered_has(d, "a", NULL), 0);
	add(d, "ax");
	assert_int_equal(delivered_note(d, "t", NULL), 0);
	assert_int_equal(delivered_commit(d, "", NULL), 0);
	delivered_close(d);
	has(*state, "ax");
}

/* Noted, and then nothing more was heard of it. */
static void cut(const struct dirs *dirs, bool replaces, const char *keys)
{
	struct delivered *d = opened(dirs, NULL);
	assert_int_equal(delivered_begin(d, replaces, NULL), 0);
	add(d, keys);
	assert_int_equal(delivered_note(d, "token", NULL), 0);
	delivered_close(d);
}

static void a_crash_is_settled(void **state)
{
	static const struct {
		bool replaces;
		const char *keys, *out, *want;
	} rows[] = {
		{ false, "xyz", "000", "ab" },
		{ false, "xyz", "101", "abxz" },
		{ false, "xyz", "111", "abxyz" },
		{ false, "x=yz", "00", "aby" },
		{ true, "xyz", "000", "ab" }, /* nothing has happened */
		{ true, "xyz", "010", "y" },
		{ true, "xyz", "111", "xyz" },
		{ true, "", "1", "" }, /* emptied */
		{ true, "", "0", "ab" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct look l = { .out = rows[i].out };
		struct delivered *d = opened(*state, NULL);
		run(d, true, "ab");
		delivered_close(d);
		cut(*state, rows[i].replaces, rows[i].keys);
		delivered_close(opened(*state, &l));
		assert_string_equal(l.asked, "token");
		assert_string_equal(l.cleaned, "token");
		has(*state, rows[i].want);
		l.cleaned[0] = '\0'; /* once is enough */
		delivered_close(opened(*state, &l));
		assert_string_equal(l.cleaned, "");
	}
}

static void a_look_is_kept_until_the_next_note(void **state)
{
	struct delivered *d = opened(*state, NULL);
	assert_int_equal(delivered_left_as(d, "", NULL), 0);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(delivered_begin(d, false, NULL), 0);
		assert_int_equal(delivered_note(d, "t", NULL), 0);
		assert_int_equal(delivered_left_as(d, "look", NULL), 0);
		assert_int_equal(delivered_commit(d, "look", NULL), 0);
		assert_int_equal(delivered_left_as(d, "look", NULL), 1);
		assert_int_equal(delivered_left_as(d, "other", NULL), 0);
	}
	delivered_close(d);
	cut(*state, false, "a");
	d = opened(*state, &(struct look){ .out = "1" });
	assert_int_equal(delivered_left_as(d, "look", NULL), 0);
	delivered_close(d);
}

static void other_files_are_refused(void **state)
{
	const struct dirs *d = *state;
	char path[128];
	struct delivered *none = NULL;
	struct err e = { .text = "" };
	sqlite3 *db;
	snprintf(path, sizeof(path), "%s/other", d->top);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE t(x)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(delivered_open(path, &none, &e), -EPROTONOSUPPORT);
	assert_non_null(strstr(e.text, path));
	FILE *f = fopen(path, "w");
	fputs("this is no database, and long enough to be told from one", f);
	fclose(f);
	assert_true(delivered_open(path, &none, &e) < 0);
	snprintf(path, sizeof(path), "%s/no/such/place", d->top);
	assert_true(delivered_open(path, &none, &e) < 0);
	assert_null(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(runs_add_up, dirs_setup, dirs_teardown),
		cmocka_unit_test_setup_teardown(a_replacement_begins_anew, dirs_setup,
		                                dirs_teardown),
		cmocka_unit_test_setup_teardown(a_crash_is_settled, dirs_setup, dirs_teardown),
		cmocka_unit_test_setup_teardown(a_look_is_kept_until_the_next_note, dirs_setup,
		                                dirs_teardown),
		cmocka_unit_test_setup_teardown(other_files_are_refused, dirs_setup, dirs_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

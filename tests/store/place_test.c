/* Where a store may be. */
#include "testing.h"

static void the_default_is_beside_the_original(void **state)
{
	(void)state;
	char buf[64];

	assert_int_equal(store_default_dir("/x", "/home/u", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "/x/lei/cstore");
	assert_int_equal(store_default_dir("", "/home/u", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "/home/u/.local/share/lei/cstore");
	assert_int_equal(store_default_dir(NULL, "", buf, sizeof(buf)), -ENOENT);
	assert_int_equal(store_default_dir("/x", NULL, buf, 13), -ENAMETOOLONG);
}

static int check(const struct dirs *d, const char *below)
{
	char path[256];
	struct err e = { 0 };

	snprintf(path, sizeof(path), "%s/%s", d->top, below);
	int rc = store_check_place(path, &e);
	assert_true((rc == 0) == (e.text[0] == '\0'));
	return rc;
}

static void the_originals_store_is_refused(void **state)
{
	struct dirs *d = *state;

	make_dir(d->top, "lei");
	make_dir(d->top, "lei/store");
	assert_int_equal(check(d, "lei/store"), 0);
	make_dir(d->top, "lei/store/local");
	make_dir(d->top, "lei/store/local/0.git");
	make_file(d->top, "lei/store/ei.lock");
	static const char *const refused[] = {
		"lei/store",
		"lei/store/",
		"lei/store/new/deeper",
		"lei/store/local/0.git",
		"lei/store/../store",
		"lei/store//x",
	};
	for (size_t i = 0; i < COUNT(refused); i++)
		assert_int_equal(check(d, refused[i]), -EEXIST);
	assert_int_equal(check(d, "lei/cstore"), 0);
	assert_int_equal(check(d, "lei/store2"), 0);
	assert_int_equal(check(d, "lei"), 0);
}

static void every_mark_of_the_original_counts(void **state)
{
	struct dirs *d = *state;
	static const struct {
		const char *name;
		bool refused;
	} marks[] = {
		{ "ALL.git", true },        { "ei15", true },   { "mail_sync.sqlite3", true },
		{ "over.sqlite3", true },   { "xap15", true },  { "xapian2", true },
		{ "msgmap.sqlite3", true }, { "ei", false },    { "ei15x", false },
		{ "store.sqlite3", false }, { "eight", false },
	};

	for (size_t i = 0; i < COUNT(marks); i++) {
		char dir[16], file[64];
		snprintf(dir, sizeof(dir), "d%zu", i);
		make_dir(d->top, dir);
		snprintf(file, sizeof(file), "%s/%s", dir, marks[i].name);
		make_file(d->top, file);
		assert_int_equal(check(d, dir), marks[i].refused ? -EEXIST : 0);
	}
}

static void a_link_does_not_hide_it(void **state)
{
	struct dirs *d = *state;
	char target[128], link[128];

	make_dir(d->top, "store");
	make_dir(d->top, "store/ALL.git");
	snprintf(target, sizeof(target), "%s/store", d->top);
	snprintf(link, sizeof(link), "%s/link", d->top);
	assert_int_equal(symlink(target, link), 0);
	assert_int_equal(check(d, "link"), -EEXIST);
	assert_int_equal(check(d, "link/below"), -EEXIST);
}

static void a_writer_refuses_and_touches_nothing(void **state)
{
	struct dirs *d = *state;
	struct writer_child w;
	struct err e = { 0 };
	char dir[128], file[160];

	make_dir(d->top, "store");
	make_dir(d->top, "store/ALL.git");
	snprintf(dir, sizeof(dir), "%s/store/ours", d->top);
	writer_start(&w, dir, NULL);
	int conn = writer_connect(&w);
	assert_int_equal(store_ensure(conn, &e), -EEXIST);
	assert_non_null(strstr(e.text, "public-inbox"));
	close(conn);
	assert_int_equal(writer_stop(&w), 0);
	snprintf(file, sizeof(file), "%s/store/ours", d->top);
	assert_int_equal(access(file, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_is_beside_the_original),
		cmocka_unit_test_setup_teardown(the_originals_store_is_refused, dirs_setup,
		                                dirs_teardown),
		cmocka_unit_test_setup_teardown(every_mark_of_the_original_counts, dirs_setup,
		                                dirs_teardown),
		cmocka_unit_test_setup_teardown(a_link_does_not_hide_it, dirs_setup, dirs_teardown),
		cmocka_unit_test_setup_teardown(a_writer_refuses_and_touches_nothing, dirs_setup,
		                                dirs_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a person writes, and which folder that is. */
#include "command_fixture.h"

#include "command/folder.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static char top[] = "/tmp/lei-folder-XXXXXX";

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(top) == NULL || chdir(top) < 0 || mkdir("box", 0700) < 0 ||
	       mkdir("box/cur", 0700) < 0 || mkdir("plain", 0700) < 0 || symlink("box", "link") < 0;
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir("box/cur") < 0 || rmdir("box") < 0 || rmdir("plain") < 0 ||
	       unlink("link") < 0 || chdir("/") < 0 || rmdir(top) < 0;
}

static void one_folder_has_one_url(void **state)
{
	static const struct {
		const char *arg, *want; /* below the top */
	} table[] = {
		{ "box", "/box" },           { "maildir:box", "/box" },
		{ "MAILDIR:box//", "/box" }, { "./box/.", "/box" },
		{ "link", "/box" },          { "link/../box", "/box" },
		{ "gone", "/gone" },         { "link/gone/", "/box/gone" },
		{ "a//./b/c", "/a/b/c" },    { "a:b", "/a:b" },
	};
	char *real = realpath(".", NULL);
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct buf got = { 0 }, want = { 0 };
		struct err e = { .text = "" };
		buf_addf(&want, "maildir:%s%s", real, table[i].want);
		assert_int_equal(folder_url(table[i].arg, &got, &e), 0);
		assert_string_equal(buf_cstr(&got), buf_cstr(&want));
		buf_free(&got);
		buf_free(&want);
	}
	free(real);
}

static void other_kinds_are_refused(void **state)
{
	static const char *const table[][2] = {
		{ "imaps://u@example.com/INBOX",
		  "imaps://u@example.com/INBOX: folders of imaps are not implemented yet" },
		{ "nntp://example.com/news", "nntp://example.com/news: folders of nntp are not "
		                             "implemented yet" },
		{ "mboxrd:x", "mboxrd:x: only for Maildirs, not for mboxrd" },
		{ "maildir:", "a path is empty" },
		{ "", "a path is empty" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct buf got = { 0 };
		struct err e = { .text = "" };
		assert_int_equal(folder_url(table[i][0], &got, &e), -EINVAL);
		assert_string_equal(e.text, table[i][1]);
		assert_int_equal(got.len, 0);
	}
}

static int check(const char *arg)
{
	struct buf url = { 0 };
	struct err e = { .text = "" };
	assert_int_equal(folder_url(arg, &url, &e), 0);
	int rc = folder_check(url.data, &e);
	assert_int_equal(rc < 0, *e.text != '\0');
	buf_free(&url);
	return rc;
}

static void maildirs_are_told_from_others(void **state)
{
	(void)state;
	assert_int_equal(check("box"), 0);
	assert_int_equal(check("link"), 0);
	assert_int_equal(check("plain"), -EINVAL);
	assert_int_equal(check("gone"), -ENOENT);
	assert_int_equal(check("/dev/null"), -ENOTDIR);
}

static void relations(void **state)
{
	(void)state;
	assert_true(folder_is_below("maildir:/a/b", "maildir:/a"));
	assert_false(folder_is_below("maildir:/a", "maildir:/a"));
	assert_false(folder_is_below("maildir:/ab", "maildir:/a"));
	assert_true(folder_is_remote("imap://h/box"));
	assert_false(folder_is_remote("maildir:/a://b"));
	assert_null(folder_path("imap://h/box"));
	assert_string_equal(folder_path("maildir:/a b"), "/a b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_folder_has_one_url),
		cmocka_unit_test(other_kinds_are_refused),
		cmocka_unit_test(maildirs_are_told_from_others),
		cmocka_unit_test(relations),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

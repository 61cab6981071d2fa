/* Locations, +kw: and +L:, and what is refused before anything is read. */
#include "command_fixture.h"

#include "command/inputs.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void labels_and_keywords(void **state)
{
	static const struct {
		const char *arg;
		int rc; /* 1 taken, 0 not a mark, -EINVAL: -1 here */
	} table[] = {
		{ "+L:inbox", 1 },      { "+L:a", 1 },
		{ "+L:_x", 1 },         { "+L:a.b/c-d@e,f", 1 },
		{ "+L:0", 1 },          { "+L:", -1 },
		{ "+L:FOO", -1 },       { "+L:a b", -1 },
		{ "+L:a-", -1 },        { "+L:-a", -1 },
		{ "+L:_", 1 },          { "+L:\xc3\xa9", -1 },
		{ "+kw:seen", 1 },      { "+kw:notjunk", 1 },
		{ "+kw:Seen", -1 },     { "+kw:", -1 },
		{ "+kw:nonsense", -1 }, { "x", 0 },
		{ "L:x", 0 },           { "+x", 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct inputs in = { 0 };
		struct err e = { .text = "" };
		int rc = inputs_mark(&in, table[i].arg, &e);
		if ((rc < 0 ? -1 : rc) != table[i].rc || (rc < 0) != (*e.text != '\0'))
			fail_msg("%s: %d %s", table[i].arg, rc, e.text);
		inputs_free(&in);
	}
}

static void a_label_may_be_243_bytes_long(void **state)
{
	struct inputs in = { 0 };
	struct err e;
	char arg[3 + LABEL_MAX + 2] = "+L:";
	(void)state;
	memset(arg + 3, 'a', LABEL_MAX);
	arg[3 + LABEL_MAX] = '\0';
	assert_int_equal(inputs_mark(&in, arg, &e), 1);
	arg[3 + LABEL_MAX] = 'a';
	arg[3 + LABEL_MAX + 1] = '\0';
	assert_true(inputs_mark(&in, arg, &e) < 0);
	inputs_free(&in);
}

static int prepare_as(const char *line, enum input_marks marks, struct inputs *in, struct err *e)
{
	struct asked a;
	struct cmd c = { 0 };
	struct call call = { 0 };
	ask(&a, line);
	call.req = &a.req;
	c.call = &call;
	assert_int_equal(invocation_parse(&a.req, &c.inv, e), 0);
	int rc = inputs_prepare(&c, marks, in, e);
	invocation_free(&c.inv);
	ask_done(&a);
	return rc;
}

static int prepare(const char *line, struct inputs *in, struct err *e)
{
	return prepare_as(line, MARKS_ADD, in, e);
}

static void marks_are_sorted_from_paths(void **state)
{
	struct inputs in;
	struct err e = { .text = "" };
	(void)state;
	assert_int_equal(prepare("import +L:b /dev/null +kw:seen +L:a +kw:flagged", &in, &e), 0);
	assert_int_equal(in.n, 1);
	assert_int_equal(in.kw, KW_SEEN | KW_FLAGGED);
	assert_memory_equal(in.labels.data, "b\0a\0", 5);
	inputs_free(&in);
}

static void marks_are_taken_away(void **state)
{
	struct inputs in;
	struct err e = { .text = "" };
	(void)state;
	assert_int_equal(prepare_as("tag -L:b -kw:seen /dev/null +kw:draft -kw:junk -i /dev/zero",
	                            MARKS_CHANGE, &in, &e),
	                 0);
	assert_int_equal(in.n, 2);
	assert_int_equal(in.kw, KW_DRAFT);
	assert_int_equal(in.drop_kw, KW_SEEN | KW_JUNK);
	assert_memory_equal(in.drop_labels.data, "b\0", 3);
	inputs_free(&in);
	/* without a location there is standard input, unless messages are named otherwise */
	assert_int_equal(prepare_as("tag --oid=abcdef0 --mid=a@b -L:b", MARKS_CHANGE, &in, &e), 0);
	assert_int_equal(in.n, 0);
	inputs_free(&in);
}

static void assert_folder(const char *arg, const char *dir, const char *below)
{
	const struct inputs in = { .paths = &arg, .n = 1 };
	struct err e = { .text = "" };
	struct buf got = { 0 }, want = { 0 };
	assert_int_equal(inputs_folder(&in, 0, &got, &e), 0);
	if (below != NULL)
		buf_addf(&want, "maildir:%s%s", dir, below);
	assert_string_equal(buf_cstr(&got), buf_cstr(&want));
	buf_free(&got);
	buf_free(&want);
}

static void folders_are_found(void **state)
{
	char dir[] = P_tmpdir "/lei-inputs-XXXXXX";
	(void)state;
	assert_non_null(mkdtemp(dir));
	char *real = realpath(dir, NULL);
	assert_non_null(real);
	assert_int_equal(chdir(real), 0);
	assert_int_equal(mkdir("md", 0700), 0);
	assert_int_equal(mkdir("md/cur", 0700), 0);
	FILE *f = fopen("md/cur/x:2,", "w");
	assert_non_null(f);
	fclose(f);
	assert_folder("md", real, "/md");
	assert_folder("maildir:./md/", real, "/md");
	assert_folder("md/cur/x:2,", real, "/md");
	assert_folder("mboxrd:md/cur/x:2,", real, NULL);
	assert_folder("/dev/null", real, NULL);
	assert_folder("-", real, NULL);
	assert_int_equal(chdir("md"), 0);
	assert_folder("cur/x:2,", real, "/md");
	assert_int_equal(chdir("cur"), 0);
	assert_folder("x:2,", real, NULL);
	assert_int_equal(remove("x:2,"), 0);
	assert_int_equal(chdir("/"), 0);
	char path[128];
	static const char *const made[] = { "/md/cur", "/md", "" };
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s", real, made[i]);
		assert_int_equal(rmdir(path), 0);
	}
	free(real);
}

static void refused_before_reading(void **state)
{
	static const struct {
		const char *line, *why;
	} table[] = {
		{ "import /nonexistent/x", "/nonexistent/x: No such file or directory" },
		{ "import eml:/nonexistent/x", "eml:/nonexistent/x: No such file or directory" },
		{ "import L:x", "L:x: no such file; did you mean +L:x?" },
		{ "import kw:seen", "kw:seen: no such file; did you mean +kw:seen?" },
		{ "import imaps://example.com/x",
		  "imaps://example.com/x: no mail is fetched over a network; have another program "
		  "put it into a Maildir or a file, and name that" },
		{ "import - /dev/null", "--stdin and /dev/null do not mix" },
		{ "import -F mboxrd eml:/dev/null", "eml:/dev/null: conflicts with "
		                                    "--in-format=mboxrd" },
		{ "import mboxrd:/", "mboxrd:/: a directory, not mboxrd" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct inputs in;
		struct err e = { .text = "" };
		assert_true(prepare(table[i].line, &in, &e) < 0);
		assert_string_equal(e.text, table[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_and_keywords),
		cmocka_unit_test(a_label_may_be_243_bytes_long),
		cmocka_unit_test(marks_are_sorted_from_paths),
		cmocka_unit_test(marks_are_taken_away),
		cmocka_unit_test(folders_are_found),
		cmocka_unit_test(refused_before_reading),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

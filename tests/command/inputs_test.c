/* Locations, +kw: and +L:, and what is refused before anything is read. */
#include "command_fixture.h"

#include "command/inputs.h"

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

static int prepare(const char *line, struct inputs *in, struct err *e)
{
	struct asked a;
	struct cmd c = { 0 };
	struct call call = { 0 };
	ask(&a, line);
	call.req = &a.req;
	c.call = &call;
	assert_int_equal(invocation_parse(&a.req, &c.inv, e), 0);
	int rc = inputs_prepare(&c, true, in, e);
	invocation_free(&c.inv);
	ask_done(&a);
	return rc;
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
		  "imaps://example.com/x: URLs are not implemented yet" },
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
		cmocka_unit_test(refused_before_reading),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

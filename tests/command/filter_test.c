/* Filters against locations. */
#include "command_fixture.h"

#include "command/filter.h"

#include <errno.h>

static void patterns(void **state)
{
	static const struct {
		const char *text;
		bool plain;
		const char *location;
		bool fits;
	} table[] = {
		{ "", false, "maildir:/a", true },
		{ "*", false, "maildir:/a", true },
		{ "box", false, "maildir:/home/inbox", true },
		{ "/b*x", false, "maildir:/a/box", true },
		{ "/b*/x", false, "maildir:/b/c/x", false },
		{ "/b*/*/x", false, "maildir:/b/c/x", true },
		{ "b?x", false, "maildir:/box", true },
		{ "b?x", false, "maildir:/b/x", false },
		{ "b?x", true, "maildir:/box", false },
		{ "b?x", true, "maildir:/b?x", true },
		{ "b[a-o]x", false, "maildir:/box", true },
		{ "b[a-n]x", false, "maildir:/box", false },
		{ "[a", true, "maildir:/[a", true },
		{ "/{in,out}box", false, "maildir:/outbox", true },
		{ "/{in,out}box", false, "maildir:/box", false },
		{ "a,b", false, "maildir:/a,b", true },
		{ "a}", false, "maildir:/a}", true },
		{ "b\\*x", false, "maildir:/b*x", true },
		{ "b\\*x", false, "maildir:/box", false },
		{ "a.b", false, "maildir:/axb", false },
		{ "(a|b)+^$", false, "maildir:/(a|b)+^$", true },
		{ "\\", false, "maildir:/\\", true },
		{ "\xff*", false, "maildir:/\xff\xfe", true },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct filter f;
		assert_int_equal(filter_compile(table[i].text, table[i].plain, &f, NULL), 0);
		if (filter_fits(&f, table[i].location) != table[i].fits)
			fail_msg("`%s' and `%s'", table[i].text, table[i].location);
		filter_free(&f);
	}
}

static void not_patterns(void **state)
{
	static const char *const table[] = { "[", "[]", "{a", "[z-a]", "a{b,{c}" };
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct filter f;
		struct err e = { .text = "" };
		if (filter_compile(table[i], false, &f, &e) != -EINVAL)
			fail_msg("`%s'", table[i]);
		assert_non_null(strstr(e.text, "' is not a pattern"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns),
		cmocka_unit_test(not_patterns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

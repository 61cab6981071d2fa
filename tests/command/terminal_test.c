/* --mua=CMD as words. */
#include "command_fixture.h"

#include "command/terminal.h"

static void words(void **state)
{
	static const struct {
		const char *mua, *want; /* words joined by '|'; NULL: refused */
	} table[] = {
		{ "mutt", "mutt|-f|D/" },
		{ "neomutt", "neomutt|-f|D/" },
		{ "mymua", "mymua|D/" },
		{ "mymua -a %f x", "mymua|-a|D/|x" },
		{ "mutt -f %f", "mutt|-f|D/" },
		{ "mutt -x", "mutt|-x|D/" },
		{ "a 'b c' \"d 'e\" f\\ g h''i", "a|b c|d 'e|f g|hi|D/" },
		{ "a '' b", "a||b|D/" },
		{ " a  b ", "a|b|D/" },
		{ "a 'b", NULL },
		{ "", NULL },
		{ "  ", NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *mem, **argv, got[256] = "";
		struct err e = { .text = "" };
		int rc = mua_words(table[i].mua, "D/", &mem, &argv, &e);
		if ((rc < 0) != (table[i].want == NULL))
			fail_msg("`%s': %d %s", table[i].mua, rc, e.text);
		if (rc < 0)
			continue;
		for (size_t n = 0; argv[n] != NULL; n++) {
			strcat(got, n > 0 ? "|" : "");
			strcat(got, argv[n]);
		}
		assert_string_equal(got, table[i].want);
		free(mem);
	}
}

static void too_many_words(void **state)
{
	char mua[4 * SHELL_WORDS_MAX] = "", *mem, **argv;
	struct err e;
	(void)state;
	for (size_t i = 0; i < SHELL_WORDS_MAX; i++)
		strcat(mua, "a ");
	assert_int_equal(mua_words(mua, "D/", &mem, &argv, &e), 0);
	free(mem);
	strcat(mua, "a");
	assert_true(mua_words(mua, "D/", &mem, &argv, &e) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(too_many_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Stems as those who make records tell them. */
#include "testing.h"

#include "store/stems.h"

static void check(struct stems *s, const char *words, const char *expected)
{
	struct buf out = { 0 };

	stems_add(s, words, strlen(words), &out);
	assert_string_equal(buf_cstr(&out), expected);
	buf_free(&out);
}

static void a_word_that_is_no_stem_has_one(void **state)
{
	struct stems *s = stems_new();

	(void)state;
	check(s, "", "");
	check(s, "run running runs ", "run running run runs ");
	check(s, "as is 1990s __runs ", "");
	check(s, "ponies", "poni ponies ");
	stems_free(s);
}

static void a_stem_is_told_once(void **state)
{
	struct stems *s = stems_new();

	(void)state;
	check(s, "runs ", "run runs ");
	check(s, "runs runs ", "");
	check(s, "walks runs ", "walk walks ");
	stems_free(s);
	s = stems_new();
	check(s, "runs ", "run runs ");
	stems_free(s);
}

/* Too long for the memory of what was told: again and again, which is harmless. */
static void long_words_are_told_again(void **state)
{
	struct stems *s = stems_new();
	static const char word[] = "abcdefghijklmnopqrstuvwxyzabcdefs ";

	(void)state;
	for (int i = 0; i < 2; i++)
		check(s, word,
		      "abcdefghijklmnopqrstuvwxyzabcdef abcdefghijklmnopqrstuvwxyzabcdefs ");
	stems_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_word_that_is_no_stem_has_one),
		cmocka_unit_test(a_stem_is_told_once),
		cmocka_unit_test(long_words_are_told_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

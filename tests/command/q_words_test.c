/* From words to query text. */
#include "command_fixture.h"

#include "command/q_words.h"

#include <unistd.h>

static void arguments_are_joined(void **state)
{
	static const struct {
		const char *args[4], *text;
	} table[] = {
		{ { "hello" }, "hello" },
		{ { "a", "b", "c" }, "a b c" },
		{ { "hello world" }, "\"hello world\"" },
		{ { "s:hello world" }, "s:\"hello world\"" },
		{ { "s:hello world", "f:bob" }, "s:\"hello world\" f:bob" },
		{ { "x s:hello world" }, "x s:\"hello world\"" },
		{ { "s:\"hello world\"" }, "s:\"hello world\"" },
		{ { "d:last.week.." }, "d:last.week.." },
		{ { "hello d:2002.." }, "hello d:2002.." },
		{ { "rt:1 day ago" }, "rt:\"1 day ago\"" },
		{ { "(", "a", "OR b" }, "( a \"OR b\"" },
		{ { ": x" }, "\": x\"" },
		{ { "a\n" }, "a" },
		{ { "" }, "" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct buf text = { 0 };
		struct err e = { .text = "" };
		size_t n = 0;
		while (n < 4 && table[i].args[n] != NULL)
			n++;
		assert_int_equal(query_join(table[i].args, n, &text, &e), 0);
		assert_string_equal(text.data, table[i].text);
		buf_free(&text);
	}
}

static void standard_input_is_taken_whole(void **state)
{
	struct buf text = { 0 };
	struct err e = { .text = "" };
	int ends[2];
	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "s:a\0b\n", 6), 6);
	close(ends[1]);
	assert_int_equal(query_read(ends[0], &text, &e), 0);
	assert_string_equal(text.data, "s:a b\n");
	buf_free(&text);
	close(ends[0]);
	assert_true(query_read(ends[0], &text, &e) < 0);
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_are_joined),
		cmocka_unit_test(standard_input_is_taken_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

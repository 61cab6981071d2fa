/* Words of a text. */
#include "testing.h"

#include "store/terms.h"

static const struct {
	const char *text, *words;
} texts[] = {
	{ "", "" },
	{ " ... ", "" },
	{ "Hello, World", "hello world " },
	{ "don't rock 'n' roll's'", "don't rock n roll's " },
	{ "AT&T a&&b a& b", "at&t a b a b " },
	{ "it\xe2\x80\x99s caf\xc3\x89", "it's caf\xc3\xa9 " },
	{ "1,234.5 3.x x.3 4:5", "1,234.5 3 x x 3 4 5 " },
	{ "C++ C# x++++ a+b a+", "c++ c# x a b a+ " },
	{ "U.N.C.L.E. I.B.Mx a.B.", "uncle i b mx a b " },
	{ "snake_case __init__", "snake_case __init__ " },
	{ "me@example.com", "me example com " },
	{ "a\xe2\x80\x8b"
	  "b",
	  "ab " }, /* a space without width */
	{ "\xe6\x97\xa5\xe6\x9c\xac X\xe8\xaa\x9ey",
	  "\xe6\x97\xa5 \xe6\x9c\xac x \xe8\xaa\x9e y " },
	{ "\xed\x95\x9c\xea\xb5\xad \xe0\xb9\x84\xe0\xb8\x97",
	  "\xed\x95\x9c \xea\xb5\xad \xe0\xb9\x84 \xe0\xb8\x97 " },
	{ "\xff\xfe x\xe9", "\xc3\xbf\xc3\xbe x\xc3\xa9 " }, /* no UTF-8: Latin-1 */
	{ "a|b", "a b " },
};

static void a_text_falls_into_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct buf out = { 0 };
		size_t len = strlen(texts[i].text);
		char *exact = malloc(len + !len);

		memcpy(exact, texts[i].text, len);
		terms_add(exact, len, &out);
		assert_string_equal(buf_cstr(&out), texts[i].words);
		buf_free(&out);
		free(exact);
	}
}

static void pieces_are_kept_apart(void **state)
{
	(void)state;
	struct buf out = { 0 };

	terms_add("a\0b", 3, &out);
	assert_string_equal(buf_cstr(&out), "a | b ");
	buf_free(&out);
}

static void long_words_are_left_out(void **state)
{
	(void)state;
	struct buf text = { 0 }, out = { 0 };

	for (int i = 0; i < TERM_MAX; i++)
		buf_addc(&text, 'x');
	buf_adds(&text, " ");
	for (int i = 0; i <= TERM_MAX; i++)
		buf_addc(&text, 'y');
	buf_adds(&text, " z");
	terms_add(text.data, text.len, &out);
	assert_int_equal(out.len, TERM_MAX + 1 + 2);
	buf_free(&text);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_falls_into_words),
		cmocka_unit_test(pieces_are_kept_apart),
		cmocka_unit_test(long_words_are_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

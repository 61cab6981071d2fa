#include "mail/palette.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void words_of_git_and_perl(void **state)
{
	static const struct {
		const char *words, *codes;
	} rows[] = {
		{ "", "" },
		{ "normal", "" },
		{ "blue", "\033[34m" },
		{ "brightred", "\033[91m" },
		{ "bright_cyan", "\033[96m" },
		{ "Green black", "\033[32;40m" },
		{ "green on_black", "\033[32;40m" },
		{ "normal brightwhite", "\033[107m" },
		{ "bold red ul", "\033[1;31;4m" },
		{ "nobold no-reverse noul", "\033[22;27;24m" },
		{ "underline faint", "\033[4;2m" },
		{ "208", "\033[38;5;208m" },
		{ "0 255", "\033[38;5;0;48;5;255m" },
		{ "#ff8800", "\033[38;2;255;136;0m" },
		{ "#f80 #000", "\033[38;2;255;136;0;48;2;0;0;0m" },
		{ "default", "\033[39m" },
		{ "reset", "\033[0m" },
	};
	struct palette p;
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(palette_set(&p, COLOR_NEW, rows[i].words), 0);
		assert_string_equal(p.on[COLOR_NEW], rows[i].codes);
	}
}

static void other_words(void **state)
{
	static const char *const rows[] = {
		"blurple",
		"red green blue",
		"256",
		"-2",
		"#ff",
		"#ggg",
		"bright",
		"noreset",
		"on_",
		"bold bold bold bold bold bold bold bold "
		"bold bold bold bold bold bold bold bold bold bold bold bold bold bold "
		"bold bold bold bold bold bold bold bold bold bold",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	};
	struct palette p;
	(void)state;
	palette_init(&p);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(palette_set(&p, COLOR_NEW, rows[i]), -EINVAL);
	assert_string_equal(p.on[COLOR_NEW], "\033[32m");
}

#define ON(code, text) "\033[" code "m" text "\033[0m"
#define HEAD "diff --git a/x b/x\nindex 0123456..789abcd\n--- a/x\n+++ b/x\n"
#define BOLD_HEAD                                                                                  \
	ON("1", "diff --git a/x b/x")                                                              \
	"\n" ON("1", "index 0123456..789abcd") "\n" ON("1", "--- a/x") "\n" ON("1", "+++ b/x") "\n"

static void text_is_painted(void **state)
{
	static const struct {
		const char *text, *painted;
	} rows[] = {
		{ "", "" },
		{ "plain\n\n-not a patch\n", "plain\n\n-not a patch\n" },
		{ "> a\n>\n\n>b", ON("34", "> a") "\n" ON("34", ">") "\n\n" ON("34", ">b") },
		{ HEAD "@@ -1 +1 @@ f()\n c\n-o\n+n\n",
		  BOLD_HEAD ON("36", "@@ -1 +1 @@ ") "f()\n c\n" ON("31", "-o") "\n" ON(
		      "32", "+n") "\n" },
		{ HEAD "@@ -1 +1 @@\n-o\n-- \n+x\n", /* not a signature: another line that goes */
		  BOLD_HEAD ON("36", "@@ -1 +1 @@") "\n" ON("31", "-o") "\n" ON(
		      "31", "-- ") "\n" ON("32", "+x") "\n" },
		{ HEAD "@@ -1 +1 @@\n c\n-- \n+x\n",
		  BOLD_HEAD ON("36", "@@ -1 +1 @@") "\n c\n-- \n+x\n" },
		{ "+before\n" HEAD "@@ x\n> q\n+after\n",
		  "+before\n" BOLD_HEAD "@@ x\n" ON("34", "> q") "\n+after\n" },
	};
	struct palette p;
	(void)state;
	palette_init(&p);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = { 0 };
		buf_adds(&b, "x\n");
		buf_adds(&b, rows[i].text);
		palette_paint_text(&p, &b, 2);
		assert_string_equal(buf_cstr(&b) + 2, rows[i].painted);
		buf_reset(&b);
		buf_adds(&b, rows[i].text);
		palette_paint_text(NULL, &b, 0);
		assert_string_equal(buf_cstr(&b), rows[i].text);
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_git_and_perl),
		cmocka_unit_test(other_words),
		cmocka_unit_test(text_is_painted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which line of a patch becomes which phrase. */
#include "mail/patch_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

/* The phrases of one kind, joined by "|". */
static void joined(const struct phrases *p, char *to, size_t cap)
{
	size_t n = 0;
	to[0] = '\0';
	for (size_t at = 0; at < p->list.len; at += strlen(p->list.data + at) + 1)
		n += (size_t)snprintf(to + n, cap - n, "%s%s", n > 0 ? "|" : "", p->list.data + at);
}

static void free_all(struct phrases *p)
{
	for (size_t i = 0; i < PATCH_WORDS; i++)
		phrases_free(&p[i]);
}

static void phrases_are_runs(void **state)
{
	static const struct {
		const char *text, *phrases;
	} table[] = {
		{ "", "" },
		{ "x", "" },
		{ " ;{}", "" },
		{ "two words ", "\"two words\"" },
		{ "a.b/c:d@e\\f-g", "a.b/c:d@e\\f-g" },
		{ "f(x, y)", "\"x, y\"" },
		{ "if (a) b = c;", "if|\"b = c\"" },
		{ "-- a_1 --", "\"a_1 --\"" },
		{ "na\xc3\xafve (stra\xc3\x9f"
		  "e)",
		  "na\xc3\xafve|stra\xc3\x9f"
		  "e" },
		{ "bad \xff\xfe bytes", "bad|bytes" },
		{ "aa;aa;aa", "aa" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct phrases p = { 0 };
		char got[200];
		phrases_add(&p, table[i].text, strlen(table[i].text));
		joined(&p, got, sizeof(got));
		assert_string_equal(got, table[i].phrases);
		phrases_free(&p);
	}
}

static void lines_are_sorted(void **state)
{
	static const char patch[] = "message\n+not in it\n---\n f.c | 1 +\n\n"
				    "diff --git \"a/t\\303\\266n\\tx.c\" b/g.c\nsimilarity index "
				    "90%\nindex 1234567..89abcde 100644\r\n"
				    "--- \"a/t\\303\\266n\\tx.c\"\n+++ b/g.c\n@@ -1,2 +3,4 @@ int "
				    "main(void)\n context here\n"
				    "-removed\n+added\n+++ /x/not a name\n\n after a blank\n"
				    "\\ No newline at end of file\n-- \n context not\n+added not\n";
	static const char *const want[PATCH_WORDS] = {
		[PATCH_DFA] = "removed",
		[PATCH_DFB] = "added|\"x/not a name\"",
		[PATCH_DFCTX] = "\"context here\"|\"after a blank\"",
		[PATCH_DFHH] = "\"int main\"|void",
		[PATCH_DFN] = "\"t\xc3\xb6n\tx.c\"|g.c",
		[PATCH_DFPRE] = "1234567",
		[PATCH_DFPOST] = "89abcde",
	};
	struct phrases p[PATCH_WORDS] = { { { 0 }, NULL } };
	char got[300];
	(void)state;
	patch_words_add(p, patch, strlen(patch));
	for (size_t i = 0; i < PATCH_WORDS; i++) {
		joined(&p[i], got, sizeof(got));
		assert_string_equal(got, want[i]);
	}
	free_all(p);
}

static void odd_lines_are_none(void **state)
{
	static const char *const odd[] = {
		"index 1234567..89abcdex\n",
		"index ..89abcde\n",
		"index 1234567.89abcde\n",
		"--- /abs/name\n",
		"--- name\n",
		"+++ a/\n",
		"@@ -1 @@ x y\n",
		"diff --git a b\n+xx\n",
		"--- a\0/bb\n",
	};
	struct phrases p[PATCH_WORDS] = { { { 0 }, NULL } };
	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		patch_words_add(p, odd[i], strlen(odd[i]));
	for (size_t i = 0; i < PATCH_WORDS; i++)
		assert_int_equal(p[i].list.len, 0);
	free_all(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phrases_are_runs),
		cmocka_unit_test(lines_are_sorted),
		cmocka_unit_test(odd_lines_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Patches: which line is found where, and the id that git gives them. */
#include "mail/message_diff.h"

#include "mail/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char usual[] = "Hello,\na patch\n\n"
			    "diff --git a/src/main.c b/src/main.c\n"
			    "index 1234567890ab..89abcdef0123 100644\n"
			    "--- a/src/main.c\n"
			    "+++ b/src/main.c\n"
			    "@@ -10,3 +10,4 @@ int compute_total(struct list *l)\n"
			    " unchanged context\n"
			    "-removed line\n"
			    "+added line\n"
			    "+brand new words\n"
			    " return total;\n"
			    "\\ No newline at end of file\n"
			    "diff --git a/b.c b/b.c\n"
			    "index 0123abcd..4567ef01 100644\n"
			    "--- a/b.c\n"
			    "+++ b/b.c\n"
			    "@@ -1 +1 @@\n"
			    "-one\n"
			    "+two\n"
			    "-- \n"
			    "2.30.2\n";

static const char binary[] =
    "diff --git a/icon.png b/icon.png\n"
    "new file mode 100644\n"
    "index 0000000000000000000000000000000000000000..1234567890abcdef1234567890abcdef12345678\n"
    "GIT binary patch\n"
    "literal 12\n"
    "TcmZQzU|?ZjVqjokWMcpT00RI30{{R3\n"
    "\n"
    "literal 0\n"
    "HcmV?d00001\n"
    "\n"
    "diff --git a/x b/x\n"
    "index 0123abcd..4567ef01 100644\n"
    "--- a/x\n"
    "+++ b/x\n"
    "@@ -1,2 +1,2 @@ f\n"
    " same\n"
    "-one\n"
    "+t w o\n";

/* The columns of patches, each piece ended by "|". */
static void show(struct message *m, char *out, size_t cap)
{
	size_t at = 0;

	for (int f = TEXT_BODY; f < TEXT_FIELDS; f++) {
		const struct buf *b = &m->text[f];
		assert_true(at + b->len + 2 < cap);
		for (size_t i = 0; i < b->len; i++)
			out[at++] = b->data[i] == '\n' ? ' ' : b->data[i] ? b->data[i] : '|';
		out[at++] = '\n';
	}
	out[at] = '\0';
}

static void assert_columns(const char *text, const char *expected)
{
	struct message m = { 0 };
	char seen[4096];
	size_t len = strlen(text);
	char *exact = malloc(len + !len);

	memcpy(exact, text, len);
	diff_index(&m, (struct slice){ exact, len });
	show(&m, seen, sizeof(seen));
	assert_string_equal(seen, expected);
	free(exact);
	message_done(&m);
}

static void lines_go_to_their_columns(void **state)
{
	(void)state;
	assert_columns(usual, "Hello, a patch diff --git a/src/main.c b/src/main.c "
	                      "|\\ No newline at end of file diff --git a/b.c b/b.c |2.30.2 \n"
	                      "src/main.c |b.c \n"
	                      "removed line |one \n"
	                      "added line |brand new words |two \n"
	                      "int compute_total(struct list *l) \n"
	                      "unchanged context |return total; \n"
	                      "1234567890ab |0123abcd \n"
	                      "89abcdef0123 |4567ef01 \n\n");
	assert_columns(binary, "diff --git a/icon.png b/icon.png "
	                       "|new file mode 100644 GIT binary patch literal 12 literal 0 "
	                       "diff --git a/x b/x \n"
	                       "icon.png |x \none \nt w o \nf \nsame \n"
	                       "0000000000000000000000000000000000000000 |0123abcd \n"
	                       "1234567890abcdef1234567890abcdef12345678 |4567ef01 \n\n");
}

static void names_may_be_odd(void **state)
{
	(void)state;
	assert_columns("diff --git \"a/two words\\303\\251\" \"b/tab\\there\"\n",
	               "diff --git \"a/two words\\303\\251\" \"b/tab\\there\" \n"
	               "two words\xc3\xa9 |tab\there \n\n\n\n\n\n\n\n");
	assert_columns("diff --git a/x y b/x y\n", "diff --git a/x y b/x y \nx y \n"
	                                           "\n\n\n\n\n\n\n");
}

static void older_forms_are_known(void **state)
{
	(void)state;
	assert_columns("diff -u linux-2.4/lib/a.c linux/lib/a.c\n"
	               "--- linux-2.4/lib/a.c\t2002-01-01\n"
	               "+++ linux/lib/a.c\t2002-01-02\n"
	               "@@ -3,3 +3,3 @@\n"
	               " context\n"
	               "-old\n",
	               "diff -u linux-2.4/lib/a.c linux/lib/a.c \n"
	               "lib/a.c |lib/a.c\t2002-01-01 |lib/a.c\t2002-01-02 \n"
	               "old \n\n\ncontext \n\n\n\n");
	assert_columns("--- a.c\n+++ a.c\n@@ -1 +1 @@\n-old\n+new\n",
	               "--- a.c \na.c \nold \nnew \n\n\n\n\n\n");
	assert_columns("--- a.c\n+++ b.c\n-no patch\n", "--- a.c -no patch \n\n\n\n\n\n\n\n\n");
}

static void what_is_no_patch_stays_text(void **state)
{
	(void)state;
	assert_columns("--- \n+ a\n- b\nindex abc\n@@ x\n",
	               "---  + a - b index abc @@ x \n\n\n\n\n\n\n\n\n");
	assert_columns("", "\n\n\n\n\n\n\n\n\n");
	assert_false(diff_in((struct slice){ "a\n ---\n+++\n", 11 }));
	assert_true(diff_in((struct slice){ "a\n+++ b", 7 }));
}

/* As `git patch-id --stable` of git 2.39 says. */
static void the_id_is_that_of_git(void **state)
{
	(void)state;
	char id[41];

	assert_true(patch_id((struct slice){ usual, strlen(usual) }, id));
	assert_string_equal(id, "9e82c05775359a266b85cb43219845c5ed2b2c86");
	assert_true(patch_id((struct slice){ binary, strlen(binary) }, id));
	assert_string_equal(id, "a4d14d4d8329e4f4cab625b7aa5547f7a2dd0e8c");
	assert_false(patch_id((struct slice){ "--- a\n+++ b\n", 12 }, id));
	assert_false(patch_id((struct slice){ "", 0 }, id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_go_to_their_columns),
		cmocka_unit_test(names_may_be_odd),
		cmocka_unit_test(older_forms_are_known),
		cmocka_unit_test(what_is_no_patch_stays_text),
		cmocka_unit_test(the_id_is_that_of_git),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

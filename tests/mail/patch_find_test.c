/* Patches in text: the one that makes a blob, and the heads of all. */
#include "mail/patch_find.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static const char two[] = "words\n"
			  "diff --git a/x.c b/y.c\n"
			  "similarity index 90%\n"
			  "rename from x.c\n"
			  "rename to y.c\n"
			  "index 1111111..2222222 100755\r\n"
			  "--- a/x.c\n"
			  "+++ b/y.c\n"
			  "@@ -1 +1 @@\n"
			  "-old\n"
			  "+new\n"
			  "diff --git a/n b/n\n"
			  "new file mode 120000\n"
			  "index 0000000..3333333\n"
			  "--- /dev/null\n"
			  "+++ b/n\n"
			  "@@ -0,0 +1 @@\n"
			  "+x\n"
			  "\n"
			  "-- \n"
			  "+not\n";

static void patches_are_found(void **state)
{
	struct found_patch p;
	(void)state;
	assert_int_equal(patch_find(two, strlen(two), NULL, "222222", &p), 1);
	assert_string_equal(p.pre, "1111111");
	assert_string_equal(p.mode, "100755");
	assert_string_equal(p.path_a.data, "x.c");
	assert_string_equal(p.path_b.data, "y.c");
	assert_memory_equal(p.text.data, "diff --git a/x.c", 16);
	assert_memory_equal(p.text.data + p.text.len - 5, "+new\n", 5);
	found_patch_free(&p);
	assert_int_equal(patch_find(two, strlen(two), "0000000", "3333333", &p), 1);
	assert_string_equal(p.mode, "120000");
	assert_int_equal(p.path_a.len, 0);
	assert_memory_equal(p.text.data + p.text.len - 4, "+x\n\n", 4);
	found_patch_free(&p);
	assert_int_equal(patch_find(two, strlen(two), "1111112", "2222222", &p), 0);
	assert_int_equal(patch_find(two, strlen(two), NULL, "4444444", &p), 0);
}

static void paths_stay_in_the_tree(void **state)
{
	static const char *const bad[] = { "../x", "a/../x", "./x", "x//y", "x/", "/x" };
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf text = { 0 };
		struct found_patch p;
		buf_addf(&text, "index 1111111..2222222\n--- a/%s\n+++ b/%s\n@@ -1 +1 @@\n", bad[i],
		         bad[i]);
		assert_int_equal(patch_find(text.data, text.len, NULL, "2222222", &p), 0);
		buf_free(&text);
	}
}

static void heads_come_in_order(void **state)
{
	struct patch_head h;
	(void)state;
	assert_int_equal(patch_head_next(two, strlen(two), 0, &h), 1);
	assert_int_equal(h.start, 6);
	assert_string_equal(h.a, "1111111");
	assert_string_equal(h.b, "2222222");
	assert_string_equal(h.mode_b, "100755");
	assert_string_equal(h.path_b.data, "y.c");
	size_t at = h.end;
	assert_memory_equal(two + at, "@@ -1", 5);
	patch_head_free(&h);
	assert_int_equal(patch_head_next(two, strlen(two), at, &h), 1);
	assert_string_equal(h.mode_a, "120000");
	assert_int_equal(h.path_a.len, 0);
	assert_string_equal(h.path_b.data, "n");
	at = h.end;
	patch_head_free(&h);
	assert_int_equal(patch_head_next(two, strlen(two), at, &h), 0);
}

static void cut_text_is_no_patch(void **state)
{
	(void)state;
	for (size_t len = 0; len < strlen(two); len++) {
		struct patch_head h;
		struct found_patch p;
		if (patch_head_next(two, len, 0, &h) > 0)
			patch_head_free(&h);
		if (patch_find(two, len, NULL, "2222222", &p) > 0)
			found_patch_free(&p);
	}
}

static void names_are_unquoted(void **state)
{
	struct buf out = { 0 };
	(void)state;
	assert_true(
	    patch_name("\"b/t\\303\\266 \\\"n\\t\"", strlen("\"b/t\\303\\266 \\\"n\\t\""), &out));
	assert_string_equal(out.data, "t\xc3\xb6 \"n\t");
	buf_reset(&out);
	assert_true(patch_name("b/with blank\t", 13, &out));
	assert_string_equal(out.data, "with blank");
	buf_reset(&out);
	assert_false(patch_name("/dev/null", 9, &out));
	assert_false(patch_name("name", 4, &out));
	assert_false(patch_name("b/", 2, &out));
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patches_are_found),   cmocka_unit_test(paths_stay_in_the_tree),
		cmocka_unit_test(heads_come_in_order), cmocka_unit_test(cut_text_is_no_patch),
		cmocka_unit_test(names_are_unquoted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Names in a Maildir, sane and other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "watch/names.h"

#include <string.h>

static void keywords_are_put_into_names(void **state)
{
	static const struct {
		const char *name;
		kw_set kw;
		const char *expected; /* NULL: it carries none */
	} rows[] = {
		{ "1", 0, "1:2," },
		{ "1", KW_SEEN, "1:2,S" },
		{ "1:2,", KW_SEEN | KW_FLAGGED, "1:2,FS" },
		{ "1:2,SF", KW_SEEN, "1:2,S" },
		{ "1:2,baSXT", KW_DRAFT, "1:2,DTXab" },
		{ "1:2,SS", KW_JUNK, "1:2," },
		{ "1:2,S!", KW_SEEN, NULL },
		{ "1:1,S", KW_SEEN, NULL },
		{ "1:x:2,S", 0, "1:x:2," },
		{ "", KW_SEEN, ":2,S" },
		{ "\xff", KW_SEEN, "\xff:2,S" },
	};
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		bool can = name_with_kw(rows[i].name, rows[i].kw, &out);
		assert_int_equal(can, rows[i].expected != NULL);
		if (can)
			assert_string_equal(out.data, rows[i].expected);
	}
	buf_free(&out);
}

static void lists_are_grouped_by_mail(void **state)
{
	static const char *const in[] = { "b:2,S", "a.b:2,", "a:2,S", "b", "a", "a:2,S", "a;" };
	static const char *const out[] = { "a", "a:2,S", "a.b:2,", "a;", "b", "b:2,S" };
	struct names l = { 0 };
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(in) / sizeof(*in); i++)
		assert_int_equal(names_add(&l, in[i]), 0);
	names_sort(&l);
	assert_int_equal(l.n, sizeof(out) / sizeof(*out));
	for (size_t i = 0; i < l.n; i++)
		assert_string_equal(l.v[i].text, out[i]);
	assert_ptr_equal(names_find(&l, "b", 1, &n), &l.v[4]);
	assert_int_equal(n, 2);
	assert_null(names_find(&l, "c", 1, &n));
	assert_true(name_same_mail(&l.v[0], &l.v[1]));
	assert_false(name_same_mail(&l.v[1], &l.v[2]));
	names_free(&l);
	names_sort(&l);
	assert_null(names_find(&l, "a", 1, &n));
}

static void a_name_of_any_length(void **state)
{
	static char name[200000];
	struct names l = { 0 };

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(names_add(&l, name + i), 0);
		assert_int_equal(names_add(&l, "short"), 0);
	}
	names_sort(&l);
	assert_int_equal(l.n, 4);
	names_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keywords_are_put_into_names),
		cmocka_unit_test(lists_are_grouped_by_mail),
		cmocka_unit_test(a_name_of_any_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

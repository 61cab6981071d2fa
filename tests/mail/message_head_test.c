#include "mail/message_head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *raw;
	bool part;
	const char *block, *body;
} splits[] = {
	{ "A: 1\n\nb\n", false, "A: 1\n", "b\n" },
	{ "A: 1\r\n\r\nb\r\n", false, "A: 1\r\n", "b\r\n" },
	{ "A: 1\n\r\nb", false, "A: 1\n", "b" },
	{ "A: 1\nB: 2\n", false, "A: 1\nB: 2\n", "" },
	{ "A: 1", false, "A: 1", "" },
	{ "no header at all", false, "", "no header at all" },
	{ "", false, "", "" },
	{ "\n", false, "", "\n" },
	{ "\n\n", false, "\n", "" },
	{ "\nbody", true, "", "body" },
	{ "\r\nbody", true, "", "body" },
	{ "\nA: 1\n\nbody", false, "\nA: 1\n", "body" },
};

static void header_ends_at_first_empty_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
		struct slice block, body;
		struct slice raw = { splits[i].raw, strlen(splits[i].raw) };
		head_split(raw, splits[i].part, &block, &body);
		assert_int_equal(block.len, strlen(splits[i].block));
		assert_memory_equal(block.p, splits[i].block, block.len);
		assert_int_equal(body.len, strlen(splits[i].body));
		assert_memory_equal(body.p, splits[i].body, body.len);
	}
}

static void lines_are_found_in_any_case(void **state)
{
	(void)state;
	static const char text[] =
	    "A: one\n two\r\n\tthree \nno colon but a blank\nB:x\n"
	    "nothing\n more of nothing\na : not a name\nA:\n\xff: y\nA: last";
	struct head h;
	assert_int_equal(head_parse((struct slice){ text, sizeof text - 1 }, &h), 0);
	struct buf b = { 0 };
	assert_string_equal(head_first(&h, "a", &b), "one two three  no colon but a blank");
	assert_string_equal(head_first(&h, "B", &b), "x");
	assert_null(head_first(&h, "C", &b));
	size_t at = 0, n = 0;
	struct slice v = { 0 };
	while (head_next(&h, "A", &at, &v))
		n++;
	assert_int_equal(n, 3);
	assert_int_equal(v.len, 4);
	buf_free(&b);
	head_done(&h);
}

static void many_lines_and_long_blocks(void **state)
{
	(void)state;
	struct buf b = { 0 };
	for (int i = 0; i < 1000; i++)
		buf_addf(&b, "N%d: %d\n", i, i);
	struct head h;
	assert_int_equal(head_parse((struct slice){ b.data, b.len }, &h), 0);
	assert_int_equal(h.n, 1000);
	head_done(&h);
	while (b.len <= HEAD_MAX)
		buf_adds(&b, "X: 123456789 123456789\n");
	buf_adds(&b, "\nbody");
	struct slice block, body;
	head_split((struct slice){ b.data, b.len }, false, &block, &body);
	assert_true(block.len <= HEAD_MAX);
	assert_int_equal(block.p[block.len - 1], '\n');
	assert_int_equal(body.len, 4);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_ends_at_first_empty_line),
		cmocka_unit_test(lines_are_found_in_any_case),
		cmocka_unit_test(many_lines_and_long_blocks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

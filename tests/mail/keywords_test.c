#include "fixture.h"

#include "mail/keywords.h"

static void names_go_both_ways(void **state)
{
	(void)state;
	for (unsigned k = 0; k < KW_COUNT; k++)
		assert_int_equal(kw_by_name(kw_name(k), strlen(kw_name(k))), 1u << k);
	assert_int_equal(kw_by_name("see", 3), 0);
	assert_int_equal(kw_by_name("Seen", 4), 0);
	assert_int_equal(kw_by_name("", 0), 0);
}

static void status_letters_are_read(void **state)
{
	static const struct {
		const char *value;
		size_t len;
		kw_set kw;
	} rows[] = {
		{ BYTES(""), 0 },
		{ BYTES(" RO\n"), KW_SEEN },
		{ BYTES("O"), 0 },
		{ BYTES(" AF\r\n\tT\r\n"), KW_ANSWERED | KW_FLAGGED | KW_DRAFT },
		{ BYTES("r a f t D"), 0 },
		{ BYTES("R\0F"), KW_SEEN | KW_FLAGGED },
		{ BYTES("RRRR"), KW_SEEN },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(kw_from_status(rows[i].value, rows[i].len), rows[i].kw);
}

static void maildir_flags_are_read(void **state)
{
	static const struct {
		const char *name;
		kw_set kw;
	} rows[] = {
		{ "", 0 },
		{ "1.x", 0 },
		{ "1.x:2,", 0 },
		{ "1.x:2,S", KW_SEEN },
		{ "1.x:2,DFPRS", KW_DRAFT | KW_FLAGGED | KW_FORWARDED | KW_ANSWERED | KW_SEEN },
		{ "1.x:2,abS", KW_SEEN }, /* letters of others */
		{ "1.x:2,S,extra", 0 },
		{ "1.x:1,S", 0 },
		{ "1.x:2", 0 },
		{ "1.x:y:2,F", KW_FLAGGED },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(kw_from_maildir(rows[i].name), rows[i].kw);
}

static void maildir_flags_are_written_in_order(void **state)
{
	char buf[8];
	(void)state;
	assert_int_equal(kw_to_maildir(0, buf), 0);
	assert_string_equal(buf, "");
	assert_int_equal(kw_to_maildir((1u << KW_COUNT) - 1, buf), 5);
	assert_string_equal(buf, "DFPRS");
	assert_int_equal(kw_to_maildir(KW_JUNK | KW_SEEN, buf), 1);
	assert_string_equal(buf, "S");
}

static void status_lines_are_written(void **state)
{
	static const struct {
		kw_set kw;
		bool recent;
		const char *eol, *want;
	} rows[] = {
		{ 0, false, "\n", "Status: O\n" },
		{ 0, true, "\n", "" },
		{ KW_SEEN, false, "\n", "Status: RO\n" },
		{ KW_SEEN, true, "\n", "Status: R\n" },
		{ KW_FLAGGED, true, "\n", "X-Status: F\n" },
		{ ~0u, false, "\r\n", "Status: RO\r\nX-Status: AFT\r\n" },
		{ KW_FORWARDED | KW_JUNK, false, "\n", "Status: O\n" },
	};
	char buf[32];
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t n = kw_to_status(rows[i].kw, rows[i].recent, rows[i].eol, buf);
		assert_string_equal(buf, rows[i].want);
		assert_int_equal(n, strlen(buf));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_go_both_ways),
		cmocka_unit_test(status_letters_are_read),
		cmocka_unit_test(maildir_flags_are_read),
		cmocka_unit_test(maildir_flags_are_written_in_order),
		cmocka_unit_test(status_lines_are_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

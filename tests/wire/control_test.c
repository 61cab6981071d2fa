#include "testing.h"
#include "wire/wire.h"

static void knows_its_words(void **state)
{
	(void)state;
	static const struct {
		const char *data;
		size_t len;
		enum wire_control want;
	} rows[] = {
		{ "STOP", 4, WIRE_STOP },
		{ "CONT", 4, WIRE_CONT },
		{ "TERM", 4, WIRE_TERM },
		{ "", 0, WIRE_CONTROL_UNKNOWN },
		{ "STO", 3, WIRE_CONTROL_UNKNOWN },
		{ "STOP\n", 5, WIRE_CONTROL_UNKNOWN },
		{ "STOP\0", 5, WIRE_CONTROL_UNKNOWN },
		{ "stop", 4, WIRE_CONTROL_UNKNOWN },
		{ "KILL", 4, WIRE_CONTROL_UNKNOWN },
		{ "u\x12\0\0", 4, WIRE_CONTROL_UNKNOWN },
		{ "u\x12\0\0\0\0", 6, WIRE_CONTROL_UNKNOWN },
		{ "u\x12\0\0\x80", 5, WIRE_CONTROL_UNKNOWN },
		{ "u\0\x02\0\0", 5, WIRE_CONTROL_UNKNOWN },
		{ "zz", 2, WIRE_CONTROL_UNKNOWN },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		mode_t mask = 0123;
		assert_int_equal(wire_control_parse(rows[i].data, rows[i].len, &mask),
		                 rows[i].want);
		assert_int_equal(mask, 0123);
	}
}

static void packs_the_umask_as_the_original_reads_it(void **state)
{
	(void)state;
	char got[5];
	assert_int_equal(wire_umask_pack(got, 022), 5);
	assert_memory_equal(got, "u\x12\0\0\0", 5);
}

static void brings_every_umask_back(void **state)
{
	(void)state;
	for (mode_t mask = 0; mask <= 0777; mask++) {
		char packed[5];
		mode_t got = 07777;
		size_t n = wire_umask_pack(packed, mask);
		assert_int_equal(wire_control_parse(packed, n, &got), WIRE_UMASK_IS);
		assert_int_equal(got, mask);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_its_words),
		cmocka_unit_test(packs_the_umask_as_the_original_reads_it),
		cmocka_unit_test(brings_every_umask_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "testing.h"
#include "wire/wire.h"

#include <errno.h>

static void names_the_runtime_directory(void **state)
{
	(void)state;
	static const struct {
		const char *xdg, *tmpdir, *want;
	} rows[] = {
		{ "/run/user/7", NULL, "/run/user/7/lei" },
		{ "/run/user/7", "/", "/run/user/7/lei" },
		{ "/run/user/7///", NULL, "/run/user/7/lei" },
		{ "/", NULL, "/lei" },
		{ "rel", NULL, "rel/lei" },
		{ NULL, NULL, "/tmp/lei-7" },
		{ "", "", "/tmp/lei-7" },
		{ NULL, "/nonexistent", "/tmp/lei-7" },
		{ NULL, "/dev/null", "/tmp/lei-7" },
		{ "", "/tmp//", "/tmp/lei-7" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char got[64];
		assert_int_equal(wire_runtime_dir(got, sizeof(got), rows[i].xdg, rows[i].tmpdir, 7),
		                 0);
		assert_string_equal(got, rows[i].want);
	}
}

static void takes_a_usable_tmpdir(void **state)
{
	(void)state;
	char *dir = make_scratch(), got[256], want[256];
	snprintf(want, sizeof(want), "%s/lei-4294967295", dir);
	assert_int_equal(wire_runtime_dir(got, sizeof(got), NULL, dir, (uid_t)-1), 0);
	assert_string_equal(got, want);
	remove_scratch(dir);
}

static void refuses_a_buffer_too_small(void **state)
{
	(void)state;
	char got[16] = "untouched";
	assert_int_equal(wire_runtime_dir(got, sizeof("/run/lei"), "/run", NULL, 7), 0);
	assert_string_equal(got, "/run/lei");
	for (size_t cap = 0; cap < sizeof("/run/lei"); cap++)
		assert_int_equal(wire_runtime_dir(got, cap, "/run", NULL, 7), -ENAMETOOLONG);
	assert_string_equal(got, "/run/lei");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_the_runtime_directory),
		cmocka_unit_test(takes_a_usable_tmpdir),
		cmocka_unit_test(refuses_a_buffer_too_small),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

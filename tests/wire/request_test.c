#include "testing.h"
#include "wire/wire.h"

#include <errno.h>

/* Parse from a heap block of exactly that size, so that a sanitizer sees one byte too far. */
static enum wire_fault parse(const char *data, size_t len, struct wire_request *r)
{
	char *exact = malloc(len ? len : 1);
	memcpy(exact, data, len);
	enum wire_fault f = wire_request_parse(exact, len, r);
	free(exact);
	return f;
}

/* "a|b" for {"a", "b"}; "-" for none. */
static void assert_words(char *const *words, size_t n, const char *want)
{
	char got[256] = "-";
	for (size_t i = 0; i < n; i++) {
		if (i)
			strcat(got, "|");
		else
			got[0] = '\0';
		strcat(got, words[i]);
	}
	assert_null(words[n]);
	assert_string_equal(got, want);
}

#define BYTES(s) s, sizeof(s) - 1

static void reads_arguments_and_environment(void **state)
{
	(void)state;
	static const struct {
		const char *data;
		size_t len;
		const char *argv, *envp;
	} rows[] = {
		{ BYTES("1\0daemon-pid\0\0"), "daemon-pid", "-" },
		{ BYTES("0\0\0"), "-", "-" },
		{ BYTES("0\0A=1\0\0"), "-", "A=1" },
		{ BYTES("2\0q\0s:a b\0A=1\0B=2=3\0\0"), "q|s:a b", "A=1|B=2=3" },
		{ BYTES("02\0q\0x\0\0"), "q|x", "-" },
		/* empty arguments keep their place, at the end too */
		{ BYTES("3\0\0x\0\0\0\0"), "|x|", "-" },
		{ BYTES("1\0\0\0"), "", "-" },
		/* one NUL too many is an empty entry, which costs nothing */
		{ BYTES("1\0q\0\0\0"), "q", "-" },
		/* an argument may look like a variable, a value may hold any byte but NUL */
		{ BYTES("1\0A=1\0B=\xff\n=\0\0"), "A=1", "B=\xff\n=" },
		{ BYTES("1\0q\0E=\0\0"), "q", "E=" },
		/* an entry that is none costs only itself */
		{ BYTES("1\0q\0A=1\0FOO\0B=2\0\0C=3\0\0"), "q", "A=1|B=2|C=3" },
		{ BYTES("1\0q\0=x\0A=1\0\0"), "q", "A=1" },
		/* the last of equal keys wins, the others keep their order */
		{ BYTES("1\0q\0Z=0\0A=1\0AB=2\0A=3\0A-=4\0A=5\0\0"), "q", "Z=0|AB=2|A-=4|A=5" },
		{ BYTES("1\0q\0A=1\0A=1\0\0"), "q", "A=1" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire_request r = { 0 };
		assert_int_equal(parse(rows[i].data, rows[i].len, &r), WIRE_OK);
		assert_words(r.argv, r.argc, rows[i].argv);
		assert_words(r.envp, r.envc, rows[i].envp);
		wire_request_free(&r);
		assert_null(r.mem);
	}
}

static void says_what_is_wrong(void **state)
{
	(void)state;
	static const struct {
		const char *data;
		size_t len;
		enum wire_fault want;
	} rows[] = {
		{ BYTES(""), WIRE_EMPTY },
		{ BYTES("\0"), WIRE_UNTERMINATED },
		{ BYTES("1"), WIRE_UNTERMINATED },
		{ BYTES("1\0daemon-pid"), WIRE_UNTERMINATED },
		{ BYTES("1\0daemon-pid\0"), WIRE_UNTERMINATED },
		{ BYTES("1\0daemon-pid\0\0x"), WIRE_UNTERMINATED },
		{ BYTES("\0\0"), WIRE_BAD_ARGC },
		{ BYTES("\0q\0\0"), WIRE_BAD_ARGC },
		{ BYTES("x\0q\0\0"), WIRE_BAD_ARGC },
		{ BYTES("1x\0q\0\0"), WIRE_BAD_ARGC },
		{ BYTES(" 1\0q\0\0"), WIRE_BAD_ARGC },
		{ BYTES("-1\0q\0\0"), WIRE_BAD_ARGC },
		{ BYTES("1.9\0q\0\0"), WIRE_BAD_ARGC },
		{ BYTES("1\0\0"), WIRE_BAD_ARGC },
		{ BYTES("3\0q\0A=1\0\0"), WIRE_BAD_ARGC },
		{ BYTES("18446744073709551616\0q\0\0"), WIRE_BAD_ARGC },
		{ BYTES("99999999999999999999999999\0q\0\0"), WIRE_BAD_ARGC },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire_request r = { .argc = 77 };
		assert_int_equal(parse(rows[i].data, rows[i].len, &r), rows[i].want);
		assert_int_equal(r.argc, 77);
		assert_true(strlen(wire_fault_text(rows[i].want)) > 10);
	}
}

static void finds_a_variable(void **state)
{
	(void)state;
	struct wire_request r;
	assert_int_equal(parse(BYTES("1\0HOME=no\0HOMES=no\0HOME=/h\0E=\0\0"), &r), WIRE_OK);
	assert_string_equal(wire_request_getenv(&r, "HOME"), "/h");
	assert_string_equal(wire_request_getenv(&r, "E"), "");
	assert_null(wire_request_getenv(&r, "HOM"));
	assert_null(wire_request_getenv(&r, "HOME=/h"));
	wire_request_free(&r);
	wire_request_free(&r);
	wire_request_free(NULL);
}

static void survives_a_megabyte_of_anything(void **state)
{
	(void)state;
	static const char *const fillings[] = { "\0", "A=\0", "=", "x\0", "9" };
	static const size_t lens[] = { 1, 3, 1, 2, 1 };
	char *data = malloc(WIRE_REQUEST_MAX);
	for (size_t f = 0; f < 5; f++) {
		memcpy(data, "1\0q", 4);
		for (size_t i = 4; i < WIRE_REQUEST_MAX - 2; i++)
			data[i] = fillings[f][(i - 4) % lens[f]];
		data[WIRE_REQUEST_MAX - 2] = data[WIRE_REQUEST_MAX - 1] = '\0';
		struct wire_request r;
		assert_int_equal(parse(data, WIRE_REQUEST_MAX, &r), WIRE_OK);
		assert_words(r.argv, r.argc, "q");
		assert_true(r.envc <= 1);
		wire_request_free(&r);
	}
	free(data);
}

static char *argv_q[] = { (char[]){ "q" }, (char[]){ "" }, NULL };

static void packs_what_the_original_packs(void **state)
{
	(void)state;
	char *envp[] = { (char[]){ "A=1" }, (char[]){ "B=" }, NULL }, buf[64];
	size_t len = 0;
	assert_int_equal(wire_request_pack(buf, sizeof(buf), 2, argv_q, envp, &len), 0);
	assert_int_equal(len, sizeof("2\0q\0\0A=1\0B=\0") - 1 + 1);
	assert_memory_equal(buf, "2\0q\0\0A=1\0B=\0\0", len);

	assert_int_equal(wire_request_pack(buf, sizeof(buf), 0, NULL, NULL, &len), 0);
	assert_int_equal(len, 3);
	assert_memory_equal(buf, "0\0\0", 3);
}

static void leaves_out_entries_that_confuse_the_original(void **state)
{
	(void)state;
	char *envp[] = { (char[]){ "A=1" }, (char[]){ "FOO" }, (char[]){ "" },
		         (char[]){ "=x" },  (char[]){ "B=2" }, NULL };
	char buf[64];
	size_t len = 0;
	assert_int_equal(wire_request_pack(buf, sizeof(buf), 1, argv_q, envp, &len), 0);
	assert_int_equal(len, sizeof("1\0q\0A=1\0B=2\0"));
	assert_memory_equal(buf, "1\0q\0A=1\0B=2\0\0", len);
}

/* What a cap of `cap` bytes lets through: the environment as in assert_words, or NULL. */
static void assert_packs(size_t cap, const char *want)
{
	char *envp[] = { (char[]){ "JUNK=0123456789" }, (char[]){ "HOME=/h" }, (char[]){ "X=1" },
		         NULL };
	char *buf = malloc(cap ? cap : 1);
	size_t len = 99;
	int rc = wire_request_pack(buf, cap, 1, argv_q, envp, &len);
	if (want) {
		struct wire_request r;
		assert_int_equal(rc, 0);
		assert_true(len <= cap);
		assert_int_equal(parse(buf, len, &r), WIRE_OK);
		assert_words(r.argv, r.argc, "q");
		assert_words(r.envp, r.envc, want);
		wire_request_free(&r);
	} else {
		assert_int_equal(rc, -E2BIG);
		assert_int_equal(len, 99);
	}
	free(buf);
}

static void sends_what_matters_when_all_is_too_much(void **state)
{
	(void)state;
	size_t whole = sizeof("1\0q\0JUNK=0123456789\0HOME=/h\0X=1\0");
	size_t small = sizeof("1\0q\0HOME=/h\0");
	for (size_t cap = 0; cap < small; cap++)
		assert_packs(cap, NULL);
	for (size_t cap = small; cap < whole; cap++)
		assert_packs(cap, "HOME=/h");
	assert_packs(whole, "JUNK=0123456789|HOME=/h|X=1");
	assert_packs(whole + 1, "JUNK=0123456789|HOME=/h|X=1");
}

static void knows_what_matters(void **state)
{
	(void)state;
	static const char *const yes[] = {
		"HOME=/h", "PATH=",         "LC_ALL=C",   "XDG_DATA_HOME=/x", "GIT_DIR=x",
		"TZ=UTC",  "https_proxy=x", "ALL_PROXY=", "LEI_DAEMON=d",
	};
	static const char *const no[] = { "HOMES=1", "HOM=1", "_proxy=1", "JUNK=HOME=", "=", "" };
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(wire_env_matters(yes[i]));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(wire_env_matters(no[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_arguments_and_environment),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(finds_a_variable),
		cmocka_unit_test(survives_a_megabyte_of_anything),
		cmocka_unit_test(packs_what_the_original_packs),
		cmocka_unit_test(leaves_out_entries_that_confuse_the_original),
		cmocka_unit_test(sends_what_matters_when_all_is_too_much),
		cmocka_unit_test(knows_what_matters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

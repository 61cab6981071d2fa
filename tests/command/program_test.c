/* Running a program: what goes in, what comes out, how it ended. */
#include "command_fixture.h"

#include "command/program.h"

#include <stdlib.h>
#include <unistd.h>

static int sh(const char *script, struct program p, struct err *e)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	p.argv = argv;
	return program_run(&p, e);
}

static void status_is_returned(void **state)
{
	struct err e = { .text = "" };
	(void)state;
	assert_int_equal(sh("exit 0", (struct program){ 0 }, &e), 0);
	assert_int_equal(sh("exit 3", (struct program){ 0 }, &e), 3);
	assert_int_equal(sh("kill -TERM $$", (struct program){ 0 }, &e), 128 + 15);
}

static void missing_program_says_so(void **state)
{
	const char *argv[] = { "never-heard-of", NULL };
	struct buf said = { 0 };
	struct err e = { .text = "" };
	(void)state;
	assert_int_equal(program_run(&(struct program){ .argv = argv, .err = &said }, &e), 127);
	assert_non_null(strstr(buf_cstr(&said), "never-heard-of: No such file"));
	buf_free(&said);
}

/* More than pipes hold, both ways at once. */
static void much_goes_through(void **state)
{
	struct buf in = { 0 }, out = { 0 }, said = { 0 };
	struct err e = { .text = "" };
	(void)state;
	for (int i = 0; i < 300000; i++)
		buf_adds(&in, "much\n");
	assert_int_equal(
	    sh("tee /dev/stderr", (struct program){ .in = &in, .out = &out, .err = &said }, &e), 0);
	assert_int_equal(out.len, in.len);
	assert_int_equal(said.len, in.len);
	buf_free(&out);
	buf_free(&said);
	assert_int_equal(sh("exit 4", (struct program){ .in = &in }, &e), 4); /* does not read it */
	buf_free(&in);
}

static void surroundings_are_set(void **state)
{
	const char *env[] = { "FIRST", "one", "HOME", NULL, NULL };
	struct buf out = { 0 };
	struct err e = { .text = "" };
	(void)state;
	assert_int_equal(sh("pwd; echo $FIRST ${HOME-none}; echo said >&2",
	                    (struct program){ .dir = "/", .env = env, .out = &out, .err = &out },
	                    &e),
	                 0);
	assert_string_equal(buf_cstr(&out), "/\none none\nsaid\n");
	buf_reset(&out);
	assert_int_equal(sh("echo said >&2", (struct program){ .out = &out, .quiet = true }, &e),
	                 0);
	assert_int_equal(out.len, 0);
	assert_int_equal(sh("true", (struct program){ .dir = "/never", .err = &out }, &e), 127);
	assert_non_null(strstr(buf_cstr(&out), "/never"));
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_is_returned),
		cmocka_unit_test(missing_program_says_so),
		cmocka_unit_test(much_goes_through),
		cmocka_unit_test(surroundings_are_set),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/buf.h"
#include "base/err.h"
#include "base/grow.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void err_returns_what_it_was_given(void **state)
{
	struct err e = { "" };

	(void)state;
	assert_int_equal(err_set(&e, -EINVAL, "%s: not an mbox", "x"), -EINVAL);
	assert_string_equal(e.text, "x: not an mbox");
	assert_int_equal(err_set(NULL, -EIO, "nobody listens"), -EIO);
}

static void err_adds_the_reason_of_the_system(void **state)
{
	struct err e = { "" };

	(void)state;
	assert_int_equal(err_sys(&e, ENOENT, "open %s", "f"), -ENOENT);
	assert_string_equal(e.text, "open f: No such file or directory");
	err_prefix(&e, "import");
	assert_string_equal(e.text, "import: open f: No such file or directory");
}

static void err_cuts_what_is_too_long(void **state)
{
	struct err e = { "" };
	char lots[ERR_TEXT_MAX * 2];

	(void)state;
	memset(lots, 'x', sizeof(lots));
	lots[sizeof(lots) - 1] = '\0';
	err_put_sys(&e, EIO, "%s", lots);
	assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
	err_prefix(&e, "more");
	assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
	assert_int_equal(strncmp(e.text, "more: xxx", 9), 0);
}

static void buf_grows_and_keeps_its_bytes(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (int i = 0; i < 10000; i++)
		buf_addf(&b, "%04d", i);
	assert_true(buf_ok(&b));
	assert_int_equal(b.len, 40000);
	assert_memory_equal(b.data + 4 * 9999, "9999", 4);
	buf_addc(&b, '\0');
	buf_adds(&b, "");
	assert_int_equal(b.len, 40001);
	buf_free(&b);
	assert_null(b.data);
}

static void buf_empty_is_a_string(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_string_equal(buf_cstr(&b), "");
	assert_int_equal(b.len, 0);
	buf_free(&b);
}

static void buf_failure_is_sticky_until_reset(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_adds(&b, "kept");
	assert_null(buf_room(&b, SIZE_MAX - 2));
	assert_false(buf_ok(&b));
	buf_adds(&b, "lost");
	assert_int_equal(b.len, 4);
	buf_reset(&b);
	buf_adds(&b, "again");
	assert_true(buf_ok(&b));
	assert_string_equal(buf_cstr(&b), "again");
	buf_free(&b);
}

static void all_is_written_to_a_full_non_blocking_pipe(void **state)
{
	enum { BYTES = 1 << 20 };
	static char data[BYTES];
	int pipe[2];

	(void)state;
	assert_int_equal(pipe2(pipe, O_NONBLOCK), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(pipe[0]);
		_exit(io_write_all(pipe[1], data, BYTES) != 0);
	}
	close(pipe[1]);
	assert_int_equal(fcntl(pipe[0], F_SETFL, 0), 0);
	size_t got = 0;
	char buf[4096];
	for (ssize_t n; (n = read(pipe[0], buf, sizeof(buf))) > 0;)
		got += (size_t)n;
	int status = -1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(got, BYTES);
	close(pipe[0]);
}

static void what_cannot_be_written_is_told(void **state)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(io_write_all(null, "x", 1), -EBADF);
	assert_int_equal(io_write_all(null, "", 0), 0);
	close(null);
}

static void an_array_grows_and_keeps_what_it_has(void **state)
{
	size_t cap = 0;
	int *v = NULL;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		v = grow(v, (size_t)i, &cap, sizeof(*v));
		assert_non_null(v);
		assert_true(cap > (size_t)i);
		v[i] = i;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(v[i], i);
	assert_true(cap < 3000);
	free(v);
}

static void an_array_too_large_is_left_alone(void **state)
{
	size_t cap = 4;
	int *v = calloc(cap, sizeof(*v));

	(void)state;
	assert_null(grow(v, cap, &cap, SIZE_MAX / 4));
	assert_int_equal(cap, 4);
	free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_returns_what_it_was_given),
		cmocka_unit_test(err_adds_the_reason_of_the_system),
		cmocka_unit_test(err_cuts_what_is_too_long),
		cmocka_unit_test(buf_grows_and_keeps_its_bytes),
		cmocka_unit_test(buf_empty_is_a_string),
		cmocka_unit_test(buf_failure_is_sticky_until_reset),
		cmocka_unit_test(an_array_grows_and_keeps_what_it_has),
		cmocka_unit_test(an_array_too_large_is_left_alone),
		cmocka_unit_test(all_is_written_to_a_full_non_blocking_pipe),
		cmocka_unit_test(what_cannot_be_written_is_told),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}

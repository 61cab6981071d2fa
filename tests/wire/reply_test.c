#include "testing.h"
#include "wire/wire.h"

#include <errno.h>

#define BYTES(s) s, sizeof(s) - 1

static int parse(const char *data, size_t len, struct wire_reply *r)
{
	char *exact = malloc(len ? len : 1);
	memcpy(exact, data, len);
	int rc = wire_reply_parse(exact, len, r);
	free(exact);
	return rc;
}

static void tells_replies_apart(void **state)
{
	(void)state;
	static const struct {
		const char *data;
		size_t len;
		enum wire_reply_kind kind;
		uint64_t status;
	} rows[] = {
		{ BYTES("x_it 0"), WIRE_X_IT, 0 },
		{ BYTES("x_it 256"), WIRE_X_IT, 256 },
		{ BYTES("x_it 007"), WIRE_X_IT, 7 },
		{ BYTES("x_it 18446744073709551615"), WIRE_X_IT, UINT64_MAX },
		{ BYTES("x_it 18446744073709551616"), WIRE_X_IT, UINT64_MAX },
		{ BYTES("x_it 100000000000000000000"), WIRE_X_IT, UINT64_MAX },
		{ BYTES("child_error 1792"), WIRE_CHILD_ERROR, 1792 },
		{ BYTES("-WINCH"), WIRE_WINCH, 0 },
		{ BYTES("umask"), WIRE_UMASK, 0 },
		{ BYTES("wait"), WIRE_WAIT, 0 },
		{ BYTES("x_it"), WIRE_TEXT, 0 },
		{ BYTES("x_it "), WIRE_TEXT, 0 },
		{ BYTES("x_it -1"), WIRE_TEXT, 0 },
		{ BYTES("x_it 1 "), WIRE_TEXT, 0 },
		{ BYTES("x_it 1\n"), WIRE_TEXT, 0 },
		{ BYTES("x_it 1.5"), WIRE_TEXT, 0 },
		{ BYTES("x_it 1\0"), WIRE_TEXT, 0 },
		{ BYTES("child_error"), WIRE_TEXT, 0 },
		{ BYTES("-TERM"), WIRE_TEXT, 0 },
		{ BYTES("wait\n"), WIRE_TEXT, 0 },
		{ BYTES("exec"), WIRE_TEXT, 0 },
		{ BYTES("not enough FDs=2"), WIRE_TEXT, 0 },
		{ BYTES("\0\xff"), WIRE_TEXT, 0 },
		{ BYTES(""), WIRE_TEXT, 0 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire_reply r;
		assert_int_equal(parse(rows[i].data, rows[i].len, &r), 0);
		assert_int_equal(r.kind, rows[i].kind);
		assert_true(r.status == rows[i].status);
		wire_reply_done(&r);
	}
}

static void reads_exec(void **state)
{
	(void)state;
	static const struct {
		const char *data;
		size_t len, argc, envc;
		const char *last;
	} rows[] = {
		{ BYTES("exec 1\0pager\0LESS=FRX\0LV=-c"), 1, 2, "pager" },
		{ BYTES("exec 2\0mua\0D/"), 2, 0, "D/" },
		{ BYTES("exec 2\0mua\0new\nline"), 2, 0, "new\nline" },
		{ BYTES("exec 3\0a\0\0c"), 3, 0, "c" },
		{ BYTES("exec 2\0a\0"), 2, 0, "" },
		{ BYTES("exec 2\0git\0config\0\0"), 2, 0, "config" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire_reply r;
		assert_int_equal(parse(rows[i].data, rows[i].len, &r), 0);
		assert_int_equal(r.kind, WIRE_EXEC);
		assert_int_equal(r.exec.argc, rows[i].argc);
		assert_int_equal(r.exec.envc, rows[i].envc);
		assert_string_equal(r.exec.argv[r.exec.argc - 1], rows[i].last);
		wire_reply_done(&r);
	}
}

static void refuses_an_exec_that_cannot_be_obeyed(void **state)
{
	(void)state;
	static const struct {
		const char *data;
		size_t len;
	} rows[] = {
		{ BYTES("exec ") },      { BYTES("exec 0") },      { BYTES("exec 0\0A=1") },
		{ BYTES("exec 1") },     { BYTES("exec x\0a") },   { BYTES("exec 3\0a\0b") },
		{ BYTES("exec -1\0a") }, { BYTES("exec format") },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire_reply r = { .status = 77 };
		assert_int_equal(parse(rows[i].data, rows[i].len, &r), -EBADMSG);
		assert_int_equal(r.status, 77);
	}
}

static void assert_next(int sock, const char *want, size_t len)
{
	char buf[256];
	struct wire_packet p = { .data = buf, .cap = sizeof(buf) };
	assert_int_equal(wire_recv(sock, &p, MSG_DONTWAIT), 0);
	assert_int_equal(p.len, len);
	assert_memory_equal(buf, want, len);
	wire_packet_close(&p);
}

static void sends_what_the_original_understands(void **state)
{
	(void)state;
	char *argv[] = { (char[]){ "less" }, (char[]){ "-R" }, NULL };
	char *envp[] = { (char[]){ "LV=-c" }, NULL };
	int pair[2];
	make_pair(pair);
	assert_int_equal(wire_send_x_it(pair[0], 0, 0), 0);
	assert_next(pair[1], BYTES("x_it 0"));
	assert_int_equal(wire_send_x_it(pair[0], 256, 0), 0);
	assert_next(pair[1], BYTES("x_it 256"));
	assert_int_equal(wire_send_child_error(pair[0], 65280, 0), 0);
	assert_next(pair[1], BYTES("child_error 65280"));
	assert_int_equal(wire_send_exec(pair[0], argv, envp, NULL, 0, 0), 0);
	assert_next(pair[1], BYTES("exec 2\0less\0-R\0LV=-c"));
	assert_int_equal(wire_send_exec(pair[0], argv, NULL, NULL, 0, 0), 0);
	assert_next(pair[1], BYTES("exec 2\0less\0-R"));
	close_pair(pair);
}

static void sends_descriptors_with_exec(void **state)
{
	(void)state;
	char *argv[] = { (char[]){ "x" }, NULL };
	int pair[2], fds[3] = { 0, 1, 2 };
	size_t before = count_fds();
	make_pair(pair);
	assert_int_equal(wire_send_exec(pair[0], argv, NULL, fds, 3, 0), 0);
	char buf[64];
	struct wire_packet p = { .data = buf, .cap = sizeof(buf) };
	assert_int_equal(wire_recv(pair[1], &p, 0), 0);
	assert_int_equal(p.nfds, 3);
	wire_packet_close(&p);
	close_pair(pair);
	assert_int_equal(count_fds(), before);
}

static void refuses_to_send_an_impossible_exec(void **state)
{
	(void)state;
	char *none[] = { NULL };
	char *big = malloc(WIRE_REPLY_MAX);
	memset(big, 'x', WIRE_REPLY_MAX - 1);
	big[WIRE_REPLY_MAX - 1] = '\0';
	char *argv[] = { big, NULL };
	int pair[2];
	make_pair(pair);
	assert_int_equal(wire_send_exec(pair[0], none, NULL, NULL, 0, 0), -EINVAL);
	assert_int_equal(wire_send_exec(pair[0], argv, NULL, NULL, 0, 0), -E2BIG);
	big[WIRE_REPLY_MAX - strlen("exec 1")] = '\0';
	assert_int_equal(wire_send_exec(pair[0], argv, NULL, NULL, 0, MSG_DONTWAIT), -E2BIG);
	big[WIRE_REPLY_MAX - sizeof("exec 1")] = '\0';
	assert_int_equal(wire_send_exec(pair[0], argv, NULL, NULL, 0, MSG_DONTWAIT), 0);
	free(big);
	close_pair(pair);
}

static void reports_a_peer_that_left(void **state)
{
	(void)state;
	int pair[2];
	make_pair(pair);
	close(pair[1]);
	assert_int_equal(wire_send_x_it(pair[0], 0, 0), -EPIPE);
	close(pair[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_replies_apart),
		cmocka_unit_test(reads_exec),
		cmocka_unit_test(refuses_an_exec_that_cannot_be_obeyed),
		cmocka_unit_test(sends_what_the_original_understands),
		cmocka_unit_test(sends_descriptors_with_exec),
		cmocka_unit_test(refuses_to_send_an_impossible_exec),
		cmocka_unit_test(reports_a_peer_that_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

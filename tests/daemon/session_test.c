/* Requests, inline commands and their output; nobody stalls, nothing leaks. */
#include "fixture.h"

#include <termios.h>

/* ---- answers ---- */

static void an_inline_command_answers(void **state)
{
	char out[TEXT_MAX], err[TEXT_MAX];
	assert_int_equal(run(*state, "in-hello", out, err), 0);
	assert_string_equal(out, "hello\n");
	assert_string_equal(err, "");
	assert_int_equal(run(*state, "in-fail", out, err), 3 << 8);
	assert_string_equal(err, "no\n");
}

static void output_is_there_before_x_it(void **state)
{
	FILE *file = tmpfile();
	char text[TEXT_MAX] = "";
	struct client c = ask_with(*state, "in-hello", -1, fileno(file));
	assert_int_equal(await_x_it(c.sock, NULL), 0);
	assert_int_equal(pread(fileno(file), text, sizeof(text), 0), 6);
	hang_up(&c);
	fclose(file);
}

/* ---- bad requests ---- */

struct bad_request {
	const char *data;
	size_t len;
	size_t nfds;
	const char *says;
};

static void bad_requests_are_told_why(void **state)
{
	static char long_request[2 << 20];
	const struct bad_request bad[] = {
		{ "", 0, 4, "" },
		{ "1\0in-hello", 10, 4, "" },
		{ "x\0in-hello\0\0", 12, 4, "" },
		{ "9\0in-hello\0\0", 12, 4, "" },
		{ "1\0in-hello\0\0", 12, 0, "0 descriptors" },
		{ "1\0in-hello\0\0", 12, 3, "3 descriptors" },
		{ "1\0in-hello\0\0", 12, 5, "5 descriptors" },
		{ "1\0in-hello\0\0", 12, 16, "16 descriptors" },
		{ long_request, sizeof(long_request), 4, "cut" },
	};
	struct fixture *f = *state;
	size_t fds_before = fd_count(f->pid);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int p[2], fds[WIRE_FDS_MAX], sock = dial(f);
		char text[TEXT_MAX] = "", err[TEXT_MAX];
		assert_int_equal(pipe2(p, O_CLOEXEC), 0);
		for (size_t k = 0; k < WIRE_FDS_MAX; k++)
			fds[k] = p[1];
		setsockopt(sock, SOL_SOCKET, SO_SNDBUFFORCE, &(int){ 8 << 20 }, sizeof(int));
		int rc = wire_send(sock, bad[i].data, bad[i].len, fds, bad[i].nfds, 0);
		close(p[1]);
		if (rc == 0) { /* an unprivileged test cannot send the long one */
			assert_int_equal(await_x_it(sock, text), 1 << 8);
			slurp(p[0], err);
			assert_true(strlen(err) + strlen(text) > 5);
			assert_true(strstr(text, bad[i].says) || strstr(err, bad[i].says));
		}
		close(p[0]);
		close(sock);
	}
	EVENTUALLY(fd_count(f->pid) <= fds_before);
}

static void the_working_directory_must_be_one(void **state)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), p[2], sock = dial(*state);
	char err[TEXT_MAX];
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	send_words(sock, "hello", (int[]){ null, null, p[1], null });
	close(p[1]);
	assert_int_equal(await_x_it(sock, NULL), 1 << 8);
	assert_non_null(strstr(slurp(p[0], err), "not a directory"));
	close(p[0]);
	close(sock);
	close(null);
}

/* ---- nobody stalls ---- */

static void silent_clients_stall_nobody(void **state)
{
	enum { SILENT = 300 };
	struct fixture *f = *state;
	int sock[SILENT];
	size_t fds_before = fd_count(f->pid);

	for (int i = 0; i < SILENT; i++)
		sock[i] = dial(f);
	assert_int_equal(run(f, "in-hello", NULL, NULL), 0);
	for (int i = 0; i < SILENT; i++)
		close(sock[i]);
	EVENTUALLY(fd_count(f->pid) <= fds_before);
}

static void at_the_limit_the_silent_make_room(void **state)
{
	enum { SILENT = 60 };
	struct fixture *f = *state;
	int sock[SILENT];
	char text[TEXT_MAX] = "";

	daemon_start_limited(f, 0, 10);
	for (int i = 0; i < SILENT; i++)
		sock[i] = dial(f);
	assert_int_equal(await_x_it(sock[0], text), 1 << 8);
	assert_non_null(strstr(text, "too many clients"));
	for (int i = 0; i < SILENT; i++)
		close(sock[i]);
	assert_int_equal(run(f, "in-hello", NULL, NULL), 0);
}

static void the_silent_are_timed_out(void **state)
{
	char text[TEXT_MAX] = "";
	daemon_start_limited(*state, 1, 0);
	int sock = dial(*state);
	assert_int_equal(await_x_it(sock, text), 1 << 8);
	assert_string_equal(text, "lei: timed out waiting for the request\n");
	close(sock);
}

static void another_user_is_refused(void **state)
{
	struct fixture *f = *state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(f->dir, 0755) | chmod(f->socket, 0777), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		int sock;
		char byte;
		bool in = setuid(12345) == 0 && wire_connect(f->socket, &sock) == 0;
		_exit(in && recv(sock, &byte, 1, 0) == 0 ? 0 : 1);
	}
	int status = -1;
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	assert_int_equal(run(f, "in-hello", NULL, NULL), 0);
}

static void fill_pipe(int fd)
{
	char block[4096] = { 0 };
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	while (write(fd, block, sizeof(block)) > 0)
		continue;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
}

static void a_full_pipe_stalls_nobody(void **state)
{
	int p[2];
	char drop[4096], text[TEXT_MAX];
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	fill_pipe(p[1]);
	struct client c = ask_with(*state, "in-hello", -1, p[1]);
	assert_int_equal(run(*state, "in-hello", NULL, NULL), 0);
	assert_int_equal(fcntl(p[1], F_GETFL) & O_NONBLOCK, 0);
	close(p[1]);
	for (size_t got = 0; got < 65536;) {
		ssize_t n = read(p[0], drop, sizeof(drop));
		assert_true(n > 0);
		got += (size_t)n;
	}
	assert_string_equal(slurp(p[0], text), "hello\n");
	assert_int_equal(await_x_it(c.sock, NULL), 0);
	hang_up(&c);
	close(p[0]);
}

static void a_stopped_terminal_stalls_nobody(void **state)
{
	char text[TEXT_MAX];
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || grantpt(master) || unlockpt(master))
		skip();
	int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(slave >= 0);
	struct client c = ask_with(*state, "in-hello", -1, slave);
	assert_int_equal(await_x_it(c.sock, NULL), 0);
	assert_string_equal(read_line(master, text), "hello\r");
	hang_up(&c);

	assert_int_equal(tcflow(slave, TCOOFF), 0);
	c = ask_with(*state, "in-hello", -1, slave);
	assert_int_equal(run(*state, "in-hello", NULL, NULL), 0);
	assert_int_equal(tcflow(slave, TCOON), 0);
	assert_string_equal(read_line(master, text), "hello\r");
	assert_int_equal(await_x_it(c.sock, NULL), 0);
	hang_up(&c);
	close(slave);
	close(master);
}

static void much_output_arrives_whole(void **state)
{
	struct client c = ask(*state, "in-big 1000000");
	char block[4096];
	size_t got = 0;
	for (ssize_t n; (n = read(c.out, block, sizeof(block))) > 0;)
		got += (size_t)n;
	assert_int_equal(got, 1000000);
	assert_int_equal(await_x_it(c.sock, NULL), BIG_STATUS << 8);
	hang_up(&c);
}

static void sockets_are_written_without_waiting(void **state)
{
	int pair[2];
	char text[TEXT_MAX];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	struct client c = ask_with(*state, "in-big 3000000", -1, pair[1]);
	assert_int_equal(run(*state, "in-hello", NULL, NULL), 0);
	close(pair[1]);
	slurp(pair[0], text);
	assert_int_equal(await_x_it(c.sock, NULL), BIG_STATUS << 8);
	hang_up(&c);
	close(pair[0]);
}

/* ---- output that cannot be written ---- */

static void a_closed_pipe_is_sigpipe(void **state)
{
	int p[2];
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	close(p[0]);
	const char *words[] = { "in-hello", "hello", "fill" };
	for (size_t i = 0; i < 3; i++) {
		struct client c = ask_with(*state, words[i], -1, p[1]);
		assert_int_equal(await_x_it(c.sock, NULL), SIGPIPE);
		hang_up(&c);
	}
	close(p[1]);
}

struct bad_output {
	const char *path;
	int flags;
	const char *says;
};

static void lost_output_is_a_failure(void **state)
{
	const struct bad_output bad[] = {
		{ "/dev/full", O_WRONLY, "No space left on device" },
		{ "/dev/null", O_RDONLY, "Bad file descriptor" },
		{ "/dev/null", O_PATH, "Bad file descriptor" },
	};
	for (size_t i = 0; i < 2 * sizeof(bad) / sizeof(bad[0]); i++) {
		const struct bad_output *b = &bad[i / 2];
		int fd = open(b->path, b->flags | O_CLOEXEC);
		char err[TEXT_MAX];
		struct client c = ask_with(*state, i % 2 ? "hello" : "in-hello", -1, fd);
		assert_int_equal(await_x_it(c.sock, NULL), 1 << 8);
		assert_non_null(strstr(slurp(c.err, err), b->says));
		hang_up(&c);
		close(fd);
	}
}

static void the_read_end_of_a_pipe_is_no_output(void **state)
{
	int p[2];
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	struct client c = ask_with(*state, "in-hello", -1, p[0]);
	assert_int_equal(await_x_it(c.sock, NULL), 1 << 8);
	hang_up(&c);
	assert_int_equal(poll(&(struct pollfd){ .fd = p[0], .events = POLLIN }, 1, 0), 0);
	close(p[0]);
	close(p[1]);
}

/* ---- no leak ---- */

static void running_out_of_descriptors_is_survived(void **state)
{
	enum { CLIENTS = 20 };
	struct fixture *f = *state;
	struct rlimit was, low;
	int sock[CLIENTS];

	assert_int_equal(prlimit(f->pid, RLIMIT_NOFILE, NULL, &was), 0);
	low = was;
	low.rlim_cur = 20;
	assert_int_equal(prlimit(f->pid, RLIMIT_NOFILE, &low, NULL), 0);
	for (int i = 0; i < CLIENTS; i++)
		sock[i] = dial(f);
	assert_int_equal(await_x_it(sock[0], NULL), 1 << 8); /* made room for others */
	for (int i = 0; i < CLIENTS; i++)
		close(sock[i]);
	EVENTUALLY(run(f, "in-hello", NULL, NULL) == 0); /* once the hangups are seen */
	assert_int_equal(prlimit(f->pid, RLIMIT_NOFILE, &was, NULL), 0);
	assert_int_equal(run(f, "hello", NULL, NULL), 0);
}

static void failures_leave_nothing_behind(void **state)
{
	struct fixture *f = *state;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	size_t before = fd_count(f->pid);
	for (int i = 0; i < 300; i++) {
		int sock = dial(f);
		int fds[7] = { null, null, null, null, null, null, null };
		bool silent = i % 3 == 0;
		if (!silent)
			wire_send(sock, "1\0x\0", i % 2 ? 4 : 0, fds, (size_t)i % 7, 0);
		if (!silent && i % 5)
			await_x_it(sock, NULL);
		close(sock);
	}
	for (int i = 0; i < 30; i++) {
		struct client c = ask(f, i % 2 ? "die 9" : "sleep");
		if (i % 2)
			await_x_it(c.sock, NULL);
		hang_up(&c);
	}
	close(null);
	EVENTUALLY(fd_count(f->pid) <= before);
	EVENTUALLY(child_of(f->pid) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_inline_command_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(output_is_there_before_x_it, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_requests_are_told_why, setup, teardown),
		cmocka_unit_test_setup_teardown(the_working_directory_must_be_one, setup, teardown),
		cmocka_unit_test_setup_teardown(silent_clients_stall_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(at_the_limit_the_silent_make_room, setup_dir,
		                                teardown),
		cmocka_unit_test_setup_teardown(the_silent_are_timed_out, setup_dir, teardown),
		cmocka_unit_test_setup_teardown(a_full_pipe_stalls_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stopped_terminal_stalls_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(another_user_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(running_out_of_descriptors_is_survived, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(much_output_arrives_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(sockets_are_written_without_waiting, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(a_closed_pipe_is_sigpipe, setup, teardown),
		cmocka_unit_test_setup_teardown(lost_output_is_a_failure, setup, teardown),
		cmocka_unit_test_setup_teardown(the_read_end_of_a_pipe_is_no_output, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(failures_leave_nothing_behind, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

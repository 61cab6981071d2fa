#include "fixture.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <zlib.h>

#define FROM "From a@b Thu Jan  1 00:00:00 1970\n"
#define BOX FROM "A: 1\nStatus: RO\n\nx\n\n" FROM "B: 2\n\n>From y\n"
#define BOX_MAILS "[s]A: 1\n\nx\n|[]B: 2\n\nFrom y\n|"

static void input_is_looked_at(void **state)
{
	static const struct {
		enum mail_format f;
		const char *in;
		int rc;
		const char *want; /* mails, or the error text */
	} rows[] = {
		{ MAIL_UNKNOWN, "", 0, "" },
		{ MAIL_EML, "", 0, "" },
		{ MAIL_MBOXRD, "", 0, "" },
		{ MAIL_MBOXCL2, "", 0, "" },
		{ MAIL_UNKNOWN, BOX, 0, BOX_MAILS },
		{ MAIL_MBOXRD, BOX, 0, BOX_MAILS },
		{ MAIL_UNKNOWN, FROM "Content-Length: 2\n\nx\n\n" FROM "Content-Length: 1\n\ny\n",
		  0, "[]\nx\n|[]\ny|" },
		{ MAIL_UNKNOWN, "To: b\nStatus: R\n\nx\n", 0, "[]To: b\n\nx\n|" },
		{ MAIL_EML, "\n\nFrom x\r\nA: b\n\nFrom y\n", 0, "[]A: b\n\nFrom y\n|" },
		{ MAIL_EML, "From x", 0, "[]\nFrom x|" },
		{ MAIL_EML, "From x\n", 0, "" },
		{ MAIL_EML, "text", 0, "[]\ntext|" },
		{ MAIL_UNKNOWN, "just a text\n", -EINVAL, "in: neither an mbox nor a message" },
		{ MAIL_MBOXRD, "A: b\n\nx\n", -EINVAL,
		  "in: not an mbox (first line is not \"From \")" },
		{ MAIL_MAILDIR, "A: b\n\n", -ENOTDIR, "in: not a directory, so not a maildir" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct mails all = { 0 };
		struct err e = { "" };
		uint64_t n = 99;
		int fd = fd_of(rows[i].in, strlen(rows[i].in));
		int rc = mail_read_fd(fd, "in", rows[i].f, collect, &all, &n, &e);
		if (rc != rows[i].rc)
			fail_msg("row %zu: %d %s", i, rc, e.text);
		assert_int_equal(n, all.n);
		if (rc < 0)
			assert_string_equal(e.text, rows[i].want);
		assert_mails(&all, rc < 0 ? "" : rows[i].want);
		close(fd);
	}
}

static void the_sink_can_stop_it(void **state)
{
	struct mails all = { .stop_at = 2 };
	uint64_t n;
	int fd = fd_of(BYTES(BOX));
	(void)state;
	assert_int_equal(mail_read_fd(fd, "in", MAIL_UNKNOWN, collect, &all, &n, NULL), 7);
	assert_int_equal(n, 1);
	buf_free(&all.text);
	close(fd);
}

struct raw {
	char text[256];
	uint64_t offset;
};

static int keep_raw(void *rock, const struct raw_mail *m, struct err *e)
{
	struct raw *r = rock;
	(void)e;
	assert_true(m->raw_len < sizeof(r->text));
	memcpy(r->text, m->raw, m->raw_len);
	r->text[m->raw_len] = '\0';
	assert_true(m->offset > r->offset);
	r->offset = m->offset;
	return 0;
}

static void raw_bytes_are_for_copies(void **state)
{
	static const char in[] = FROM "Lines: 1\nStatus: RO\n\nx\n";
	struct raw r = { .offset = 0 };
	uint64_t n;
	int fd = fd_of(in, sizeof(in) - 1);
	(void)state;
	assert_int_equal(mail_read_fd(fd, "in", MAIL_MBOXO, keep_raw, &r, &n, NULL), 0);
	assert_string_equal(r.text, "Lines: 1\n\nx\n");
	assert_int_equal(r.offset, sizeof(in) - 1);
	close(fd);

	fd = fd_of(BYTES("Status: RO\n\nx\n"));
	r.offset = 0;
	assert_int_equal(mail_read_fd(fd, "in", MAIL_EML, keep_raw, &r, &n, NULL), 0);
	assert_string_equal(r.text, "Status: RO\n\nx\n");
	close(fd);
}

static void check_path(const char *path, enum mail_format f, int want_rc, const char *want)
{
	struct mails all = { 0 };
	struct err e = { "" };
	uint64_t n;
	int rc = mail_read_path(path, f, collect, &all, &n, &e);
	if (rc != want_rc)
		fail_msg("%s: %d %s", path, rc, e.text);
	if (rc < 0)
		assert_string_equal(e.text, want);
	assert_mails(&all, rc < 0 ? "" : want);
}

static void paths_lead_to_mail(void **state)
{
	(void)state;
	put_file("box", BYTES(BOX));
	check_path("box", MAIL_UNKNOWN, 0, BOX_MAILS);
	check_path("box", MAIL_MBOXRD, 0, BOX_MAILS);
	assert_int_equal(symlink("box", "link"), 0);
	check_path("link", MAIL_UNKNOWN, 0, BOX_MAILS);
	/* names say eml even where the first line says mbox */
	put_file("x.EML", BYTES(FROM "A: b\n\nx\n\n"));
	check_path("x.EML", MAIL_UNKNOWN, 0, "[]A: b\n\nx\n\n|");
	check_path("x.EML", MAIL_MBOXRD, 0, "[]A: b\n\nx\n|");

	assert_int_equal(mkdir("cur", 0700), 0);
	put_file("cur/1:2,FS", BYTES("A: b\n\nx\n"));
	put_file("cur/2:2,T", BYTES("A: b\n\nx\n"));
	check_path("./cur/1:2,FS", MAIL_UNKNOWN, 0, "[sf]A: b\n\nx\n|");
	check_path("./cur/2:2,T", MAIL_EML, 0, "");
	check_path(".", MAIL_MBOXRD, -EISDIR, ".: a maildir, not mboxrd");
}

static void what_cannot_be_read_is_told(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "sock" };
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)state;
	assert_int_equal(bind(s, (struct sockaddr *)&sun, sizeof(sun)), 0);
	close(s);
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	put_file("secret", BYTES(BOX));
	put_file("gz", BYTES("\x1f\x8b\x08\0\0"));
	assert_int_equal(chmod("secret", 0), 0);

	check_path("none", MAIL_UNKNOWN, -ENOENT, "cannot open none: No such file or directory");
	check_path("dangling", MAIL_EML, -ENOENT,
	           "cannot open dangling: No such file or directory");
	check_path("sock", MAIL_UNKNOWN, -ENXIO, "cannot open sock: No such device or address");
	check_path(".", MAIL_UNKNOWN, -EISDIR,
	           ".: a directory, but not a maildir (no cur/ or new/)");
	check_path("gz", MAIL_UNKNOWN, -EBADMSG, "gz: truncated gzip data");
	check_path("/dev/fd/3", MAIL_UNKNOWN, -EBADF,
	           "/dev/fd/3: only descriptors 0, 1 and 2 are passed on");
	check_path("/proc/self/fd/x", MAIL_UNKNOWN, -EBADF,
	           "/proc/self/fd/x: only descriptors 0, 1 and 2 are passed on");
	if (geteuid() != 0)
		check_path("secret", MAIL_UNKNOWN, -EACCES,
		           "cannot open secret: Permission denied");
}

/* A child that writes and goes; the reader sees a pipe. */
static pid_t writer_to(const char *path, const char *text)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid)
		return pid;
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	_exit(fd < 0 || write(fd, text, strlen(text)) < 0);
}

static void pipes_can_be_named(void **state)
{
	int status, p[2];
	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	pid_t pid = writer_to("fifo", BOX);
	check_path("fifo", MAIL_UNKNOWN, 0, BOX_MAILS);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(write(p[1], BOX, strlen(BOX)), (ssize_t)strlen(BOX));
	close(p[1]);
	assert_int_equal(dup2(p[0], STDIN_FILENO), STDIN_FILENO);
	close(p[0]);
	check_path("/dev/fd/0", MAIL_UNKNOWN, 0, BOX_MAILS);
	assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), 0); /* left open */
}

static void a_descriptor_is_read_from_where_it_stands(void **state)
{
	int fd = fd_of(BYTES("junk\n" BOX));
	(void)state;
	assert_int_equal(lseek(fd, 5, SEEK_SET), 5);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	close(fd);
	check_path("/proc/self/fd/0", MAIL_UNKNOWN, 0, BOX_MAILS);
}

static void compressed_mail_is_read(void **state)
{
	(void)state;
	gzFile gz = gzopen("box", "wb"); /* the name does not matter */
	assert_int_equal(gzwrite(gz, BOX, (unsigned)strlen(BOX)), strlen(BOX));
	assert_int_equal(gzclose(gz), Z_OK);
	check_path("box", MAIL_UNKNOWN, 0, BOX_MAILS);
}

#define IN_TMP(f) cmocka_unit_test_setup_teardown(f, enter_tmp, leave_tmp)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(input_is_looked_at),
		cmocka_unit_test(the_sink_can_stop_it),
		cmocka_unit_test(raw_bytes_are_for_copies),
		IN_TMP(paths_lead_to_mail),
		IN_TMP(what_cannot_be_read_is_told),
		IN_TMP(pipes_can_be_named),
		IN_TMP(a_descriptor_is_read_from_where_it_stands),
		IN_TMP(compressed_mail_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

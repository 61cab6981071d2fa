#include "fixture.h"

#include "mail/mbox.h"

#define FROM "From a@b Thu Jan  1 00:00:00 1970\n"

static const struct row {
	enum mail_format f;
	const char *in;
	const char *want; /* each message, then '|'; after '!' the end of the error text */
} rows[] = {
	{ MAIL_MBOXRD, "", "" },
	{ MAIL_MBOXRD, "\n\r\n \t\n", "" },
	{ MAIL_MBOXRD, FROM, "" },
	{ MAIL_MBOXRD, "From ", "" },
	{ MAIL_MBOXRD, FROM "A: b\n\nx\n", "A: b\n\nx\n|" },
	{ MAIL_MBOXRD, "\n\n" FROM "A: b\n\nx\n", "A: b\n\nx\n|" },
	{ MAIL_MBOXRD, FROM "A: b\n\nx\n\n" FROM "C: d\n\ny\n\n", "A: b\n\nx\n|C: d\n\ny\n|" },
	/* one blank line belongs to the separator, or none */
	{ MAIL_MBOXRD, FROM "A: b\n\nx\n" FROM "C: d\n\ny", "A: b\n\nx\n|C: d\n\ny|" },
	{ MAIL_MBOXRD, FROM "A: b\n\nx\n\n\n" FROM "C: d\n\n\n", "A: b\n\nx\n\n|C: d\n\n|" },
	{ MAIL_MBOXRD, FROM "A: b\r\n\r\nx\r\n\r\n" FROM "C: d\n", "A: b\r\n\r\nx\r\n|C: d\n|" },
	{ MAIL_MBOXRD, FROM "A: b\n\n", "A: b\n|" },
	/* nothing but white space is no message */
	{ MAIL_MBOXRD, FROM FROM " \r\n\t\n" FROM "A: b\n" FROM, "A: b\n|" },
	/* the first line may have any shape, later ones not */
	{ MAIL_MBOXRD, "From \nA: b\n\nFrom x\nFrom a b\n", "A: b\n\nFrom x\nFrom a b\n|" },
	{ MAIL_MBOXRD, FROM "\nFrom a@b Thu Jan  1 00:00 1970\n",
	  "\nFrom a@b Thu Jan  1 00:00 1970\n|" },
	{ MAIL_MBOXRD, FROM "\nFrom a@b Thu Jan 1 0:0:0\n", "\nFrom a@b Thu Jan 1 0:0:0\n|" },
	{ MAIL_MBOXRD, FROM "\nFrom a@b Thu Jan 1 0:0:0 \n", "\nFrom a@b Thu Jan 1 0:0:0 \n|" },
	{ MAIL_MBOXRD, FROM "\nFrom a@b Thu Jan 1 0::0 1\n", "\nFrom a@b Thu Jan 1 0::0 1\n|" },
	{ MAIL_MBOXRD, FROM "\nFrom a@b Thu  Jan 1 0:0:0 1\n", "\nFrom a@b Thu  Jan 1 0:0:0 1\n|" },
	{ MAIL_MBOXRD, FROM "\nFrom a@b\tThu Jan 1 0:0:0 1\n", "\nFrom a@b\tThu Jan 1 0:0:0 1\n|" },
	{ MAIL_MBOXRD, FROM "\nFrom  a@b Thu Jan 1 0:0:0 1\n", "\nFrom  a@b Thu Jan 1 0:0:0 1\n|" },
	{ MAIL_MBOXRD, FROM "\nFrom a Thu Jan 1 0:0:0 1:2\n", "\nFrom a Thu Jan 1 0:0:0 1:2\n|" },
	{ MAIL_MBOXRD, FROM "\nFrom a@b Thu Jan 1 0:0:0 1970", "\nFrom a@b Thu Jan 1 0:0:0 1970|" },
	{ MAIL_MBOXRD, FROM "x\nFrom -  Fri Jul   8 12:08:34 -0530 2011\r\ny\n", "x\n|y\n|" },
	{ MAIL_MBOXRD, FROM "x\nFrom a Fri, 08 Jul 2011 12:08:34 +0000\ny\n", "x\n|y\n|" },
	{ MAIL_MBOXRD, FROM "x\nFrom : : : : :::\ny\n", "x\nFrom : : : : :::\ny\n|" },
	/* escapes, in header and body */
	{ MAIL_MBOXRD, FROM ">From x\n\n>From\n>From y\n>>>From z\n > >From\n",
	  "From x\n\n>From\nFrom y\n>>From z\n > >From\n|" },
	{ MAIL_MBOXO, FROM ">From x\n\n>From\n>From y\n>>>From z\n > >From\n",
	  "From x\n\n>From\nFrom y\n>>>From z\n > >From\n|" },
	{ MAIL_MBOXRD, FROM ">From >From x\n>>From \n", "From >From x\n>From \n|" },
	{ MAIL_MBOXCL, FROM "Content-Length: 22\n\n>From x\n>>From y\nFrom \n",
	  "Content-Length: 22\n\nFrom x\n>>From y\nFrom |" },
	{ MAIL_MBOXCL2, FROM "A: b\n>From z\nContent-Length: 22\n\n>From x\n>>From y\nFrom \n",
	  "A: b\n>From z\nContent-Length: 22\n\n>From x\n>>From y\nFrom |" },
	/* counted bodies may hold anything */
	{ MAIL_MBOXCL2, "", "" },
	{ MAIL_MBOXCL2,
	  "\n" FROM "content-length:0\n\n\n" FROM "Content-Length: 35\r\n\r\n" FROM "\n\n",
	  "content-length:0\n\n|Content-Length: 35\r\n\r\n" FROM "\n|" },
	{ MAIL_MBOXCL2, FROM "\nContent-Length: 1\n\nx", "\nContent-Length: 1\n\nx|" },
	{ MAIL_MBOXCL2, FROM "Content-Length: 5\n\nabc\n", "!cut off in the body of message 1" },
	{ MAIL_MBOXCL2, FROM "Content-Length: 1\n\nx\n" FROM "Content-Length: 5\n",
	  "Content-Length: 1\n\nx|!cut off in the header of message 2" },
	{ MAIL_MBOXCL2, FROM "A: b\n\nx\n", "!no Content-Length in message 1" },
	{ MAIL_MBOXCL, FROM "Content-Length: 1x\n\nx\n", "!bad Content-Length in message 1" },
	{ MAIL_MBOXCL, FROM "Content-Length: \n\nx\n", "!bad Content-Length in message 1" },
	{ MAIL_MBOXCL, FROM "Content-Length: 99999999999999999999\n\n",
	  "!bad Content-Length in message 1" },
	{ MAIL_MBOXCL, FROM "Content-Length: 1\nContent-Length: 1\n\nx\n",
	  "!bad Content-Length in message 1" },
	{ MAIL_MBOXCL2, FROM "Content-Length: 1\n\nxyz\n\n" FROM,
	  "Content-Length: 1\n\nx|!Content-Length (byte 54)" },
	/* not an mbox */
	{ MAIL_MBOXRD, "A: b\n\nx\n", "!in: not an mbox (first line is not \"From \")" },
	{ MAIL_MBOXRD, "\n\n From a\n", "!not an mbox (first line is not \"From \")" },
	{ MAIL_MBOXCL, "Fro", "!not an mbox (first line is not \"From \")" },
	{ MAIL_MBOXO, "\x1f\x8b", "!not an mbox (first line is not \"From \")" },
};

static int read_all(struct input *in, enum mail_format f, struct buf *out)
{
	struct err e = { "" };
	struct mbox *m;
	const char *data;
	size_t len;
	uint64_t at = 0;
	int rc = mbox_open(in, f, &m, &e);

	assert_int_equal(rc, 0);
	while ((rc = mbox_next(m, &data, &len, &e)) == 1) {
		buf_add(out, data, len);
		buf_addc(out, '|');
		assert_true(mbox_offset(m) > at);
		at = mbox_offset(m);
	}
	if (rc < 0)
		buf_addf(out, "!%s", e.text);
	mbox_free(m);
	return rc;
}

static void check(const char *what, size_t i, const struct row *r, struct buf *got)
{
	const char *text = buf_cstr(got), *bang = strchr(r->want, '!');
	size_t same = bang ? (size_t)(bang - r->want) + 1 : strlen(r->want);
	bool ok = strncmp(text, r->want, same) == 0;
	if (ok && bang) {
		size_t n = strlen(text), m = strlen(bang + 1);
		ok = n >= m && strcmp(text + n - m, bang + 1) == 0;
	} else if (ok) {
		ok = strlen(text) == same;
	}
	if (!ok)
		fail_msg("%s, row %zu: got '%s'", what, i, text);
	buf_free(got);
}

static void mailboxes_are_cut_into_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct buf out = { 0 };
		struct input *in;
		int fd = fd_of(rows[i].in, strlen(rows[i].in));
		assert_int_equal(input_open(fd, "in", &in, NULL), 0);
		read_all(in, rows[i].f, &out);
		check("whole", i, &rows[i], &out);
		input_close(in);
		close(fd);
	}
}

/* A pipe whose writer gives one byte per write; packets keep them apart. */
static int drip(const char *s)
{
	int p[2];
	assert_int_equal(pipe2(p, O_CLOEXEC | O_DIRECT), 0);
	assert_true(fcntl(p[1], F_SETPIPE_SZ, 1 << 20) > 0);
	for (; *s; s++)
		assert_int_equal(write(p[1], s, 1), 1);
	close(p[1]);
	return p[0];
}

static void byte_by_byte_gives_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct buf out = { 0 };
		struct input *in;
		int fd = drip(rows[i].in);
		assert_int_equal(input_open(fd, "in", &in, NULL), 0);
		read_all(in, rows[i].f, &out);
		check("bytes", i, &rows[i], &out);
		input_close(in);
		close(fd);
	}
}

/* Larger than the window, with a separator at every distance from its end. */
static void large_messages_pass_the_window(void **state)
{
	enum { BIG = 256 << 10 };
	(void)state;
	for (size_t pad = 0; pad < 80; pad++) {
		struct buf box = { 0 }, out = { 0 };
		struct input *in;
		for (int k = 0; k < 3; k++) {
			size_t fill = (size_t)BIG * (k == 1 ? 3 : 1) - 100 + pad;
			buf_adds(&box, FROM "A: b\n\n");
			memset(buf_room(&box, fill), 'x', fill);
			box.len += fill;
			buf_adds(&box, "\n\n");
		}
		int fd = fd_of(box.data, box.len);
		assert_int_equal(input_open(fd, "in", &in, NULL), 0);
		assert_int_equal(read_all(in, MAIL_MBOXRD, &out), 0);
		assert_int_equal(out.len, box.len - 3 * strlen(FROM));
		input_close(in);
		close(fd);
		buf_free(&box);
		buf_free(&out);
	}
}

static void a_message_is_given_before_the_stream_ends(void **state)
{
	int p[2];
	struct input *in;
	struct mbox *m;
	const char *data;
	size_t len;
	(void)state;

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_true(write(p[1], FROM "A: b\n\nx\n\n" FROM, 2 * strlen(FROM) + 9) > 0);
	assert_int_equal(input_open(p[0], "in", &in, NULL), 0);
	assert_int_equal(mbox_open(in, MAIL_MBOXRD, &m, NULL), 0);
	assert_int_equal(mbox_next(m, &data, &len, NULL), 1);
	assert_int_equal(len, strlen("A: b\n\nx\n"));
	assert_int_equal(mbox_offset(m), 2 * strlen(FROM) + 9);
	close(p[1]);
	assert_int_equal(mbox_next(m, &data, &len, NULL), 0);
	assert_int_equal(mbox_next(m, &data, &len, NULL), 0);
	mbox_free(m);
	input_close(in);
	close(p[0]);
}

static void other_formats_are_refused(void **state)
{
	struct err e = { "" };
	struct input *in;
	struct mbox *m;
	int fd = fd_of("", 0);
	(void)state;
	assert_int_equal(input_open(fd, "in", &in, NULL), 0);
	assert_int_equal(mbox_open(in, MAIL_EML, &m, &e), -EINVAL);
	assert_int_equal(mbox_open(in, MAIL_MAILDIR, &m, &e), -EINVAL);
	assert_string_equal(e.text, "in: maildir is not an mbox format");
	input_close(in);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mailboxes_are_cut_into_messages),
		cmocka_unit_test(byte_by_byte_gives_the_same),
		cmocka_unit_test(large_messages_pass_the_window),
		cmocka_unit_test(a_message_is_given_before_the_stream_ends),
		cmocka_unit_test(other_formats_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

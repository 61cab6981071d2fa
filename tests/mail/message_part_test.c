#include "mail/message_part.h"

#include "mail/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MULTI "Content-Type: multipart/mixed; boundary=b\n\n"

static const struct {
	const char *raw;
	const char *parts; /* "index type/subtype flags body|" */
} walks[] = {
	{ "Subject: x\n\nhello\n", "1 text/plain hello\n|" },
	{ "", "1 text/plain |" },
	{ MULTI "--b\n\none\n--b\n\ntwo\n--b--\nend", "1 text/plain one|2 text/plain two|" },
	{ MULTI "--b\r\n\r\none\r\n--b--\r\n", "1 text/plain one|" },
	/* blank parts do not count, boundaries may follow each other */
	{ MULTI "--b\n--b\n \n\n--b \n\nx\n--b--", "1 text/plain x|" },
	/* a preamble that reads like mail is a part */
	{ MULTI "From: a\n\nhi\n--b\n\nx\n--b--", "1 text/plain hi|2 text/plain x|" },
	{ MULTI "nothing\n--b\n\nx\n--b--", "1 text/plain x|" },
	/* no end: the last empty line is not the part's */
	{ MULTI "--b\n\nx\n\n", "1 text/plain x\n|" },
	{ MULTI "--b\r\n\r\nx\r\n\r\n", "1 text/plain x\r\n|" },
	/* no boundary in it, or only the last: one part */
	{ MULTI "text\n", "1 multipart/mixed text\n|" },
	{ MULTI "--b--\n", "1 multipart/mixed --b--\n|" },
	{ MULTI "--bb\n\nx\n", "1 multipart/mixed --bb\n\nx\n|" },
	{ MULTI "--b", "1 multipart/mixed --b|" },
	{ "Content-Type: multipart/mixed\n\nx", "1 multipart/mixed x|" },
	{ "Content-Type: multipart/mixed; boundary=\"\"\n\nx", "1 multipart/mixed x|" },
	{ "Content-Type: garbage\n\nx", "1 text/plain x|" },
	{ "Content-Type: TEXT/HTML\n\nx", "1 text/html x|" },
	{ MULTI "--b\nContent-Type: multipart/alternative; boundary=\"c c\"\n\n"
	        "--c c\n\none\n--c c\nContent-Type: text/html\n\ntwo\n--c c--\n--b\n\nx\n--b--",
	  "1.1 text/plain one|1.2 text/html two|2 text/plain x|" },
	{ MULTI "--b\nContent-Type: message/rfc822\n\nSubject: in\n\nbody\n--b--",
	  "1 message/rfc822 C Subject: in\n\nbody|1.1 text/plain EI body|" },
	{ "Content-Type: message/rfc822\n\n" MULTI "--b\n\nx\n--b--",
	  "1 message/rfc822 C " MULTI "--b\n\nx\n--b--|"
	  "1 multipart/mixed CEI --b\n\nx\n--b--|1.1 text/plain I x|" },
	{ "Content-Type: message/delivery-status\n\nx", "1 message/delivery-status x|" },
};

static int note(void *rock, const struct part *p)
{
	struct buf *out = rock;
	buf_addf(out, "%s %s/%s ", p->index, p->type, p->subtype);
	if (p->container || p->embedded || p->inside)
		buf_addf(out, "%s%s%s ", p->container ? "C" : "", p->embedded ? "E" : "",
		         p->inside ? "I" : "");
	buf_add(out, p->body.p, p->body.len);
	buf_addc(out, '|');
	return 0;
}

static int walk(const char *raw, size_t len, part_fn *fn, void *rock)
{
	struct part top;
	assert_int_equal(part_open((struct slice){ raw, len }, &top), 0);
	int rc = part_walk(&top, fn, rock);
	part_done(&top);
	return rc;
}

static void parts_of_odd_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
		struct buf seen = { 0 };
		assert_int_equal(walk(walks[i].raw, strlen(walks[i].raw), note, &seen), 0);
		assert_string_equal(buf_cstr(&seen), walks[i].parts);
		buf_free(&seen);
	}
}

struct seen {
	unsigned calls, deepest;
};

static int count(void *rock, const struct part *p)
{
	struct seen *s = rock;
	s->calls++;
	s->deepest = p->depth > s->deepest ? p->depth : s->deepest;
	return 0;
}

static void nesting_is_bounded(void **state)
{
	(void)state;
	struct buf b = { 0 }, rfc822 = { 0 };
	for (int i = 0; i < 1000; i++) {
		buf_addf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
		buf_adds(&rfc822, "Content-Type: message/rfc822\n\n");
	}
	struct seen s = { 0 };
	assert_int_equal(walk(b.data, b.len, count, &s), 0);
	assert_int_equal(s.deepest, MESSAGE_DEPTH_MAX);
	s = (struct seen){ 0 };
	assert_int_equal(walk(rfc822.data, rfc822.len, count, &s), 0);
	assert_int_equal(s.deepest, MESSAGE_DEPTH_MAX);
	buf_free(&b);
	buf_free(&rfc822);
}

static void parts_are_bounded(void **state)
{
	(void)state;
	struct buf b = { 0 };
	buf_adds(&b, MULTI);
	for (int i = 0; i < 20000; i++)
		buf_adds(&b, "--b\n\nx\n");
	struct seen s = { 0 };
	assert_int_equal(walk(b.data, b.len, count, &s), 0);
	assert_in_range(s.calls, MESSAGE_PARTS_MAX - 1, MESSAGE_PARTS_MAX);
	buf_free(&b);
}

static int stop(void *rock, const struct part *p)
{
	(void)p;
	return ++((struct seen *)rock)->calls == 2 ? -7 : 0;
}

static void a_caller_can_stop(void **state)
{
	(void)state;
	static const char raw[] = MULTI "--b\n\n1\n--b\n\n2\n--b\n\n3\n--b--";
	struct seen s = { 0 };
	assert_int_equal(walk(raw, sizeof raw - 1, stop, &s), -7);
	assert_int_equal(s.calls, 2);
}

static const struct {
	const char *head, *name;
} names[] = {
	{ "Content-Disposition: attachment; filename=\"a b.txt\"\n\n", "a b.txt" },
	{ "Content-Disposition: attachment; filename*=utf-8''%C3%A9.txt\n\n", "\xc3\xa9.txt" },
	{ "Content-Type: image/png; name=x.png\n\n", "x.png" },
	{ "Content-Type: image/png; name=x.png\nContent-Disposition: inline\n\n", "x.png" },
	{ "Content-Disposition: attachment; filename=\"=?utf-8?q?=C3=A9?=\"\n\n", "\xc3\xa9" },
	{ "Content-Disposition:\n\n", "" },
	{ "Content-Disposition: ;;;\n\n", "" },
	{ "Subject: none\n\n", "" },
};

static void attachments_have_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct part p;
		struct buf b = { 0 };
		struct slice raw = { names[i].head, strlen(names[i].head) };
		assert_int_equal(part_open(raw, &p), 0);
		assert_int_equal(part_filename(&p, &b), *names[i].name != '\0');
		assert_string_equal(buf_cstr(&b), names[i].name);
		buf_free(&b);
		part_done(&p);
	}
}

static int setup(void **state)
{
	(void)state;
	message_setup();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_of_odd_messages),  cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(parts_are_bounded),      cmocka_unit_test(a_caller_can_stop),
		cmocka_unit_test(attachments_have_names),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}

/* Messages that nobody would write by accident. */
#include "mail/message.h"

#include "../work.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Parse and show bytes that end where their heap block ends. */
static void take(const char *raw, size_t len)
{
	struct message m;
	struct buf b = { 0 };
	char *exact = malloc(len + (len == 0));
	memcpy(exact, raw, len);
	assert_int_equal(message_parse(exact, len, &m, NULL), 0);
	assert_int_equal(message_render(exact, len, NULL, &b), 0);
	size_t kept = 0;
	for (size_t f = 0; f < TEXT_FIELDS; f++)
		kept += m.text[f].len;
	assert_true(kept <= MESSAGE_TEXT_MAX);
	assert_true(strlen(m.subject) <= MESSAGE_FIELD_MAX);
	assert_true(strlen(m.to) <= MESSAGE_FIELD_MAX);
	free(exact);
	message_done(&m);
	buf_free(&b);
}

static void repeated(const char *head, const char *unit, size_t times, const char *tail)
{
	struct buf b = { 0 };
	times /= (size_t)work(1, 8);
	buf_adds(&b, head);
	for (size_t i = 0; i < times; i++)
		buf_adds(&b, unit);
	buf_adds(&b, tail);
	assert_true(buf_ok(&b));
	take(b.data, b.len);
	buf_free(&b);
}

static void huge_headers(void **state)
{
	(void)state;
	repeated("Subject: ", "x", 1 << 20, "\n\nbody");
	repeated("Subject: ", "=?utf-8?q?x?= ", 1 << 14, "\n\nbody");
	repeated("To: ", "\"a b\" <a@b>,\n ", 1 << 14, "\n\nbody");
	repeated("To: =?utf-8?q?x?= <a@b>,", "(", 1 << 17, "\n\nbody");
	repeated("", "To: a@b\n", 1 << 14, "\n\nbody");
	repeated("", "a:\n", 1 << 16, "\n\nbody");
	repeated("References:", " <a@b>", 1 << 14, "\n\nbody");
	repeated("Content-Type: text/plain", "; a=b", 1 << 14, "\n\nbody");
	repeated("Content-Type: text/plain", "; a*0*=b", 1 << 14, "\n\nbody");
	repeated("Date: ", "1 Jan 2000 ", 1 << 14, "\n\nbody");
}

static void many_references(void **state)
{
	(void)state;
	struct buf b = { 0 };
	buf_adds(&b, "To: 1@x\nReferences:");
	for (int i = 0; i < 5000; i++)
		buf_addf(&b, " <%d@x>", i);
	buf_adds(&b, "\n\n");
	take(b.data, b.len);
	struct message m;
	assert_int_equal(message_parse(b.data, b.len, &m, NULL), 0);
	size_t n = 0;
	for (size_t at = 0; at < m.refs.len; at += strlen(m.refs.data + at) + 1)
		n++;
	assert_int_equal(n, MESSAGE_REFS_MAX);
	message_done(&m);
	buf_free(&b);
}

/* Whether an id is an address is not found out by reading all addresses for each: minutes. */
static void references_to_recipients(void **state)
{
	(void)state;
	struct buf b = { 0 };
	buf_adds(&b, "To:");
	for (int i = 0; i < 1 << 14; i++)
		buf_addf(&b, " %d@x,", i);
	buf_adds(&b, "\nReferences:");
	for (int i = 0; i < 1 << 14; i++)
		buf_addf(&b, " <%d@x>", i);
	buf_adds(&b, " <parent@y>\n\n");
	take(b.data, b.len);
	buf_free(&b);
}

static void huge_bodies(void **state)
{
	(void)state;
	repeated("A: b\n\n", "x", MESSAGE_TEXT_MAX + 1, "");
	repeated("A: b\n\n", "> x\ny\n", 1 << 16, "");
	repeated("A: b\n\n", "\n", 1 << 18, "");
	repeated("A: b\n\n", "\xe9", 1 << 18, "");
	repeated("Content-Type: text/plain; charset=gb18030\n\n", "\x81\xff", 1 << 16, "");
	repeated("Content-Transfer-Encoding: base64\n\n", "!", 1 << 18, "");
	repeated("Content-Transfer-Encoding: quoted-printable\n\n", "=", 1 << 16, "");
	repeated("A: b\n\nGIT binary patch\n", "literal 1\nz\n", 1 << 16, "");
}

static void nothing_but_nuls(void **state)
{
	(void)state;
	size_t len = MESSAGE_TEXT_MAX;
	char *raw = calloc(1, len);
	memcpy(raw, "A: b\n\n", 6);
	take(raw, 6 + (len >> 6));
	memcpy(raw, "To: ", 4);
	take(raw, len >> 6);
	free(raw);
}

static void many_parts(void **state)
{
	(void)state;
	repeated("Content-Type: multipart/mixed; boundary=b\n\n", "--b\n\nx\n", 5000, "--b--");
	repeated("Content-Type: multipart/mixed; boundary=b\n\n", "--b\n", 5000, "--b--");
	repeated("Content-Type: multipart/mixed; boundary=b\n\n", "--bx\n", 5000, "");
	repeated("Content-Type: multipart/mixed; boundary=b\n\n",
	         "--b\nContent-Type: message/rfc822\n\nSubject: x\n\ny\n", 2000, "");
	repeated("", "Content-Type: message/rfc822\n\n", 1000, "Subject: x\n\nbody");
	repeated("", "Content-Type: multipart/mixed; boundary=b\n\n--b\n", 1000, "\nbody");
}

static const char sample[] =
    "From: =?utf-8?b?Sm9zw6k=?= <j@x>\r\nTo: \"a b\" <@r:c@[1.2]>, g: d@e (f);\r\n"
    "Message-ID: <m@x>\r\nReferences: <a> <b>\r\nList-Id: <l.x>\r\n"
    "Date: Mon, 16 Sep 2002 03:27:38 +0530 (IST)\r\n"
    "Content-Type: multipart/mixed; boundary=\"b b\"\r\n\r\nFrom: preamble\r\n--b b\r\n"
    "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$BF|K\\\x1b(B\r\n> q\r\n"
    "--b b\r\nContent-Type: message/rfc822\r\n\r\nSubject: =?euc-jp?q?=C6=FC?=\r\n"
    "Content-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n=E9=\r\n=C3\r\n--c--\r\n"
    "--b b\r\nContent-Type: application/octet-stream; charset=utf-16\r\n"
    "Content-Disposition: attachment; filename*0*=utf-8''%C3%A9; filename*1=.x\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--b b--\r\n";

static void cut_anywhere(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof sample; len += (size_t)work(1, 7))
		take(sample, len);
}

static void any_byte_anywhere(void **state)
{
	(void)state;
	static const char odd[] = "\0\n\r\"<=?-\x80\xff";
	char raw[sizeof sample];
	for (size_t i = 0; i < sizeof sample - 1; i += (size_t)work(5, 23)) {
		memcpy(raw, sample, sizeof raw);
		raw[i] = odd[i % (sizeof odd - 1)];
		take(raw, sizeof sample - 1);
	}
}

static void noise(void **state)
{
	(void)state;
	char raw[512];
	uint32_t x = 1;
	for (int round = 0; round < 100; round++) {
		for (size_t i = 0; i < sizeof raw; i++) {
			x = x * 1664525 + 1013904223;
			raw[i] = (char)(x >> 24);
		}
		take(raw, x % sizeof raw);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(huge_headers),
		cmocka_unit_test(many_references),
		cmocka_unit_test(references_to_recipients),
		cmocka_unit_test(huge_bodies),
		cmocka_unit_test(many_parts),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(any_byte_anywhere),
		cmocka_unit_test(noise),
		cmocka_unit_test(nothing_but_nuls),
	};
	message_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

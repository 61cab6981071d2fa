/* Which messages are the same one. */
#include "mail/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD                                                                                       \
	"From: A <a@x.org>\nTo: b@y\nSubject: s\nDate: 16 Sep 2002 03:27:38 +0000\n"               \
	"Message-ID: <m@x>\n"
#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\n"

static const struct {
	const char *what, *one, *other;
	bool same;
} pairs[] = {
	{ "route", HEAD "\nx\n", "Received: by z\nX-Spam: 1\n" HEAD "\nx\n", true },
	{ "folding", "Subject: a b\n\nx", "Subject: a\n\tb\n\nx", true },
	{ "line ends", HEAD "\nx\ny\n", HEAD "\r\nx\r\ny\r\n", true },
	{ "trailing blanks", HEAD "\nx\n", HEAD "\nx \n\n \n", true },
	{ "inner blanks", HEAD "\nx y\n", HEAD "\nx  y\n", false },
	{ "lone return", HEAD "\nx\ry\n", HEAD "\nxy\n", false },
	{ "base64", HEAD "\nhello\n", HEAD "Content-Transfer-Encoding: base64\n\naGVsbG8K\n",
	  true },
	{ "qp", HEAD "\nhello\n",
	  HEAD "Content-Transfer-Encoding: quoted-printable\n\nhel=\n=6Co\n", true },
	{ "charset", HEAD "Content-Type: text/plain; charset=utf-8\n\n\xc3\xa9\n",
	  HEAD "Content-Type: text/plain; charset=iso-8859-1\n\n\xe9\n", true },
	{ "quotes", "From: \"A B\" <a@x.org>\n\nx", "From: A B <a@x.org>\n\nx", true },
	{ "host case", "From: a@X.Org\n\nx", "From: a@x.org\n\nx", true },
	{ "user case", "From: A@x.org\n\nx", "From: a@x.org\n\nx", false },
	{ "boundary", "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n--a--\n",
	  "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n", true },
	{ "reference header", HEAD "References: <r@s>\n\nx", HEAD "In-Reply-To: <r@s>\n\nx", true },
	{ "references", HEAD "References: <r@s>\n\nx", HEAD "\nx", false },
	{ "subject", "Subject: a\n\nx", "Subject: b\n\nx", false },
	{ "date", "Date: a\n\nx", "Date: b\n\nx", false },
	{ "to", "To: a\n\nx", "To: b\n\nx", false },
	{ "cc", "Cc: a\n\nx", "Cc: b\n\nx", false },
	{ "to and cc", "To: a\n\nx", "Cc: a\n\nx", false },
	{ "sender", "Sender: a\n\nx", "Sender: b\n\nx", false },
	{ "sender beside from", "From: c\nSender: a\n\nx", "From: c\nSender: b\n\nx", true },
	{ "message-id", "Message-ID: <a>\n\nx", "Message-ID: <b>\n\nx", false },
	{ "body", HEAD "\nx", HEAD "\ny", false },
	{ "file name", MIXED "Content-Type: image/png; name=a\n\nx\n--b--",
	  MIXED "Content-Type: image/png; name=c\n\nx\n--b--", false },
	{ "description", MIXED "Content-Description: a\n\nx\n--b--",
	  MIXED "Content-Description: c\n\nx\n--b--", false },
	{ "attachment", MIXED "Content-Type: image/png\n\nx\n--b--",
	  MIXED "Content-Type: image/png\n\nz\n--b--", false },
	{ "attachment in base64", MIXED "Content-Type: image/png\n\nhello\n--b--",
	  MIXED "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n--b--",
	  true },
	{ "embedded header", MIXED "Content-Type: message/rfc822\n\nX: 1\n\nx\n--b--",
	  MIXED "Content-Type: message/rfc822\n\nX: 2\n\nx\n--b--", false },
	{ "order of parts", MIXED "\ny\n--b\n\nz\n--b--", MIXED "\nz\n--b\n\ny\n--b--", false },
	{ "one part or two", MIXED "\nyz\n--b--", MIXED "\ny\n--b\n\nz\n--b--", false },
};

static void content_of(const char *raw, uint8_t content[32])
{
	struct message m;
	assert_int_equal(message_parse(raw, strlen(raw), &m, NULL), 0);
	memcpy(content, m.content, 32);
	message_done(&m);
}

static void same_content_same_identity(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		uint8_t a[32], b[32];
		content_of(pairs[i].one, a);
		content_of(pairs[i].other, b);
		if ((memcmp(a, b, 32) == 0) != pairs[i].same)
			fail_msg("%s", pairs[i].what);
	}
}

/* Line ends and blanks count alike wherever the pieces of a long body are cut. */
static void long_bodies(void **state)
{
	(void)state;
	for (size_t shift = 0; shift < 3; shift++) {
		struct buf lf = { 0 }, crlf = { 0 };
		uint8_t a[32], b[32];
		buf_adds(&lf, HEAD "\n");
		buf_adds(&crlf, HEAD "\n");
		for (size_t i = 0; i < shift; i++) {
			buf_addc(&lf, 'x');
			buf_addc(&crlf, 'x');
		}
		for (size_t i = 0; i < 60000; i++) {
			buf_adds(&lf, "a \n");
			buf_adds(&crlf, "a \r\n");
		}
		content_of(buf_cstr(&lf), a);
		content_of(buf_cstr(&crlf), b);
		assert_memory_equal(a, b, 32);
		buf_free(&lf);
		buf_free(&crlf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_content_same_identity),
		cmocka_unit_test(long_bodies),
	};
	message_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

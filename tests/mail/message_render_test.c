#include "mail/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *raw, *text;
} views[] = {
	{ "", "\n" },
	{ "X: not shown\nSubject: s\nFrom: a@b\n\nhello", "From: a@b\nSubject: s\n\nhello\n" },
	{ "A: b\n\none\r\ntwo\r\r\nthree\rfour\n", "\none\ntwo\nthree\\rfour\n" },
	/* nothing for the terminal to obey */
	{ "Subject: a\x1b[2Jb\n\n\x07\x01\x7f\t\n", "Subject: a^[[2Jb\n\n\\a\\x01\\x7f\t\n" },
	{ "Content-Type: text/plain; charset=iso-8859-1\n\n\x9b \x85\n",
	  "\n\xe2\x80\xba \xe2\x80\xa6\n" },
	{ "A: b\n\n\xc2\x9d\xc2\x90\n", "\n\\x9d\\x90\n" },
	{ "References: <a> <b> <c>\n\n", "In-Reply-To: <c>\nReferences: <a>\n\t<b>\n\n" },
	{ "In-Reply-To: <z>\nReferences: <a>\n\n", "In-Reply-To: <z>\n\n" },
	{ "Content-Type: text/html\n\n<b>\n",
	  "\n[-- Attachment #1: Type: text/html, Size: 4 bytes --]\n" },
	{ "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n"
	  "Content-Type: image/png; name=x.png\nContent-Transfer-Encoding: "
	  "base64\n\naGVsbG8=\n--b--",
	  "\n[-- Attachment #1: Type: text/plain, Size: 3 bytes --]\n\none\n"
	  "[-- Attachment #2: x.png --]\n"
	  "[-- Type: image/png; name=x.png, Size: 5 bytes --]\n" },
	{ "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n"
	  "Content-Description: fwd\n\nSubject: in\n\ninside\n--b--",
	  "\n[-- Attachment #1: fwd --]\n[-- Type: message/rfc822, Size: 19 bytes --]\n"
	  "Subject: in\n\ninside\n" },
	{ "To: 11111111111111111@example.com, 22222222222222222@example.com,"
	  " 33333333333333333@example.com\n\n",
	  "To: 11111111111111111@example.com, 22222222222222222@example.com,\n"
	  "\t33333333333333333@example.com\n\n" },
};

static void messages_for_people(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
		struct buf b = { 0 };
		size_t len = strlen(views[i].raw);
		char *exact = malloc(len + (len == 0));
		memcpy(exact, views[i].raw, len);
		assert_int_equal(message_render(exact, len, NULL, &b), 0);
		free(exact);
		assert_string_equal(buf_cstr(&b), views[i].text);
		buf_free(&b);
	}
}

static void folding_always_ends(void **state)
{
	(void)state;
	static const char *const repeats[] = { "x", ",", " ", ", ", ") ", "x," };
	for (size_t i = 0; i < sizeof repeats / sizeof *repeats; i++) {
		struct buf raw = { 0 }, out = { 0 };
		buf_adds(&raw, "To: ");
		while (raw.len < 100000)
			buf_adds(&raw, repeats[i]);
		buf_adds(&raw, "\n\n");
		assert_int_equal(message_render(raw.data, raw.len, NULL, &out), 0);
		buf_free(&raw);
		buf_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_for_people),
		cmocka_unit_test(folding_always_ends),
	};
	message_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

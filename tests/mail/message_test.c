#include "mail/message.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct message parsed(const char *raw, size_t len)
{
	struct message m;
	struct err e = { "" };
	char *exact = malloc(len + (len == 0));
	memcpy(exact, raw, len);
	assert_int_equal(message_parse(exact, len, &m, &e), 0);
	assert_string_equal(e.text, "");
	free(exact);
	return m;
}

static struct message of(const char *raw)
{
	return parsed(raw, strlen(raw));
}

static const char *list(const struct buf *b) /* with "|" for each NUL */
{
	static char flat[4096];
	assert_true(b->len < sizeof flat);
	memcpy(flat, b->data ? b->data : "", b->len);
	for (size_t i = 0; i < b->len; i++)
		if (flat[i] == '\0')
			flat[i] = '|';
	flat[b->len] = '\0';
	return flat;
}

static const char *text(struct message *m, enum text_field f)
{
	return list(&m->text[f]);
}

static void an_ordinary_message(void **state)
{
	(void)state;
	struct message m = of("From: =?utf-8?q?Jos=C3=A9?= <jose@example.com>\n"
	                      "To: a@example.com\nTo: B <b@example.com>\nCc: c@example.com\n"
	                      "Subject: Re: a\n folded subject\n"
	                      "Date: Mon, 16 Sep 2002 03:27:38 +0000\n"
	                      "Received: by x; Mon, 16 Sep 2002 04:27:38 +0000\n"
	                      "Message-ID: <one@example.com>\n"
	                      "References: <r1@x> <r2@x>\nIn-Reply-To: <r2@x>\n"
	                      "List-Id: Talk <Talk.Example.COM>\n\n"
	                      "mine\n> theirs\n> more\nmine again\n");
	assert_string_equal(m.from, "Jos\xc3\xa9 <jose@example.com>");
	assert_string_equal(m.to, "a@example.com, B <b@example.com>");
	assert_string_equal(m.cc, "c@example.com");
	assert_string_equal(m.subject, "Re: a folded subject");
	assert_int_equal(m.sent, 1032146858);
	assert_int_equal(m.received, 1032146858 + 3600);
	assert_string_equal(list(&m.mids), "one@example.com|");
	assert_string_equal(list(&m.refs), "r1@x|r2@x|");
	assert_string_equal(list(&m.lists), "talk.example.com|");
	assert_string_equal(text(&m, TEXT_SUBJECT), "Re: a folded subject\n");
	assert_string_equal(text(&m, TEXT_MID), "one@example.com\n");
	assert_string_equal(text(&m, TEXT_LIST), "talk.example.com\n");
	assert_string_equal(text(&m, TEXT_QUOTED), "> theirs\n> more\n");
	assert_string_equal(text(&m, TEXT_BODY), "mine\n|mine again\n");
	message_done(&m);
}

static void oid_is_that_of_the_git_blob(void **state)
{
	(void)state;
	struct message m = of("");
	assert_string_equal(m.oid, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
	assert_int_equal(m.size, 0);
	message_done(&m);
	m = of("hello world\n");
	assert_string_equal(m.oid, "3b18e512dba79e4c8300dd08aeb37f8e728b8dad");
	message_done(&m);
}

static void nothing_is_there_when_nothing_was(void **state)
{
	(void)state;
	static const char *const raws[] = { "", "\n", "\n\n", "\r\n\r\n", ":", "X:", " \n\n" };
	for (size_t i = 0; i < sizeof raws / sizeof *raws; i++) {
		struct message m = of(raws[i]);
		assert_string_equal(m.subject, "");
		assert_string_equal(m.from, "");
		assert_string_equal(m.to, "");
		assert_string_equal(m.cc, "");
		assert_int_equal(m.mids.len + m.refs.len + m.lists.len, 0);
		assert_int_equal(m.sent, 0);
		assert_int_equal(m.received, 0);
		message_done(&m);
		message_done(&m);
	}
}

static void each_date_stands_in_for_the_other(void **state)
{
	(void)state;
	struct message m = of("Date: 16 Sep 2002 03:27:38 +0000\n\n");
	assert_int_equal(m.received, 1032146858);
	message_done(&m);
	m = of("Date: never\nReceived: x; 16 Sep 2002 03:27:38 +0000\n\n");
	assert_int_equal(m.sent, 1032146858);
	message_done(&m);
}

static const struct {
	const char *head, *mids, *refs;
} ids[] = {
	{ "Message-ID: <a@b>\n", "a@b|", "" },
	{ "Message-ID: a@b\n", "a@b|", "" },
	{ "Message-ID: \n", "", "" },
	{ "Message-ID: <>\n", "<>|", "" },
	{ "Message-ID: <a\n b>\n", "a b|", "" },
	{ "Message-ID: <a@b> <c@d>\nMessage-ID: <a@b>\n", "a@b|c@d|", "c@d|" },
	{ "X-Alt-Message-ID: <x@y>\nMessage-ID: <a@b>\n", "a@b|x@y|", "x@y|" },
	/* a message does not refer to itself; twice is once */
	{ "Message-ID: <a@b>\nReferences: <a@b> <r@s> <r@s>\n", "a@b|", "r@s|" },
	{ "References: <r\n", "", "" },
	{ "References: r@s\nIn-Reply-To: junk <t@u> <>  <v>\n", "", "t@u|v|" },
	/* answers and addresses are no references */
	{ "In-Reply-To: <y> <n> <Y>\n", "", "Y|" },
	{ "To: A <a@b>\nIn-Reply-To: <a@b> <c@d>\n", "", "c@d|" },
	{ "To: aa@b.c\nIn-Reply-To: <a@b>\n", "", "a@b|" },
	{ "Message-ID: <\xe9>\n", "\xc3\xa9|", "" },
};

static void message_ids(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		struct buf raw = { 0 };
		buf_addf(&raw, "%s\nbody\n", ids[i].head);
		struct message m = parsed(raw.data, raw.len);
		assert_string_equal(list(&m.mids), ids[i].mids);
		assert_string_equal(list(&m.refs), ids[i].refs);
		message_done(&m);
		buf_free(&raw);
	}
}

static void long_ids_are_cut(void **state)
{
	(void)state;
	struct buf raw = { 0 };
	buf_adds(&raw, "Message-ID: <");
	for (int i = 0; i < 10000; i++)
		buf_adds(&raw, "\xc3\xa9");
	buf_adds(&raw, ">\n\n");
	struct message m = parsed(raw.data, raw.len);
	assert_int_equal(m.mids.len, 244 + 1);
	message_done(&m);
	buf_free(&raw);
}

#define MULTI "Content-Type: multipart/mixed; boundary=b\n\n--b\n"

static const struct {
	const char *raw, *body, *names;
} bodies[] = {
	{ "A: b\n\nno newline", "no newline\n", "" },
	{ "A: b\n\nnul\0", "nul\n", "" },
	{ "Content-Type: text/html\n\n<b>not indexed</b>\n", "", "" },
	{ "Content-Type: text/x-patch\n\n+x\n", "+x\n", "" },
	{ "Content-Type: application/pdf\n\ntext\n", "", "" },
	{ "Content-Type: application/octet-stream; name=x.patch\n\ntext\n", "text\n", "x.patch\n" },
	{ "Content-Type: application/octet-stream\n\n\x01\n", "", "" },
	{ "Content-Type: application/x; charset=utf-8\n\ntext\n", "text\n", "" },
	{ "Content-Transfer-Encoding: base64\n\naGVsbG8K\n", "hello\n", "" },
	{ "Content-Transfer-Encoding: quoted-printable\n\na=\nb =E9\n", "ab \xc3\xa9\n", "" },
	{ MULTI "\none\n--b\nContent-Disposition: attachment; filename=f.txt\n\ntwo\n--b--\n",
	  "one\n|two\n", "f.txt\n" },
	{ "A: b\n\ndiff --git a/x b/x\nGIT binary patch\nliteral 9\nzcmV+b0R\nzcmV+b0S\n\n"
	  "delta 3\nzcm\n\n-- \nsig\n",
	  "diff --git a/x b/x\n|GIT binary patch\nliteral 9\ndelta 3\nsig\n", "" },
};

static void text_parts_are_indexed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct message m = of(bodies[i].raw);
		assert_string_equal(text(&m, TEXT_BODY), bodies[i].body);
		assert_string_equal(text(&m, TEXT_FILENAME), bodies[i].names);
		message_done(&m);
	}
}

static void embedded_messages_are_found_by_their_header(void **state)
{
	(void)state;
	struct message m = of("Subject: outer\nMessage-ID: <o>\n" MULTI
	                      "Content-Type: message/rfc822\n\n"
	                      "Subject: inner\nFrom: i@x\nMessage-ID: <i@x>\n\ninside\n--b--\n");
	assert_string_equal(text(&m, TEXT_SUBJECT), "outer\n|inner\n");
	assert_string_equal(text(&m, TEXT_FROM), "i@x\n");
	assert_string_equal(text(&m, TEXT_MID), "o\n|i@x\n");
	assert_string_equal(text(&m, TEXT_BODY), "inside\n");
	assert_string_equal(m.subject, "outer");
	assert_string_equal(list(&m.mids), "o|");
	message_done(&m);
}

static void nuls_become_blanks(void **state)
{
	(void)state;
	static const char raw[] = "Subject: a\0b\nMessage-ID: <c\0d>\n\ne\0f\n";
	struct message m = parsed(raw, sizeof raw - 1);
	assert_string_equal(m.subject, "a b");
	assert_string_equal(list(&m.mids), "cd|");
	assert_string_equal(text(&m, TEXT_BODY), "e f\n");
	message_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ordinary_message),
		cmocka_unit_test(oid_is_that_of_the_git_blob),
		cmocka_unit_test(nothing_is_there_when_nothing_was),
		cmocka_unit_test(each_date_stands_in_for_the_other),
		cmocka_unit_test(message_ids),
		cmocka_unit_test(long_ids_are_cut),
		cmocka_unit_test(text_parts_are_indexed),
		cmocka_unit_test(embedded_messages_are_found_by_their_header),
		cmocka_unit_test(nuls_become_blanks),
	};
	message_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

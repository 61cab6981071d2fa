#include "fixture.h"

#include "mail/format.h"

static void names_go_both_ways(void **state)
{
	(void)state;
	for (int f = MAIL_EML; f <= MAIL_MAILDIR; f++) {
		const char *name = mail_format_name((enum mail_format)f);
		assert_int_equal(mail_format_by_name(name, strlen(name)), f);
	}
	assert_int_equal(mail_format_by_name("MboxCL2", 7), MAIL_MBOXCL2);
	assert_int_equal(mail_format_by_name("mbox", 4), MAIL_UNKNOWN);
	assert_int_equal(mail_format_by_name("mboxcl2", 6), MAIL_MBOXCL);
	assert_int_equal(mail_format_by_name("unknown", 7), MAIL_UNKNOWN);
	assert_int_equal(mail_format_by_name("", 0), MAIL_UNKNOWN);
	assert_string_equal(mail_format_name((enum mail_format)99), "unknown");
}

static void a_prefix_is_split_off(void **state)
{
	static const struct {
		const char *arg, *path;
		enum mail_format f;
	} rows[] = {
		{ "mboxrd:/x:y", "/x:y", MAIL_MBOXRD },
		{ "Maildir:", "", MAIL_MAILDIR },
		{ "/a/b", "/a/b", MAIL_UNKNOWN },
		{ "mbox:/a", "mbox:/a", MAIL_UNKNOWN },
		{ "http://x", "http://x", MAIL_UNKNOWN },
		{ ":mboxrd", ":mboxrd", MAIL_UNKNOWN },
		{ "", "", MAIL_UNKNOWN },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *path;
		assert_int_equal(mail_format_split(rows[i].arg, &path), rows[i].f);
		assert_string_equal(path, rows[i].path);
	}
}

#define FROM "From a@b Thu Jan  1 00:00:00 1970\n"

static void first_bytes_tell_the_format(void **state)
{
	static const struct {
		const char *head;
		enum mail_format f;
	} rows[] = {
		{ "", MAIL_UNKNOWN },
		{ "From", MAIL_UNKNOWN },
		{ "From ", MAIL_MBOXRD },
		{ "\n\r\n" FROM "A: b\n\n", MAIL_MBOXRD },
		{ "From: a@b\n", MAIL_EML },
		{ "\nX-Y: z\nsubject: x\n", MAIL_EML },
		{ "root:x:0:0:root:/root:/bin/sh\n", MAIL_UNKNOWN },
		{ "key: value\n\nFrom: quoted in the text\n", MAIL_UNKNOWN },
		{ "no header\n", MAIL_UNKNOWN },
		{ ": x\n", MAIL_UNKNOWN },
		{ "\x1f\x8b\x08", MAIL_UNKNOWN },
		{ "{\"json\": 1}", MAIL_UNKNOWN },
		{ FROM "A: b\nContent-Length: 4\n\nabc\n", MAIL_MBOXCL2 },
		{ FROM "A: b\ncontent-length:4\r\n\r\nabc\n\n\n", MAIL_MBOXCL2 },
		{ FROM "A: b\nContent-Length: 4\n\nabc\n\n" FROM "C: d\n\n", MAIL_MBOXCL2 },
		{ FROM "A: b\nContent-Length: 0\n\n", MAIL_MBOXCL2 },
		/* what does not fit is a field of the text, left over from elsewhere */
		{ FROM "A: b\nContent-Length: 3\n\nabcd\n\n", MAIL_MBOXRD },
		{ FROM "A: b\nContent-Length: 999\n\nabc\n", MAIL_MBOXRD },
		{ FROM "A: b\nContent-Length: -1\n\nabc\n", MAIL_MBOXRD },
		{ FROM "A: b\nContent-Length: 99999999999999999999\n\nabc\n", MAIL_MBOXRD },
		{ FROM "A: b\nContent-Length:\n\n", MAIL_MBOXRD },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t len = strlen(rows[i].head);
		char *exact = malloc(len + !len); /* a byte too far shows under a sanitizer */
		memcpy(exact, rows[i].head, len);
		if (mail_format_sniff(exact, len) != rows[i].f)
			fail_msg("row %zu: %s", i, mail_format_name(mail_format_sniff(exact, len)));
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_go_both_ways),
		cmocka_unit_test(a_prefix_is_split_off),
		cmocka_unit_test(first_bytes_tell_the_format),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* --output and --format together. */
#include "command_fixture.h"

#include "command/dest.h"

static void choices(void **state)
{
	static const struct {
		const char *output, *format;
		int kind; /* -1: refused */
		enum mail_format mail;
		const char *path;
	} table[] = {
		{ NULL, NULL, DEST_JSON, MAIL_UNKNOWN, NULL },
		{ "-", NULL, DEST_JSON, MAIL_UNKNOWN, NULL },
		{ "/dev/stdout", "ndjson", DEST_JSONL, MAIL_UNKNOWN, NULL },
		{ "-", "JSON", DEST_JSON, MAIL_UNKNOWN, NULL },
		{ NULL, "text", DEST_TEXT, MAIL_UNKNOWN, NULL },
		{ NULL, "mboxrd", DEST_MAIL, MAIL_MBOXRD, NULL },
		{ "mboxrd:/dev/stdout", NULL, DEST_MAIL, MAIL_MBOXRD, NULL },
		{ "mboxcl2:-", NULL, DEST_MAIL, MAIL_MBOXCL2, NULL },
		{ "MboxRD:/x", "mboxrd", DEST_MAIL, MAIL_MBOXRD, "/x" },
		{ "mboxrd:/x.gz", NULL, DEST_MAIL, MAIL_MBOXRD, "/x.gz" },
		{ "/nonexistent/x", NULL, DEST_MAIL, MAIL_MAILDIR, "/nonexistent/x" },
		{ "maildir:/x", NULL, DEST_MAIL, MAIL_MAILDIR, "/x" },
		{ "./a:b", NULL, DEST_MAIL, MAIL_MAILDIR, "./a:b" },
		{ "mboxrd:/x", "mboxo", -1, 0, NULL },
		{ "nonsense:/x", NULL, -1, 0, NULL },
		{ "imaps://example.com/x", NULL, -1, 0, NULL },
		{ NULL, "maildir", -1, 0, NULL },
		{ "/nonexistent/x", "json", -1, 0, NULL },
		{ "mboxrd:", NULL, -1, 0, NULL },
		{ "/dev/null", NULL, -1, 0, NULL },
		{ NULL, "eml", -1, 0, NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct dest d = { 0 };
		struct err e = { .text = "" };
		int rc = dest_parse(table[i].output, table[i].format, "format", &d, &e);
		int kind = rc == 0 ? (int)d.kind : -1;
		if (kind != table[i].kind || (rc < 0) != (*e.text != '\0'))
			fail_msg("%zu: %d %s", i, kind, e.text);
		if (rc < 0)
			continue;
		assert_int_equal(d.format, table[i].mail);
		if (table[i].path == NULL)
			assert_null(d.path);
		else
			assert_string_equal(d.path, table[i].path);
		dest_free(&d);
	}
}

static void a_maildir_is_shown_with_a_slash(void **state)
{
	struct dest d;
	struct err e;
	(void)state;
	assert_int_equal(dest_parse("maildir:/nonexistent/x/", NULL, "format", &d, &e), 0);
	assert_string_equal(d.shown.data, "/nonexistent/x/");
	dest_free(&d);
	assert_int_equal(dest_parse("mboxrd:/nonexistent/x", NULL, "format", &d, &e), 0);
	assert_string_equal(d.shown.data, "/nonexistent/x");
	dest_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choices),
		cmocka_unit_test(a_maildir_is_shown_with_a_slash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A search as text that git reads, and as a command line again. */
#include "command_fixture.h"

#include "command/saved_words.h"

#include <errno.h>

/* What `git config -z --list` says: records apart by '|', '=' before the value. */
static struct saved saved_of(const char *records)
{
	struct saved s = { .output = "mboxrd:/o", .path = "/o" };
	bool value = false;
	for (const char *p = records; *p != '\0'; p++) {
		buf_addc(&s.list, *p == '|' ? '\0' : *p == '=' && !value ? '\n' : *p);
		value = *p == '|' ? false : value || *p == '=';
	}
	buf_addc(&s.list, '\0');
	buf_adds(&s.dir, "/d");
	buf_cstr(&s.dir);
	return s;
}

static void read_as(const char *records, bool original, const char *want)
{
	struct saved s = saved_of(records);
	struct saved_words w = { 0 };
	struct err e = { .text = "" };
	struct buf got = { 0 };
	if (saved_read(&s, original, &w, &e) < 0)
		buf_addf(&got, "%s", e.text);
	for (size_t i = 0; i < w.argc; i++)
		buf_addf(&got, "%s%s", i > 0 ? " " : "", w.argv[i]);
	if (w.raw != NULL)
		buf_addf(&got, " <%s>", w.raw);
	assert_string_equal(buf_cstr(&got), want);
	buf_free(&got);
	saved_words_free(&w);
	saved_free(&s);
}

static void settings_are_options(void **state)
{
	(void)state;
	read_as("lei.q=a|lei.q=b c", false, "q --output=mboxrd:/o -- a b c");
	read_as("lei.q.limit=5|lei.q=-x", false, "q --output=mboxrd:/o --limit=5 -- -x");
	read_as("lei.q=a|lei.q.threads=1", false, "q --output=mboxrd:/o --threads -- a");
	read_as("lei.q=a|lei.q.threads=2", false, "q --output=mboxrd:/o --threads --threads -- a");
	read_as("lei.q=a|lei.q.threads=0", false, "q --output=mboxrd:/o -- a");
	read_as("lei.q=a|lei.q.threads", false, "q --output=mboxrd:/o --threads -- a");
	read_as("lei.q=a|lei.q.import-before=false", false,
	        "q --output=mboxrd:/o --no-import-before -- a");
	read_as("lei.q=a|lei.q.local=yes", false, "q --output=mboxrd:/o --local -- a");
	read_as("lei.q=a|lei.q.only=/x|lei.q.only=/y", false,
	        "q --output=mboxrd:/o --only=/x --only=/y -- a");
	read_as("lei.q=a b\n|lei.internal.rawstr=1", false, "q --output=mboxrd:/o -- <a b\n>");
}

static void the_originals_defaults_go(void **state)
{
	(void)state;
	read_as("lei.q=a|lei.q.external=1|lei.q.local=1|lei.q.remote=1|external./x.maxuid=7", true,
	        "q --output=mboxrd:/o -- a");
	read_as("lei.q=a|lei.q.external=0|lei.q.local=0|lei.q.remote=0", true,
	        "q --output=mboxrd:/o --no-external --no-local --no-remote -- a");
}

static void what_is_unknown_is_told(void **state)
{
	(void)state;
	read_as("lei.q=a|lei.q.limt=5", false,
	        "/d/lei.saved-search: lei.q.limt is no setting of a search, or has no value");
	read_as("lei.q=a|lei.q.limit", false,
	        "/d/lei.saved-search: lei.q.limit is no setting of a search, or has no value");
	read_as("lei.q=a|lei.q.stdin=1", false,
	        "/d/lei.saved-search: lei.q.stdin is no setting of a search, or has no value");
	read_as("lei.q=a|lei.q=b|lei.internal.rawstr=1", false,
	        "/d/lei.saved-search: lei.internal.rawstr wants one lei.q, not 2");
}

static void write_as(const char *line, const char *raw, const char *want)
{
	struct asked a;
	struct invocation inv;
	struct dest dest = { .format = MAIL_MAILDIR };
	struct buf got = { 0 };
	struct err e = { .text = "" };
	ask(&a, line);
	assert_int_equal(invocation_parse(&a.req, &inv, &e), 0);
	buf_adds(&dest.shown, "/home/u/found/");
	buf_cstr(&dest.shown);
	assert_int_equal(saved_write(&inv, &dest, raw, &got, &e), 0);
	const char *body = strchr(buf_cstr(&got), '\n') + 1; /* behind the comment */
	assert_string_equal(body, want);
	buf_free(&got);
	dest_free(&dest);
	invocation_free(&inv);
	ask_done(&a);
}

#define OUTPUT "[lei \"q\"]\n\toutput = maildir:/home/u/found\n"

static void options_are_settings(void **state)
{
	(void)state;
	write_as("q a s:b", NULL, "[lei]\n\tq = a\n\tq = s:b\n" OUTPUT);
	write_as("q ", NULL, "[lei]\n\tq = \"\"\n" OUTPUT);
	write_as("q a\"b;c\\#", NULL, "[lei]\n\tq = \"a\\\"b;c\\\\#\"\n" OUTPUT);
	write_as("q", "a b\n",
	         "[lei]\n\tq = \"a b\\n\"\n" OUTPUT "[lei \"internal\"]\n\trawstr = 1\n");
	write_as("q -n 5 -q --limit=7 -r --no-import-before --sort=docid -a a", NULL,
	         "[lei]\n\tq = a\n" OUTPUT
	         "\tsort = docid\n\treverse = 1\n\tlimit = 7\n\timport-before = 0\n");
	write_as("q --only=/none/x --only=/none/y a", NULL,
	         "[lei]\n\tq = a\n" OUTPUT "\tonly = /none/x\n\tonly = /none/y\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_are_options),
		cmocka_unit_test(the_originals_defaults_go),
		cmocka_unit_test(what_is_unknown_is_told),
		cmocka_unit_test(options_are_settings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

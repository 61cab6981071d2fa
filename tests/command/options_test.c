/* Command lines as Getopt::Long's gnu mode reads them. */
#include "command_fixture.h"

#include "command/options.h"

struct parsed {
	const char *line;
	const char *seen; /* "limit=5 reverse save=no | arg arg", or the error's text */
};

/* One line that shows everything invocation_parse found. */
static void show(const struct invocation *inv, char *buf, size_t cap)
{
	size_t at = 0;
	for (size_t i = 0; i < inv->nvalues; i++) {
		const struct option_value *v = &inv->values[i];
		const char *names = option_table[v->id].names;
		at += (size_t)snprintf(buf + at, cap - at, "%.*s%s%s%s ", (int)strcspn(names, "|"),
		                       names, v->text != NULL || !v->on ? "=" : "",
		                       v->text != NULL ? v->text : "", v->on ? "" : "no");
	}
	at += (size_t)snprintf(buf + at, cap - at, "|");
	for (size_t i = 0; i < inv->nargs; i++)
		at += (size_t)snprintf(buf + at, cap - at, " %s", inv->args[i]);
}

static void check(const struct parsed *table, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct asked a;
		struct invocation inv;
		struct err e = { .text = "" };
		char seen[ERR_TEXT_MAX];
		ask(&a, table[i].line);
		if (invocation_parse(&a.req, &inv, &e) < 0)
			snprintf(seen, sizeof(seen), "%s", e.text);
		else
			show(&inv, seen, sizeof(seen));
		invocation_free(&inv);
		ask_done(&a);
		if (strcmp(seen, table[i].seen) != 0)
			fail_msg("`%s': expected `%s', got `%s'", table[i].line, table[i].seen,
			         seen);
	}
}

#define CHECK(table) check(table, sizeof(table) / sizeof(table[0]))

static void values_in_every_spelling(void **state)
{
	static const struct parsed table[] = {
		{ "q -f json a", "format=json | a" },
		{ "q -fjson a", "format=json | a" },
		{ "q --format=json a", "format=json | a" },
		{ "q --format json a", "format=json | a" },
		{ "q --format=JSON a", "format=JSON | a" },
		{ "q --form json a", "format=json | a" },
		{ "q -o - a", "output=- | a" },
		{ "q --output= a", "output= | a" },
		{ "export-kw --all", "all= |" },
		{ "export-kw --all=", "all= |" },
		{ "export-kw --all local", "all=local |" },
		{ "export-kw --all=remote", "all=remote |" },
		{ "export-kw --all elsewhere", "all= | elsewhere" },
		{ "export-kw --all=elsewhere",
		  "export-kw: --all must be local or remote, not `elsewhere'" },
		{ "q -o -x a", "output=-x | a" },
		{ "q -rfjsonl a", "reverse format=jsonl | a" },
		{ "q -qvr a", "quiet verbose reverse | a" },
		{ "q --mfolder=x a", "output=x | a" },
		{ "q -n5 a", "limit=5 | a" },
		{ "q -5 a", "limit=5 | a" },
		{ "q -10000 a", "limit=10000 | a" },
		{ "q -n -5 a", "limit=-5 | a" },
	};
	(void)state;
	CHECK(table);
}

static void order_does_not_matter(void **state)
{
	static const struct parsed table[] = {
		{ "q a -r b --limit 3 c", "reverse limit=3 | a b c" },
		{ "q a -- -r --nonsense", "| a -r --nonsense" },
		{ "q - -r", "stdin reverse |" },
		{ "-C x -C y q a -C z", "C=x C=y C=z | a" },
		{ "-c a.b=1 q a -c c.d=2", "c=a.b=1 c=c.d=2 | a" },
		{ "-q import x", "quiet | x" },
	};
	(void)state;
	CHECK(table);
}

static void negation(void **state)
{
	static const struct parsed table[] = {
		{ "import --no-kw x", "kw=no | x" },
		{ "import --nokw x", "kw=no | x" },
		{ "import --kw x", "kw | x" },
		{ "q --no-save a", "save=no | a" },
		{ "q --no-external a", "external=no | a" },
	};
	(void)state;
	CHECK(table);
}

static void marks_are_arguments(void **state)
{
	static const struct parsed table[] = {
		{ "import x +L:a +kw:seen", "| x +L:a +kw:seen" },
	};
	(void)state;
	CHECK(table);
}

static void command_names(void **state)
{
	static const struct parsed table[] = {
		{ "daemon_pid", "|" },
		{ "daemon-pid", "|" },
		{ "im x", "`im' is not an lei command" },
		{ "Q x", "`Q' is not an lei command" },
		{ "", "no command given" },
		{ "-C /", "no command given" },
		{ "plonk",
		  "plonk: not implemented: add NOT f:ADDRESS or NOT m:MESSAGE-ID to the query" },
		{ "- x", "`-' is not an lei command" },
	};
	(void)state;
	CHECK(table);
}

static void mistakes(void **state)
{
	static const struct parsed table[] = {
		{ "q --nonsense a", "q: unknown option --nonsense" },
		{ "q -Z a", "q: unknown option -Z" },
		{ "q --s a", "q: --s may mean several options" },
		{ "q a --limit", "q: --limit needs a value" },
		{ "q a -o", "q: -o needs a value" },
		{ "q -n x a", "q: -n needs a number, not `x'" },
		{ "q -n 5x a", "q: -n needs a number, not `5x'" },
		{ "q -n 99999999999999999999 a",
		  "q: -n needs a number, not `99999999999999999999'" },
		{ "q --reverse=1 a", "q: --reverse takes no value" },
		{ "q --sort=size a", "q: --sort must be received, relevance or docid, not `size'" },
		{ "q -f v2 a", "q: -f v2 is not implemented yet" },
		{ "q -I", "q: -I needs a value" },
		{ "--nonsense q a", "lei: unknown option --nonsense" },
		{ "-C", "lei: -C needs a value" },
		{ "blob", "blob: OID[:PART] is missing (usage: lei blob OID[:PART])" },
		{ "blob a b", "blob: too many arguments (usage: lei blob OID[:PART])" },
		{ "daemon-pid x", "daemon-pid: too many arguments (usage: lei daemon-pid)" },
		{ "daemon-pid -C /", "daemon-pid: unknown option -C" },
	};
	(void)state;
	CHECK(table);
}

static void signals_behind_a_dash(void **state)
{
	static const struct parsed table[] = {
		{ "daemon-kill -HUP", "signal=HUP |" },
		{ "daemon-kill -9", "signal=9 |" },
		{ "daemon-kill -CHLD", "signal=CHLD |" },
		{ "daemon-kill -s USR1", "signal=USR1 |" },
		{ "daemon-kill --signal=USR1 -TERM", "signal=USR1 signal=TERM |" },
		{ "daemon-kill -s -9", "signal=-9 |" },
		{ "daemon-kill USR1",
		  "daemon-kill: too many arguments (usage: lei daemon-kill [-SIGNAL])" },
		{ "daemon-kill -term", "daemon-kill: unknown option -t" },
	};
	(void)state;
	CHECK(table);
}

static void config_passes_options_on(void **state)
{
	static const struct parsed table[] = {
		{ "config --get a.b", "| --get a.b" },
		{ "config -l -z", "| -l -z" },
		{ "config --list --show-origin", "| --list --show-origin" },
		{ "config -e", "edit |" },
		{ "config -c a.b=1 a.b", "c=a.b=1 | a.b" },
		{ "config -- a.b -x", "| -- a.b -x" },
		{ "config --glob a", "| --glob a" },
	};
	(void)state;
	CHECK(table);
}

static void completion_takes_words_as_they_are(void **state)
{
	static const struct parsed table[] = {
		{ "_complete lei q --form", "| lei q --form" },
		{ "_complete lei q -h", "| lei q -h" },
	};
	(void)state;
	CHECK(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_in_every_spelling),
		cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(negation),
		cmocka_unit_test(marks_are_arguments),
		cmocka_unit_test(command_names),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(signals_behind_a_dash),
		cmocka_unit_test(config_passes_options_on),
		cmocka_unit_test(completion_takes_words_as_they_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

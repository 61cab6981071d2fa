/* What runs inline, what it says, and how refusals look. */
#include "command_fixture.h"

#include <signal.h>
#include <unistd.h>

static void what_runs_inline(void **state)
{
	static const struct {
		const char *line;
		bool inline_;
	} table[] = {
		{ "daemon-pid", true },
		{ "daemon-kill -HUP", true },
		{ "help", true },
		{ "_complete lei", true },
		{ "_complete lei import x", true },
		{ "_complete lei -c a.b=c export-kw x", false },
		{ "version", true },
		{ "q --help", true },
		{ "", true },
		{ "nonsense", true },
		{ "plonk x", true },
		{ "q --nonsense", true },
		{ "q a", false },
		{ "import x", false },
		{ "config -l", false },
		{ "add-watch x", false },
		{ "note-event done", false },
		{ "init", false },
		{ "blob abcdef0", false },
		{ "convert x", false },
		{ "-C / daemon-pid", false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct asked a;
		ask(&a, table[i].line);
		if (command_dispatcher.runs_inline(NULL, &a.req) != table[i].inline_)
			fail_msg("%s", table[i].line);
		ask_done(&a);
	}
}

static void expect(const char *line, int status, const char *out, const char *err)
{
	struct said s = say(line);
	if (s.status != status || strcmp(s.out, out) != 0 || strcmp(s.err, err) != 0)
		fail_msg("`%s': %d `%s' `%s'", line, s.status, s.out, s.err);
	said_done(&s);
}

static void refusals(void **state)
{
	(void)state;
	expect("nonsense", 1, "", "lei: `nonsense' is not an lei command\nTry `lei help'.\n");
	expect("", 1, "", "lei: no command given\nTry `lei help'.\n");
	expect("plonk", 1, "",
	       "lei: plonk: not implemented: add NOT f:ADDRESS or NOT m:MESSAGE-ID to the query\n");
	expect("q --zz a", 1, "", "lei: q: unknown option --zz\n");
	expect("help nonsense", 1, "", "lei: help: `nonsense' is not an lei command\n");
	expect("help plonk", 1, "",
	       "lei: help: plonk is not implemented: add NOT f:ADDRESS or NOT m:MESSAGE-ID to the "
	       "query\n");
}

static void pid_is_our_own(void **state)
{
	char want[32];
	(void)state;
	snprintf(want, sizeof(want), "%ld\n", (long)getpid());
	expect("daemon-pid", 0, want, "");
	expect("version", 0, "lei " LEI_VERSION "\n", "");
	expect("--version", 0, "lei " LEI_VERSION "\n", "");
}

static void signals(void **state)
{
	const struct {
		const char *line;
		int signo; /* -1: refused */
	} table[] = {
		{ "daemon-kill", SIGTERM },
		{ "daemon-kill -HUP", SIGHUP },
		{ "daemon-kill -SIGUSR1", SIGUSR1 },
		{ "daemon-kill -15", SIGTERM },
		{ "daemon-kill -0", 0 },
		{ "daemon-kill --signal=", 0 },
		{ "daemon-kill -RTMIN", SIGRTMIN },
		{ "daemon-kill -99", -1 },
		{ "daemon-kill -FOO", -1 },
		{ "daemon-kill -s term", -1 },
		{ "daemon-kill -s -9", -1 },
		{ "daemon-kill -s 9x", -1 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct said s = say(table[i].line);
		int signo = s.raise_after ? s.raise_signo : -1;
		if (signo != table[i].signo || s.status != (signo < 0))
			fail_msg("%s: %d, status %d", table[i].line, signo, s.status);
		said_done(&s);
	}
}

static void help_in_every_spelling(void **state)
{
	static const char *const same[] = { "q --help", "q -h", "help q", "q x --help y" };
	struct said want = say("help q");
	(void)state;
	assert_non_null(strstr(want.out, "usage: lei q "));
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		expect(same[i], 0, want.out, "");
	said_done(&want);
	want = say("help");
	expect("--help", 0, want.out, "");
	expect("-h", 0, want.out, "");
	said_done(&want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_runs_inline),       cmocka_unit_test(refusals),
		cmocka_unit_test(pid_is_our_own),         cmocka_unit_test(signals),
		cmocka_unit_test(help_in_every_spelling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* lei _complete: candidates, filtered by what is typed. */
#include "command_fixture.h"

static void expect(const char *line, const char *out)
{
	struct said s = say(line);
	if (s.status != 0 || strcmp(s.out, out) != 0 || *s.err != '\0')
		fail_msg("`%s': %d `%s' `%s'", line, s.status, s.out, s.err);
	said_done(&s);
}

static void offers(const char *line, const char *word, bool yes)
{
	struct said s = say(line);
	char want[64], *at;
	snprintf(want, sizeof(want), "%s\n", word);
	for (at = s.out; (at = strstr(at, want)) != NULL; at++) {
		if (at == s.out || at[-1] == '\n')
			break;
	}
	if ((at != NULL) != yes)
		fail_msg("`%s': `%s'", line, s.out);
	said_done(&s);
}

static void commands(void **state)
{
	static const char all[] =
	    "q\nlcat\nup\nls-search\nedit-search\nforget-search\nblob\np2q\nmail-diff\n"
	    "rediff\nimport\n"
	    "index\ntag\nrm\nls-label\nfsck\nreindex\nbackup\ninspect\nconvert\nadd-watch\nrm-"
	    "watch\n"
	    "ls-watch\npause-watch\nresume-watch\nforget-watch\nexport-kw\nls-mail-sync\n"
	    "refresh-mail-sync\nforget-mail-sync\nnote-event\nadd-external\nls-external\n"
	    "forget-external\nconfig\ninit\ndaemon-kill\ndaemon-pid\nhelp\nversion\n";
	char with_switches[1024];
	(void)state;
	snprintf(with_switches, sizeof(with_switches), "%s--help\n-h\n-C\n", all);
	expect("_complete lei", with_switches);
	expect("_complete", with_switches);
	expect("_complete lei ", all);
	expect("_complete lei im", "import\n");
	expect("_complete lei daemon-", "daemon-kill\ndaemon-pid\n");
	expect("_complete lei nonsense", "");
	expect("_complete lei nonsense x", "");
	expect("_complete lei -", "");
	expect("_complete lei plonk", "");
	expect("_complete lei .", "");
	expect("_complete lei _", "");
}

static void switches(void **state)
{
	(void)state;
	expect("_complete lei q --form", "--format\n");
	expect("_complete lei q --pre", "--pretty\n");
	expect("_complete lei import --no-", "--no-kw\n--no-mail-sync\n");
	expect("_complete lei q ", "");
	expect("_complete lei -C / q --form", "--format\n");
	expect("_complete lei daemon-kill -", "--signal\n-s\n--help\n-h\n");
	offers("_complete lei q", "--output", true);
	offers("_complete lei q", "-o", true);
	offers("_complete lei q -", "--no-save", true);
	offers("_complete lei q -", "--threads", true);
	offers("_complete lei q -", "--remote", true);
	offers("_complete lei q -", "--lock", true);
	offers("_complete lei q -", "--rsyncable", true);
}

static void values(void **state)
{
	static const char formats[] = "maildir\nmboxrd\nmboxcl2\nmboxcl\nmboxo\njson\njsonl\n"
				      "concatjson\ntext\nreply\n";
	(void)state;
	expect("_complete lei q -f", formats);
	expect("_complete lei q -f ", formats);
	expect("_complete lei q --format", formats);
	expect("_complete lei q a --mfolder x -f mboxc", "mboxcl2\nmboxcl\n");
	expect("_complete lei q -f json", "jsonl\n");
	expect("_complete lei q --format=mboxr", "--format=mboxrd\n");
	expect("_complete lei import -F ", "eml\nmboxrd\nmboxcl2\nmboxcl\nmboxo\n");
	expect("_complete lei q --alert ", ":WINCH\n:bell\n");
	expect("_complete lei import --lock ", "dotlock\nfcntl\nflock\nnone\n");
	expect("_complete lei q --nonsense=", "");
	expect("_complete lei add-watch --state import", "import-rw\nimport-ro\n");
	expect("_complete lei add-watch --state=p", "--state=pause\n");
	expect("_complete lei export-kw --all=l", "--all=local\n");
}

static void arguments(void **state)
{
	(void)state;
	expect("_complete lei config leis", "leistore.dir\n");
	expect("_complete lei import +kw:f", "+kw:flagged\n+kw:forwarded\n");
	expect("_complete lei tag -kw:f", "-kw:flagged\n-kw:forwarded\n");
	expect("_complete lei q kw:f", "kw:flagged\nkw:forwarded\n");
	expect("_complete lei import -kw:f", "");
	expect("_complete lei import ", "");
	expect("_complete lei help im", "import\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands),
		cmocka_unit_test(switches),
		cmocka_unit_test(values),
		cmocka_unit_test(arguments),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The table holds together, and everything drawn from it shows all of it. */
#include "command_fixture.h"

#include "command/help.h"

static void every_listed_option_is_described(void **state)
{
	(void)state;
	for (size_t i = 0; i < OPT_COUNT; i++) {
		assert_non_null(option_table[i].names);
		if (help_shows(&option_table[i]) && option_table[i].help == NULL)
			fail_msg("%s has no help", option_table[i].names);
		if (option_table[i].kind >= OPTION_TEXT && option_table[i].arg == NULL)
			fail_msg("%s does not name its value", option_table[i].names);
	}
}

static void assert_distinct(const struct command_def *def, const struct option_def *a,
                            const struct option_def *b)
{
	const char *names = a->names, *w;
	for (size_t n; (n = words_next(&names, &w)) > 0;) {
		const char *others = b->names, *o;
		for (size_t m; (m = words_next(&others, &o)) > 0;) {
			if (n == m && memcmp(w, o, n) == 0)
				fail_msg("%s has two options %.*s", def->name, (int)n, w);
		}
	}
}

static void no_command_has_a_name_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < CMD_COUNT; i++) {
		const struct command_def *def = &command_table[i];
		for (const enum option_id *a = def->options; *a != OPT_COUNT; a++) {
			for (const enum option_id *b = a + 1; *b != OPT_COUNT; b++)
				assert_distinct(def, &option_table[*a], &option_table[*b]);
		}
	}
}

static void what_we_have_is_not_for_later(void **state)
{
	(void)state;
	for (size_t i = 0; i < CMD_COUNT; i++)
		assert_null(command_never(command_table[i].name));
	assert_non_null(command_never("plonk"));
	assert_non_null(command_never("purge_mailsource"));
	assert_null(command_never("nonsense"));
}

struct seek {
	const char *text, *where;
};

static void assert_has(void *rock, const char *name)
{
	const struct seek *s = rock;
	if (strstr(s->text, name) == NULL)
		fail_msg("%s does not mention %s", s->where, name);
}

static void help_mentions_every_option(void **state)
{
	(void)state;
	for (size_t i = 0; i < CMD_COUNT; i++) {
		const struct command_def *def = &command_table[i];
		struct buf text = { 0 };
		help_command(def, &text);
		for (const enum option_id *o = def->options; *o != OPT_COUNT; o++) {
			struct buf names = { 0 };
			if (!help_shows(&option_table[*o]))
				continue;
			help_option_names(&option_table[*o], &names);
			assert_has(&(struct seek){ buf_cstr(&text), def->name }, buf_cstr(&names));
			buf_free(&names);
		}
		buf_free(&text);
	}
}

static void help_fits_a_terminal(void **state)
{
	(void)state;
	for (size_t i = 0; i < CMD_COUNT; i++) {
		struct buf text = { 0 };
		help_command(&command_table[i], &text);
		const char *line = buf_cstr(&text);
		while (*line != '\0') {
			size_t n = strcspn(line, "\n");
			assert_true(n < 80);
			line += n + (line[n] == '\n');
		}
		buf_free(&text);
	}
}

static void overview_mentions_every_command(void **state)
{
	struct buf text = { 0 };
	(void)state;
	help_overview(&text);
	for (size_t i = 0; i < CMD_COUNT; i++) {
		if (!command_table[i].hidden)
			assert_has(&(struct seek){ buf_cstr(&text), "the overview" },
			           command_table[i].name);
	}
	buf_free(&text);
}

static void documents_mention_every_switch(void **state)
{
	struct buf man = { 0 }, shell = { 0 }, fish = { 0 };
	(void)state;
	roff_commands(&man);
	completion_shell(&shell);
	completion_fish(&fish);
	for (size_t i = 0; i < CMD_COUNT; i++) {
		if (command_table[i].hidden)
			continue;
		for (const enum option_id *o = command_table[i].options; *o != OPT_COUNT; o++)
			help_each_switch(&option_table[*o], assert_has,
			                 &(struct seek){ buf_cstr(&shell), "the completion" });
		assert_has(&(struct seek){ buf_cstr(&fish), "fish" }, command_table[i].name);
	}
	assert_has(&(struct seek){ buf_cstr(&man), "the man page" }, "\\-\\-output MFOLDER");
	buf_free(&man);
	buf_free(&shell);
	buf_free(&fish);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_listed_option_is_described),
		cmocka_unit_test(no_command_has_a_name_twice),
		cmocka_unit_test(what_we_have_is_not_for_later),
		cmocka_unit_test(help_mentions_every_option),
		cmocka_unit_test(help_fits_a_terminal),
		cmocka_unit_test(overview_mentions_every_command),
		cmocka_unit_test(documents_mention_every_switch),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

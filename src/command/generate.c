/* Documents drawn from the table: the commands' part of lei(1), and static shell completions
 * that need no daemon. */
#include "help.h"

#include <stdio.h>
#include <string.h>

/* ---- man page ---- */

static void roff_text(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '-')
			buf_adds(out, "\\-");
		else if (*s == '\\')
			buf_adds(out, "\\e");
		else if (*s == '`')
			buf_adds(out, "\\(oq");
		else if (*s == '\'')
			buf_adds(out, "\\(cq");
		else
			buf_addc(out, *s);
	}
}

/* Taken by nearly every command: the page tells them once, at its top. */
static bool is_common(enum option_id id)
{
	return id == OPT_CHDIR || id == OPT_CONFIG || id == OPT_QUIET || id == OPT_VERBOSE ||
	       id == OPT_HELP;
}

static void roff_options(const struct command_def *def, struct buf *out)
{
	for (const enum option_id *o = def->options; *o != OPT_COUNT; o++) {
		const struct option_def *opt = &option_table[*o];
		struct buf names = { 0 };
		const char *values = opt->values, *w;
		if (!help_shows(opt) || is_common(*o))
			continue;
		help_option_names(opt, &names);
		const char *shown = buf_cstr(&names);
		buf_adds(out, ".TP\n.B ");
		roff_text(out, shown + strspn(shown, " "));
		buf_addc(out, '\n');
		roff_text(out, opt->help);
		buf_adds(out, ".\n");
		for (size_t n, i = 0; (n = words_next(&values, &w)) > 0; i++)
			buf_addf(out, "%s\\fB%.*s\\fR%s", i == 0 ? "One of " : "", (int)n, w,
			         *values == '\0' ? ".\n" : ", ");
		buf_free(&names);
	}
}

void roff_commands(struct buf *out)
{
	for (size_t i = 0; i < CMD_COUNT; i++) {
		const struct command_def *def = &command_table[i];
		if (def->hidden)
			continue;
		buf_adds(out, ".SS lei ");
		roff_text(out, def->name);
		buf_addc(out, ' ');
		roff_text(out, def->args);
		buf_addc(out, '\n');
		roff_text(out, def->help);
		buf_adds(out, ".\n");
		roff_options(def, out);
	}
}

/* ---- words for the shells ---- */

struct list {
	struct buf *out;
	const char *before, *after; /* around each word */
};

static void add_word(void *rock, const char *name)
{
	struct list *l = rock;
	buf_addf(l->out, "%s%s%s", l->before, name, l->after);
}

static void switches(const struct command_def *def, struct list *l)
{
	for (const enum option_id *o = def->options; *o != OPT_COUNT; o++)
		help_each_switch(&option_table[*o], add_word, l);
}

static void values_of(const struct option_def *opt, struct list *l)
{
	const char *values = opt->values, *w;
	for (size_t n; (n = words_next(&values, &w)) > 0;)
		buf_addf(l->out, "%s%.*s%s", l->before, (int)n, w, l->after);
}

static bool takes_values(const struct option_def *opt)
{
	return opt->values != NULL && !opt->unlisted;
}

static void command_names(struct list *l)
{
	for (size_t i = 0; i < CMD_COUNT; i++) {
		if (!command_table[i].hidden)
			add_word(l, command_table[i].name);
	}
}

/* ---- bash and zsh: two functions around case statements ---- */

/* "q:--format|q:-f) _lei_words='json jsonl ...' ;;" */
static void shell_values(const struct command_def *def, struct buf *out)
{
	char before[32];
	snprintf(before, sizeof(before), "|%s:", def->name);
	for (const enum option_id *o = def->options; *o != OPT_COUNT; o++) {
		struct buf names = { 0 };
		struct list l = { &names, before, "" }, words = { out, " ", "" };
		if (!takes_values(&option_table[*o]))
			continue;
		help_each_switch(&option_table[*o], add_word, &l);
		if (names.len > 1)
			buf_addf(out, "\t%s) _lei_words='", buf_cstr(&names) + 1);
		if (names.len > 1)
			values_of(&option_table[*o], &words);
		buf_adds(out, names.len > 1 ? "' ;;\n" : "");
		buf_free(&names);
	}
}

void completion_shell(struct buf *out)
{
	struct list plain = { out, " ", "" };
	buf_adds(out, "_lei_commands='");
	command_names(&plain);
	buf_adds(out, "'\n\n_lei_switches() {\n\tcase $1 in\n");
	for (size_t i = 0; i < CMD_COUNT; i++) {
		if (command_table[i].hidden)
			continue;
		buf_addf(out, "\t%s) _lei_words='", command_table[i].name);
		switches(&command_table[i], &plain);
		buf_adds(out, "' ;;\n");
	}
	buf_adds(out, "\tesac\n}\n\n_lei_values() {\n\tcase $1:$2 in\n");
	for (size_t i = 0; i < CMD_COUNT; i++)
		shell_values(&command_table[i], out);
	buf_adds(out, "\tesac\n}\n");
}

/* ---- fish: one line per command and per option ---- */

static void fish_quoted(struct buf *out, const char *s)
{
	buf_addc(out, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'' || *s == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *s);
	}
	buf_addc(out, '\'');
}

static void fish_name(void *rock, const char *name)
{
	bool brief = name[1] != '-';
	buf_addf(rock, " -%c %s", brief ? 's' : 'l', name + (brief ? 1 : 2));
}

static void fish_option(const struct command_def *def, const struct option_def *opt,
                        struct buf *out)
{
	struct list values = { out, " ", "" };
	if (!help_shows(opt))
		return;
	buf_addf(out, "complete -c lei -n '__fish_seen_subcommand_from %s'", def->name);
	help_each_switch(opt, fish_name, out);
	if (opt->values != NULL) {
		buf_adds(out, opt->kind == OPTION_MAYBE ? " -f -a '" : " -x -a '");
		values_of(opt, &values);
		buf_addc(out, '\'');
	} else if (opt->arg != NULL) {
		buf_adds(out, " -r");
	}
	buf_adds(out, " -d ");
	fish_quoted(out, opt->help);
	buf_addc(out, '\n');
}

void completion_fish(struct buf *out)
{
	for (size_t i = 0; i < CMD_COUNT; i++) {
		const struct command_def *def = &command_table[i];
		if (def->hidden)
			continue;
		buf_addf(out, "complete -c lei -n __fish_use_subcommand -f -a %s -d ", def->name);
		fish_quoted(out, def->help);
		buf_addc(out, '\n');
		for (const enum option_id *o = def->options; *o != OPT_COUNT; o++)
			fish_option(def, &option_table[*o], out);
	}
}

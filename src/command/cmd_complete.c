/* lei _complete WORD...: candidates for the last word, one per line.  The first word is the
 * program's name; without a word after a command's name everything is a candidate. */
#include "complete.h"
#include "externals.h"
#include "help.h"

#include "../mail/keywords.h"

#include <string.h>

struct asker {
	const struct cmd *c;
	FILE *out;
	const char *cur; /* what is typed so far; NULL: nothing, not even "" */
};

static void offer(void *rock, const char *word)
{
	const struct asker *a = rock;
	const char *cur = a->cur != NULL ? a->cur : "";
	if (strncmp(word, cur, strlen(cur)) == 0 && strcmp(word, cur) != 0)
		fprintf(a->out, "%s\n", word);
}

static void offer_commands(struct asker *a)
{
	for (size_t i = 0; i < CMD_COUNT; i++) {
		if (!command_table[i].hidden)
			offer(a, command_table[i].name);
	}
}

static void offer_switches(struct asker *a, const struct command_def *def)
{
	for (const enum option_id *o = def->options; *o != OPT_COUNT; o++)
		help_each_switch(&option_table[*o], offer, a);
}

/* The option called `name` ("-f", "--format"); OPT_COUNT when there is none. */
static enum option_id named(const struct command_def *def, const char *name, size_t len)
{
	for (const enum option_id *o = def->options; *o != OPT_COUNT; o++) {
		const char *names = option_table[*o].names, *w;
		for (size_t n; (n = words_next(&names, &w)) > 0;) {
			size_t dashes = n == 1 ? 1 : 2;
			if (len == n + dashes && strncmp(name, "--", dashes) == 0 &&
			    strncmp(name + dashes, w, n) == 0)
				return *o;
		}
	}
	return OPT_COUNT;
}

/* The same, if it has a list of values. */
static const struct option_def *valued(const struct command_def *def, const char *name, size_t len)
{
	enum option_id id = named(def, name, len);
	return id != OPT_COUNT && option_table[id].values != NULL ? &option_table[id] : NULL;
}

static void offer_values(struct asker *a, const struct option_def *opt, const char *before)
{
	const char *values = opt->values, *w;
	for (size_t n; (n = words_next(&values, &w)) > 0;) {
		char word[128];
		snprintf(word, sizeof(word), "%s%.*s", before, (int)n, w);
		offer(a, word);
	}
}

/* "--format=m": the values with the option in front, as shells want it. */
static void offer_joined(struct asker *a, const struct command_def *def)
{
	size_t len = strcspn(a->cur, "=");
	const struct option_def *opt = valued(def, a->cur, len);
	char before[64];
	if (opt == NULL || a->cur[len] != '=')
		return;
	snprintf(before, sizeof(before), "%.*s=", (int)len, a->cur);
	offer_values(a, opt, before);
}

/* With this before each, or that as well (NULL: not). */
static void offer_marks(struct asker *a, const char *before, const char * or)
{
	for (const char *b = before; b != NULL; b = b == before ? or : NULL) {
		for (unsigned i = 0; i < KW_COUNT; i++) {
			char word[32];
			snprintf(word, sizeof(word), "%skw:%s", b, kw_name(i));
			offer(a, word);
		}
		if (!a->c->call->is_inline)
			complete_labels(a->c, b, offer, a);
	}
}

static void offer_arguments(struct asker *a, const struct command_def *def)
{
	switch (command_id(def)) {
	case CMD_HELP:
		offer_commands(a);
		break;
	case CMD_CONFIG:
		offer(a, "leistore.dir");
		break;
	case CMD_IMPORT:
	case CMD_INDEX:
		if (a->cur != NULL && a->cur[0] == '+')
			offer_marks(a, "+", NULL);
		break;
	case CMD_TAG:
		if (a->cur != NULL && (a->cur[0] == '+' || a->cur[0] == '-'))
			offer_marks(a, "+", "-");
		break;
	case CMD_Q:
		if (a->cur != NULL && (a->cur[0] == 'L' || a->cur[0] == 'k'))
			offer_marks(a, "", NULL);
		break;
	default:
		if (complete_names_externals(command_id(def)))
			externals_offer(a->c, false, offer, a);
		if (complete_names_folders(command_id(def)))
			complete_folders(a->c, command_id(def), a->cur, offer, a);
		break;
	}
}

static void complete_command(struct asker *a, const struct command_def *def, const char *before)
{
	const struct option_def *opt;
	if (before != NULL && (opt = valued(def, before, strlen(before))) != NULL) {
		offer_values(a, opt, "");
		return;
	}
	if (before != NULL && complete_takes_externals(named(def, before, strlen(before)))) {
		externals_offer(a->c, true, offer, a);
		return;
	}
	if (a->cur == NULL || a->cur[0] == '-')
		offer_switches(a, def);
	if (a->cur == NULL || a->cur[0] != '-' || def->dash == DASH_MARK)
		offer_arguments(a, def);
	if (a->cur == NULL || a->cur[0] != '-')
		return;
	opt = valued(def, a->cur, strlen(a->cur));
	if (opt != NULL) { /* the whole option is typed: show what may follow */
		a->cur = NULL;
		offer_values(a, opt, "");
		return;
	}
	offer_joined(a, def);
}

/* Behind the global options: the program's name, the command, and so on. */
static const char *const *words_of(const struct invocation *inv, size_t *ret_n)
{
	const char *const *words = inv->args;
	size_t n = inv->nargs;
	while (n > 3 && (strcmp(words[1], "-C") == 0 || strcmp(words[1], "-c") == 0)) {
		words += 2;
		n -= 2;
	}
	*ret_n = n;
	return words;
}

bool complete_is_inline(const struct invocation *inv)
{
	size_t n;
	const char *const *words = words_of(inv, &n);
	const struct command_def *def = n > 1 ? command_find(words[1]) : NULL;
	if (def == NULL)
		return true;
	const char *before = n > 3 ? words[n - 2] : "";
	return !complete_names_labels(command_id(def), n > 2 ? words[n - 1] : "") &&
	       !complete_names_folders(command_id(def)) &&
	       !complete_names_externals(command_id(def)) &&
	       !complete_takes_externals(named(def, before, strlen(before)));
}

int cmd_complete(struct cmd *c)
{
	static const char *const global[] = { "--help", "-h", "-C" };
	struct asker a = { .c = c, .out = c->call->out };
	size_t n;
	const char *const *words = words_of(&c->inv, &n);
	if (n <= 1) {
		offer_commands(&a);
		for (size_t i = 0; i < 3; i++)
			offer(&a, global[i]);
		return 0;
	}
	const struct command_def *def = command_find(words[1]);
	if (def == NULL || def->hidden) {
		a.cur = words[1];
		if (n == 2)
			offer_commands(&a);
		return 0;
	}
	a.cur = n > 2 ? words[n - 1] : NULL;
	complete_command(&a, def, n > 3 ? words[n - 2] : NULL);
	return 0;
}

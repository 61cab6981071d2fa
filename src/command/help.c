/* Help texts, as wide as a terminal of 80 columns. */
#include "help.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS = 78, LEFT_MAX = 34, NAME_WIDTH = 17 };

bool help_shows(const struct option_def *def)
{
	return !def->unlisted && !(def->on_later && !def->shown_as_no);
}

void help_option_names(const struct option_def *def, struct buf *out)
{
	const char *names = def->names, *w;
	const char *no = def->shown_as_no ? "no-" : "";
	char brief = '\0', first[64] = "";
	for (size_t n; (n = words_next(&names, &w)) > 0;) {
		if (n == 1)
			brief = *w;
		else if (*first == '\0')
			snprintf(first, sizeof(first), "--%s%.*s", no, (int)n, w);
	}
	if (brief != '\0')
		buf_addf(out, "-%c%s", brief, *first != '\0' ? ", " : "");
	else
		buf_adds(out, "    ");
	buf_adds(out, first);
	if (def->arg != NULL && !def->shown_as_no)
		buf_addf(out, def->kind == OPTION_MAYBE ? "[=%s]" : " %s", def->arg);
}

void help_each_switch(const struct option_def *def, void (*fn)(void *rock, const char *name),
                      void *rock)
{
	const char *names = def->names, *w;
	if (def->unlisted)
		return;
	for (size_t n; (n = words_next(&names, &w)) > 0;) {
		char name[64];
		if (!def->on_later) {
			snprintf(name, sizeof(name), "%s%.*s", n == 1 ? "-" : "--", (int)n, w);
			fn(rock, name);
		}
		if (def->kind == OPTION_BOOL && n > 1 && !def->off_later) {
			snprintf(name, sizeof(name), "--no-%.*s", (int)n, w);
			fn(rock, name);
		}
	}
}

/* Wrap `text` into lines that start at column `left`. */
static void add_wrapped(struct buf *out, const char *text, size_t left)
{
	size_t at = left;
	while (*text != '\0') {
		size_t n = strcspn(text, " ");
		if (at > left && at + 1 + n > COLUMNS) {
			buf_addf(out, "\n%*s", (int)left, "");
			at = left;
		} else if (at > left) {
			buf_addc(out, ' ');
			at++;
		}
		buf_add(out, text, n);
		at += n;
		text += n + (text[n] == ' ');
	}
	buf_addc(out, '\n');
}

static void add_row(struct buf *out, const char *names, const char *text, size_t left)
{
	buf_addf(out, "  %-*s  ", (int)left, names);
	if (strlen(names) > left)
		buf_addf(out, "\n%*s", (int)left + 4, "");
	add_wrapped(out, text, left + 4);
}

static void option_text_of(const struct option_def *def, struct buf *out)
{
	const char *values = def->values, *w;
	buf_adds(out, def->help);
	for (size_t n, i = 0; (n = words_next(&values, &w)) > 0; i++)
		buf_addf(out, "%s%.*s",
		         i == 0            ? "; one of "
		         : *values == '\0' ? " or "
		                           : ", ",
		         (int)n, w);
}

static size_t left_width(const struct command_def *def)
{
	size_t left = 0;
	for (const enum option_id *o = def->options; *o != OPT_COUNT; o++) {
		struct buf names = { 0 };
		if (!help_shows(&option_table[*o]))
			continue;
		help_option_names(&option_table[*o], &names);
		if (names.len > left)
			left = names.len;
		buf_free(&names);
	}
	return left < LEFT_MAX ? left : LEFT_MAX;
}

void help_command(const struct command_def *def, struct buf *out)
{
	size_t left = left_width(def);
	buf_addf(out, "usage: lei %s%s%s\n%s\n\n", def->name, *def->args != '\0' ? " " : "",
	         def->args, def->help);
	for (const enum option_id *o = def->options; *o != OPT_COUNT; o++) {
		struct buf names = { 0 }, text = { 0 };
		if (!help_shows(&option_table[*o]))
			continue;
		help_option_names(&option_table[*o], &names);
		option_text_of(&option_table[*o], &text);
		add_row(out, buf_cstr(&names), buf_cstr(&text), left);
		buf_free(&names);
		buf_free(&text);
	}
}

void help_overview(struct buf *out)
{
	buf_adds(out, "usage: lei [-C DIR] [-c NAME=VALUE] COMMAND [...]\n\n");
	for (size_t i = 0; i < CMD_COUNT; i++) {
		if (!command_table[i].hidden)
			add_row(out, command_table[i].name, command_table[i].help, NAME_WIDTH);
	}
	buf_adds(out, "\n`lei help COMMAND' or `lei COMMAND --help' tells more.\n");
}

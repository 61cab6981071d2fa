/* See diff_options.h. */
#include "diff_options.h"

#include "config.h"

#include <stdlib.h>
#include <string.h>

static void add_one(const struct option_value *v, struct buf *out)
{
	const struct option_def *def = &option_table[v->id];
	size_t n = strcspn(def->names, "|");
	const char *no = def->kind == OPTION_BOOL && !v->on ? "no-" : "";
	if (v->id == OPT_DIFF_ORDER) { /* git may run elsewhere */
		struct err unused;
		buf_adds(out, "-O");
		absolute_path(v->text, out, &unused);
	} else if (n == 1)
		buf_addf(out, "-%s%s", def->names, v->text != NULL ? v->text : "");
	else if (v->text == NULL || (def->kind == OPTION_MAYBE && *v->text == '\0'))
		buf_addf(out, "--%s%.*s", no, (int)n, def->names);
	else
		buf_addf(out, "--%.*s=%s", (int)n, def->names, v->text);
	buf_addc(out, '\0');
}

void diff_options(const struct cmd *c, bool color, struct buf *out)
{
	buf_adds(out, color ? "--color" : "--no-color");
	buf_addc(out, '\0');
	for (size_t i = 0; i < c->inv.nvalues; i++) {
		const struct option_value *v = &c->inv.values[i];
		if (v->id >= OPT_DIFF_FIRST && v->id <= OPT_DIFF_LAST)
			add_one(v, out);
	}
}

bool diff_color(const struct cmd *c, bool tty)
{
	bool color = tty;
	for (size_t i = 0; i < c->inv.nvalues; i++) {
		const struct option_value *v = &c->inv.values[i];
		if (v->id == OPT_NO_DIFF_COLOR)
			color = false;
		else if (v->id == OPT_DIFF_COLOR)
			color = strcmp(v->text, "auto") == 0 ? tty : strcmp(v->text, "never") != 0;
	}
	return color;
}

const char **diff_argv(const char *const *before, const struct buf *options,
                       const char *const *after)
{
	size_t n = 0;
	for (const char *const *p = before; *p != NULL; p++)
		n++;
	for (size_t at = 0; at < options->len; at += strlen(options->data + at) + 1)
		n++;
	for (const char *const *p = after; *p != NULL; p++)
		n++;
	const char **argv = calloc(n + 1, sizeof(*argv));
	if (argv == NULL)
		return NULL;
	n = 0;
	for (; *before != NULL; before++)
		argv[n++] = *before;
	for (size_t at = 0; at < options->len; at += strlen(options->data + at) + 1)
		argv[n++] = options->data + at;
	for (; *after != NULL; after++)
		argv[n++] = *after;
	return argv;
}

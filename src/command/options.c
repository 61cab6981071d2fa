/* Command lines: bundled short options, unique prefixes of long ones, --no-, options and
 * arguments in any order, "--". */
#include "options.h"

#include "../base/err.h"
#include "../base/grow.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	struct invocation *inv;
	char *const *argv;
	size_t argc, at;
	struct err *e;
};

static const char *who(const struct reader *r)
{
	return r->inv->def != NULL ? r->inv->def->name : "lei";
}

static int add_value(struct reader *r, enum option_id id, bool on, const char *text, int64_t number)
{
	struct invocation *inv = r->inv;
	struct option_value *v = grow(inv->values, inv->nvalues, &inv->cap, sizeof(*v));
	if (v == NULL)
		return err_set(r->e, -ENOMEM, "out of memory");
	inv->values = v;
	inv->values[inv->nvalues++] = (struct option_value){ id, on, text, number };
	if (id == OPT_HELP)
		inv->help = true;
	return 0;
}

static void add_arg(struct reader *r, const char *arg)
{
	r->inv->args[r->inv->nargs++] = arg; /* room for argc was made at the start */
}

static bool takes_value(const struct option_def *def)
{
	return def->kind >= OPTION_TEXT;
}

/* "mboxrd, mboxo or eml" */
static void say_values(const char *values, char *buf, size_t cap)
{
	const char *w;
	size_t at = 0;
	buf[0] = '\0';
	for (size_t n; (n = words_next(&values, &w)) > 0 && at < cap;) {
		const char *sep = at == 0 ? "" : *values == '\0' ? " or " : ", ";
		int wrote = snprintf(buf + at, cap - at, "%s%.*s", sep, (int)n, w);
		at += wrote < 0 ? 0 : (size_t)wrote;
	}
}

/* Is `text` a value that the option has (and has already)? */
static int check_text(const struct reader *r, const struct option_def *def, const char *name,
                      const char *text)
{
	size_t len = strlen(text);
	if (def->values == NULL || def->judged || words_have(def->values, text, len) ||
	    words_have(def->also, text, len))
		return 0;
	if (words_have(def->later, text, len))
		return err_set(r->e, -EINVAL, "%s: %s %s is not implemented yet", who(r), name,
		               text);
	char valid[256];
	say_values(def->values, valid, sizeof(valid));
	return err_set(r->e, -EINVAL, "%s: %s must be %s, not `%s'", who(r), name, valid, text);
}

/* git would refuse it, but not every command asks git. */
static int check_setting(const struct reader *r, const char *text)
{
	size_t len = strcspn(text, "=");
	const char *dot = memchr(text, '.', len), *last = memrchr(text, '.', len);
	if (dot != NULL && dot != text && last + 1 != text + len)
		return 0;
	return err_set(r->e, -EINVAL, "%s: -c %s is not of the form SECTION.NAME=VALUE", who(r),
	               text);
}

static int set_option(struct reader *r, enum option_id id, bool on, const char *name,
                      const char *text)
{
	const struct option_def *def = &option_table[id];
	if (on ? def->on_later : def->off_later)
		return err_set(r->e, -EINVAL, "%s: %s is not implemented%s%s", who(r), name,
		               def->instead != NULL ? ": " : " yet",
		               def->instead != NULL ? def->instead : "");
	int64_t number = 0;
	if (def->kind == OPTION_MAYBE && *text == '\0')
		return add_value(r, id, on, text, number);
	if (def->kind == OPTION_NUMBER) {
		char *end;
		errno = 0;
		number = strtoll(text, &end, 10);
		if (errno != 0 || end == text || *end != '\0' || isspace((unsigned char)*text))
			return err_set(r->e, -EINVAL, "%s: %s needs a number, not `%s'", who(r),
			               name, text);
	} else if (takes_value(def)) {
		int rc = id == OPT_CONFIG ? check_setting(r, text) : check_text(r, def, name, text);
		if (rc < 0)
			return rc;
	}
	return add_value(r, id, on, text, number);
}

/* The options that count here: the command's, or before it the global ones. */
static const enum option_id *listed(const struct reader *r)
{
	static const enum option_id global[] = { OPT_CONFIG, OPT_CHDIR,   OPT_HELP,
		                                 OPT_QUIET,  OPT_VERBOSE, OPT_COUNT };
	return r->inv->def != NULL ? r->inv->def->options : global;
}

struct found {
	enum option_id id;
	bool on;
	unsigned count; /* different options that fit */
};

static void note_found(struct found *f, enum option_id id, bool on)
{
	if (f->count == 0 || f->id != id || f->on != on)
		f->count++;
	f->id = id;
	f->on = on;
}

/* Does the long name `name` fit option `id`, by its whole name or (`prefix`) by its start? */
static void match_long(enum option_id id, const char *name, size_t len, bool prefix,
                       struct found *f)
{
	const struct option_def *def = &option_table[id];
	static const char *const forms[] = { "", "no-", "no" };
	const char *names = def->names, *w;
	for (size_t n; (n = words_next(&names, &w)) > 0;) {
		if (n == 1)
			continue;
		for (size_t i = 0; i < (def->kind == OPTION_BOOL ? 3 : 1); i++) {
			char full[64];
			int have = snprintf(full, sizeof(full), "%s%.*s", forms[i], (int)n, w);
			bool fits = strncmp(full, name, len) == 0 && (size_t)have >= len;
			if (fits && (prefix || (size_t)have == len))
				note_found(f, id, i == 0);
		}
	}
}

static struct found find_long(const struct reader *r, const char *name, size_t len)
{
	struct found f = { .count = 0 };
	bool may_shorten = r->inv->def == NULL || !r->inv->def->passes_options;
	for (int prefix = 0; prefix < (may_shorten ? 2 : 1) && f.count == 0; prefix++) {
		for (const enum option_id *o = listed(r); *o != OPT_COUNT; o++)
			match_long(*o, name, len, prefix != 0, &f);
	}
	return f;
}

static int find_short(const struct reader *r, char c)
{
	for (const enum option_id *o = listed(r); *o != OPT_COUNT; o++) {
		const char *names = option_table[*o].names, *w;
		for (size_t n; (n = words_next(&names, &w)) > 0;) {
			if (n == 1 && *w == c)
				return (int)*o;
		}
	}
	return -1;
}

static const char *next_value(struct reader *r)
{
	return r->at < r->argc ? r->argv[r->at++] : NULL;
}

/* Of --name without "=". */
static const char *value_of(struct reader *r, const struct option_def *def)
{
	if (def->kind != OPTION_MAYBE)
		return next_value(r);
	bool follows = r->at < r->argc &&
	               words_have(def->values, r->argv[r->at], strlen(r->argv[r->at]));
	return follows ? next_value(r) : "";
}

static int no_value(const struct reader *r, const char *name)
{
	return err_set(r->e, -EINVAL, "%s: %s needs a value", who(r), name);
}

static int read_long(struct reader *r, const char *word)
{
	size_t len = strcspn(word + 2, "=");
	const char *value = word[2 + len] == '=' ? word + 2 + len + 1 : NULL;
	struct found f = find_long(r, word + 2, len);
	char name[80];
	snprintf(name, sizeof(name), "%.*s", (int)(len + 2), word);
	if (f.count == 0 && r->inv->def != NULL && r->inv->def->passes_options) {
		add_arg(r, word);
		return 0;
	}
	if (f.count == 0)
		return err_set(r->e, -EINVAL, "%s: unknown option %s", who(r), name);
	if (f.count > 1)
		return err_set(r->e, -EINVAL, "%s: %s may mean several options", who(r), name);
	if (!takes_value(&option_table[f.id])) {
		if (value != NULL && f.id != OPT_CONFIG_FILE)
			return err_set(r->e, -EINVAL, "%s: %s takes no value", who(r), name);
	} else if (value == NULL) {
		value = value_of(r, &option_table[f.id]);
		if (value == NULL)
			return no_value(r, name);
	}
	return set_option(r, f.id, f.on, name, value);
}

/* "-tt", "-fjson", "-f json" */
static int read_short(struct reader *r, const char *word)
{
	bool passes = r->inv->def != NULL && r->inv->def->passes_options;
	for (const char *c = word + 1; *c != '\0'; c++) {
		char name[3] = { '-', *c, '\0' };
		int id = find_short(r, *c);
		if (id < 0 && passes && c == word + 1) {
			add_arg(r, word);
			return 0;
		}
		if (id < 0)
			return err_set(r->e, -EINVAL, "%s: unknown option %s", who(r), name);
		if (!takes_value(&option_table[id])) {
			int rc = set_option(r, (enum option_id)id, true, name, NULL);
			if (rc < 0)
				return rc;
			continue;
		}
		const char *value = c[1] != '\0' ? c + 1 : value_of(r, &option_table[id]);
		if (value == NULL)
			return no_value(r, name);
		return set_option(r, (enum option_id)id, true, name, value);
	}
	return 0;
}

static bool is_digits(const char *s)
{
	return *s != '\0' && s[strspn(s, "0123456789")] == '\0';
}

static bool is_dash_signal(const char *s)
{
	static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	return is_digits(s) || (strspn(s, upper) > 0 &&
	                        s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-")] == '\0');
}

/* One word that starts with '-' and has more. */
static int read_option(struct reader *r, const char *word)
{
	enum dash_kind dash = r->inv->def != NULL ? r->inv->def->dash : DASH_NOTHING;
	if (word[1] == '-')
		return read_long(r, word);
	if (dash == DASH_NUMBER && is_digits(word + 1))
		return set_option(r, OPT_LIMIT, true, word, word + 1);
	if (dash == DASH_MARK && (strncmp(word, "-kw:", 4) == 0 || strncmp(word, "-L:", 3) == 0)) {
		add_arg(r, word);
		return 0;
	}
	if (dash == DASH_SIGNAL && is_dash_signal(word + 1))
		return set_option(r, OPT_SIGNAL, true, word, word + 1);
	return read_short(r, word);
}

static int read_command_words(struct reader *r)
{
	const struct command_def *def = r->inv->def;
	while (r->at < r->argc) {
		const char *word = r->argv[r->at++];
		int rc = 0;
		if (strcmp(word, "--") == 0) {
			if (def->passes_options)
				add_arg(r, word);
			while (r->at < r->argc)
				add_arg(r, r->argv[r->at++]);
		} else if (strcmp(word, "-") == 0 && command_has(def, OPT_STDIN)) {
			rc = add_value(r, OPT_STDIN, true, NULL, 0);
		} else if (word[0] != '-' || word[1] == '\0') {
			add_arg(r, word);
		} else {
			rc = read_option(r, word);
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Everything up to the command's name: -C, -c, -q, -v, --help, --version. */
static int read_global_words(struct reader *r)
{
	while (r->at < r->argc && r->argv[r->at][0] == '-') {
		const char *word = r->argv[r->at++];
		if (strcmp(word, "--version") == 0) {
			r->inv->version = true;
			continue;
		}
		int rc = word[1] == '\0' ? err_set(r->e, -EINVAL, "`-' is not an lei command")
		                         : read_option(r, word);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int find_command(struct reader *r)
{
	const char *name = r->argv[r->at++];
	r->inv->def = command_find(name);
	if (r->inv->def != NULL)
		return 0;
	const char *why = command_never(name);
	if (why == NULL)
		return err_set(r->e, -EINVAL, "`%s' is not an lei command", name);
	return err_set(r->e, -ENOSYS, "%s: not implemented: %s", name, why);
}

static int check_arg_count(const struct reader *r)
{
	const struct invocation *inv = r->inv;
	const struct command_def *def = inv->def;
	const char *sep = *def->args != '\0' ? " " : "";
	if (inv->help)
		return 0;
	if (inv->nargs < def->args_min)
		return err_set(r->e, -EINVAL, "%s: %s is missing (usage: lei %s%s%s)", def->name,
		               def->args, def->name, sep, def->args);
	if (inv->nargs > def->args_max)
		return err_set(r->e, -EINVAL, "%s: too many arguments (usage: lei %s%s%s)",
		               def->name, def->name, sep, def->args);
	return 0;
}

int invocation_parse(const struct wire_request *req, struct invocation *ret, struct err *e)
{
	struct reader r = { .inv = ret, .argv = req->argv, .argc = req->argc, .e = e };
	*ret = (struct invocation){ 0 };
	ret->args = calloc(req->argc + 1, sizeof(*ret->args));
	if (ret->args == NULL)
		return err_set(e, -ENOMEM, "out of memory");
	int rc = read_global_words(&r);
	if (rc < 0)
		return rc;
	if (r.at == r.argc)
		return ret->help || ret->version ? 0 : err_set(e, -EINVAL, "no command given");
	rc = find_command(&r);
	if (rc < 0)
		return rc;
	if (command_id(ret->def) == CMD_COMPLETE) { /* its words are somebody else's options */
		while (r.at < r.argc)
			add_arg(&r, r.argv[r.at++]);
		return 0;
	}
	rc = read_command_words(&r);
	return rc < 0 ? rc : check_arg_count(&r);
}

void invocation_free(struct invocation *inv)
{
	free(inv->values);
	free(inv->args);
	*inv = (struct invocation){ 0 };
}

const struct option_value *option_last(const struct invocation *inv, enum option_id id)
{
	for (size_t i = inv->nvalues; i-- > 0;) {
		if (inv->values[i].id == id)
			return &inv->values[i];
	}
	return NULL;
}

const char *option_text(const struct invocation *inv, enum option_id id)
{
	const struct option_value *v = option_last(inv, id);
	return v != NULL ? v->text : NULL;
}

bool option_on(const struct invocation *inv, enum option_id id, bool otherwise)
{
	const struct option_value *v = option_last(inv, id);
	return v != NULL ? v->on : otherwise;
}

unsigned option_count(const struct invocation *inv, enum option_id id)
{
	unsigned count = 0;
	for (size_t i = 0; i < inv->nvalues; i++)
		count += inv->values[i].id == id;
	return count;
}

int64_t option_number(const struct invocation *inv, enum option_id id, int64_t otherwise)
{
	const struct option_value *v = option_last(inv, id);
	return v != NULL ? v->number : otherwise;
}

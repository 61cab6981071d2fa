/* lei ls-search: the saved searches, by output or with all their settings as JSON. */
#include "config.h"
#include "q_json.h"
#include "saved.h"
#include "saved_adopt.h"
#include "terminal.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct listing {
	struct cmd *c;
	struct saved_list list;
	struct buf out;
	const char *prefix;
	const char *format; /* NULL: outputs only */
	size_t flags; /* jansson's */
	bool pretty;
	size_t n; /* listed so far */
};

/* A name that comes more than once may have several values. */
static bool is_list(const char *name)
{
	return strcmp(name, "q") == 0 || strcmp(name, "only") == 0 ||
	       strcmp(name, "include") == 0 || strcmp(name, "exclude") == 0;
}

static int add_setting(json_t *o, const struct saved_setting *set)
{
	char name[64];
	size_t skip = saved_is(set, "lei.q") ? strlen("lei.") : strlen("lei.q.");
	if (set->key_len <= skip || strncmp(set->key, "lei.q", strlen("lei.q")) != 0 ||
	    set->key_len - skip >= sizeof(name))
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)(set->key_len - skip), set->key + skip);
	json_t *value = json_lenient(set->value != NULL ? set->value : "1");
	if (!is_list(name))
		return json_object_set_new(o, name, value);
	if (json_object_get(o, name) == NULL && json_object_set_new(o, name, json_array()) < 0) {
		json_decref(value);
		return -1;
	}
	return json_array_append_new(json_object_get(o, name), value);
}

static json_t *settings_of(const struct saved *s)
{
	struct saved_setting set;
	json_t *o = json_object();
	int rc = o != NULL ? 0 : -1;
	for (size_t at = 0; rc == 0 && saved_next(s, &at, &set);)
		rc = add_setting(o, &set);
	if (rc == 0)
		return o;
	json_decref(o);
	return NULL;
}

static int add_json(struct listing *l, const struct saved *s, struct err *e)
{
	json_t *o = settings_of(s);
	char *text = o != NULL ? json_dumps(o, l->flags) : NULL;
	json_decref(o);
	if (text == NULL)
		return err_set(e, -ENOMEM, "out of memory");
	if (strcasecmp(l->format, "json") == 0)
		buf_adds(&l->out, l->n > 0 ? ",\n" : "[");
	buf_adds(&l->out, text);
	if (strcasecmp(l->format, "json") != 0)
		buf_addc(&l->out, '\n');
	free(text);
	return 0;
}

static int list_one(struct listing *l, const struct saved *s, struct err *e)
{
	int rc = 0;
	if (l->format != NULL) {
		rc = add_json(l, s, e);
	} else {
		buf_adds(&l->out, s->path);
		buf_addc(&l->out, option_on(&l->c->inv, OPT_NUL, false) ? '\0' : '\n');
	}
	l->n++;
	return rc;
}

/* What is broken is told, and the rest is listed all the same. */
static int list_all(struct listing *l, int *status, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; i < l->list.n && rc == 0; i++) {
		const struct saved *s = &l->list.v[i];
		if (s->trouble != NULL)
			*status = cmd_fail(l->c, "%s", s->trouble);
		else if (strncmp(s->path, l->prefix, strlen(l->prefix)) == 0)
			rc = list_one(l, s, e);
	}
	if (l->format != NULL && strcasecmp(l->format, "json") == 0)
		buf_adds(&l->out, l->n > 0 ? "]\n" : "[]\n");
	if (rc == 0 && !buf_ok(&l->out))
		rc = err_set(e, -ENOMEM, "out of memory");
	return rc == 0 ? cmd_write(l->out.data, l->out.len, e) : rc;
}

static int read_options(struct listing *l, bool tty, struct err *e)
{
	const struct invocation *inv = &l->c->inv;
	l->format = option_text(inv, OPT_LIST_FORMAT);
	if (l->format == NULL && option_on(inv, OPT_LIST_LONG, false))
		l->format = "json";
	if (l->format != NULL && option_on(inv, OPT_NUL, false))
		return err_set(e, -EINVAL, "-z and --format do not mix");
	l->prefix = inv->nargs > 0 ? inv->args[0] : "";
	l->pretty = l->format != NULL && strcasecmp(l->format, "jsonl") != 0 &&
	            strcasecmp(l->format, "ndjson") != 0 && strcasecmp(l->format, "ldjson") != 0 &&
	            option_on(inv, OPT_PRETTY, tty);
	l->flags = JSON_SORT_KEYS | (l->pretty ? JSON_INDENT(2) : JSON_COMPACT) |
	           (option_on(inv, OPT_ASCII, false) ? JSON_ENSURE_ASCII : 0);
	return 0;
}

int cmd_ls_search(struct cmd *c)
{
	struct listing l = { .c = c };
	struct err e = { .text = "" };
	bool tty = isatty(STDOUT_FILENO);
	int status = 0;
	int rc = read_options(&l, tty, &e);
	if (rc == 0 && tty)
		rc = pager_start(c, &e);
	if (rc == 0)
		rc = saved_load_all(c, SAVED_OURS, &l.list, &e);
	if (rc == 0)
		rc = list_all(&l, &status, &e);
	if (rc == 0)
		saved_tell_others(c);
	saved_list_free(&l.list);
	buf_free(&l.out);
	return rc < 0 ? cmd_fail_err(c, &e) : status;
}

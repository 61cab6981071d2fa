/* See saved_words.h. */
#include "saved_words.h"

#include "config.h"

#include "../base/grow.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* What of a search is saved, by the first name of the option. */
static const enum option_id kept[] = {
	OPT_THREADS, OPT_DEDUPE,    OPT_SORT,      OPT_REVERSE,       OPT_LIMIT,         OPT_OFFSET,
	OPT_ONLY,    OPT_INCLUDE,   OPT_EXCLUDE,   OPT_GLOBOFF,       OPT_EXTERNAL,      OPT_LOCAL,
	OPT_REMOTE,  OPT_MAIL_SYNC, OPT_RSYNCABLE, OPT_IMPORT_BEFORE, OPT_IMPORT_REMOTE,
};
enum { KEPT = sizeof(kept) / sizeof(*kept) };

static size_t name_len(enum option_id id)
{
	return strcspn(option_table[id].names, "|");
}

/* ---- writing ---- */

/* As it is where git would read it so, in quotes where not. */
static void add_value(struct buf *out, const char *value)
{
	size_t plain = 0;
	while (isalnum((unsigned char)value[plain]) ||
	       (value[plain] != '\0' && strchr("_:./,@*+-=<>()~!?&%^$", value[plain]) != NULL))
		plain++;
	if (plain > 0 && value[plain] == '\0')
		buf_adds(out, value);
	else
		config_quote(out, value, strlen(value));
}

static void add_setting(struct buf *out, const char *name, size_t len, const char *value)
{
	buf_addf(out, "\t%.*s = ", (int)len, name);
	add_value(out, value);
	buf_addc(out, '\n');
}

static void add_words(const struct invocation *q, const char *text, struct buf *out)
{
	if (text != NULL)
		add_setting(out, "q", 1, text);
	for (size_t i = 0; text == NULL && i < q->nargs; i++)
		add_setting(out, "q", 1, q->args[i]);
}

/* An inbox by a relative path is the same from wherever the search is repeated. */
static int add_text(const struct option_value *v, struct buf *out, struct err *e)
{
	bool place = v->id == OPT_ONLY || v->id == OPT_INCLUDE || v->id == OPT_EXCLUDE;
	struct buf path = { 0 };
	int rc = 0;
	if (place && access(v->text, F_OK) == 0)
		rc = absolute_path(v->text, &path, e);
	add_setting(out, option_table[v->id].names, name_len(v->id),
	            path.len > 0 ? path.data : v->text);
	buf_free(&path);
	return rc;
}

static int add_option(const struct invocation *q, enum option_id id, struct buf *out, struct err *e)
{
	enum option_kind kind = option_table[id].kind;
	const struct option_value *last = option_last(q, id);
	char times[24];
	size_t n = 0;
	int rc = 0;
	for (size_t i = 0; i < q->nvalues && rc == 0; i++) {
		const struct option_value *v = &q->values[i];
		if (v->id != id)
			continue;
		n++;
		if (kind == OPTION_LIST || (v == last && v->text != NULL))
			rc = add_text(v, out, e);
	}
	if (last == NULL || last->text != NULL)
		return rc;
	snprintf(times, sizeof(times), "%zu", kind == OPTION_FLAG ? n : last->on ? 1 : 0);
	add_setting(out, option_table[id].names, name_len(id), times);
	return 0;
}

int saved_write(const struct invocation *q, const struct dest *dest, const char *text,
                struct buf *out, struct err *e)
{
	struct buf output = { 0 };
	int rc = 0;
	buf_adds(out, "; `lei up OUTPUT' repeats this search, `lei edit-search OUTPUT' edits it\n"
	              "[lei]\n");
	add_words(q, text, out);
	buf_adds(out, "[lei \"q\"]\n");
	buf_addf(&output, "%s:%s", mail_format_name(dest->format), dest->shown.data);
	while (output.len > 1 && output.data[output.len - 1] == '/')
		output.len--;
	add_setting(out, "output", strlen("output"), buf_cstr(&output));
	for (size_t i = 0; i < KEPT && rc == 0; i++)
		rc = add_option(q, kept[i], out, e);
	if (text != NULL)
		buf_adds(out, "[lei \"internal\"]\n\trawstr = 1\n");
	if (rc == 0 && (!buf_ok(out) || !buf_ok(&output)))
		rc = err_set(e, -ENOMEM, "out of memory");
	buf_free(&output);
	return rc;
}

/* ---- reading ---- */

static bool is_true(const char *value)
{
	return value == NULL || strcasecmp(value, "true") == 0 || strcasecmp(value, "yes") == 0 ||
	       strcasecmp(value, "on") == 0 || strtol(value, NULL, 10) != 0;
}

static void add_word(struct saved_words *w, const char *before, const char *name, size_t len,
                     const char *value)
{
	size_t *starts = grow(w->starts, w->argc, &w->cap, sizeof(*starts));
	if (starts == NULL) {
		w->mem.failed = true;
		return;
	}
	w->starts = starts;
	w->starts[w->argc++] = w->mem.len;
	buf_addf(&w->mem, "%s%.*s%s%s", before, (int)len, name, value != NULL ? "=" : "",
	         value != NULL ? value : "");
	buf_addc(&w->mem, '\0');
}

static int add_switch(struct saved_words *w, enum option_id id, const struct saved_setting *set)
{
	const struct option_def *def = &option_table[id];
	long times = is_true(set->value) ? 1 : 0;
	if (def->kind == OPTION_BOOL) {
		add_word(w, times > 0 ? "--" : "--no-", def->names, name_len(id), NULL);
		return 0;
	}
	if (def->kind != OPTION_FLAG && set->value == NULL)
		return -EINVAL;
	if (def->kind != OPTION_FLAG) {
		add_word(w, "--", def->names, name_len(id), set->value);
		return 0;
	}
	if (times > 0 && set->value != NULL && strcmp(set->value, "2") == 0)
		times = 2;
	for (long i = 0; i < times; i++)
		add_word(w, "--", def->names, name_len(id), NULL);
	return 0;
}

/* The original notes these three always. */
static bool is_idle(enum option_id id, const struct saved_setting *set)
{
	return (id == OPT_EXTERNAL || id == OPT_LOCAL || id == OPT_REMOTE) && is_true(set->value);
}

static int add_known(struct saved_words *w, const struct saved_setting *set, const char *name,
                     bool original)
{
	size_t len = set->key_len - (size_t)(name - set->key);
	for (size_t i = 0; i < KEPT; i++) {
		if (name_len(kept[i]) != len ||
		    strncmp(option_table[kept[i]].names, name, len) != 0)
			continue;
		return original && is_idle(kept[i], set) ? 0 : add_switch(w, kept[i], set);
	}
	return -EINVAL;
}

static int add_settings(const struct saved *s, bool original, struct saved_words *w, struct err *e)
{
	static const char head[] = "lei.q.";
	struct saved_setting set;
	for (size_t at = 0; saved_next(s, &at, &set);) {
		if (set.key_len < sizeof(head) || memcmp(set.key, head, sizeof(head) - 1) != 0 ||
		    saved_is(&set, "lei.q.output"))
			continue;
		if (add_known(w, &set, set.key + sizeof(head) - 1, original) < 0)
			return err_set(e, -EINVAL,
			               "%s/" SAVED_FILE ": %.*s is no setting of a search, or has "
			               "no value",
			               s->dir.data, (int)set.key_len, set.key);
	}
	return 0;
}

static int add_query(const struct saved *s, struct saved_words *w, struct err *e)
{
	struct saved_setting set;
	const char *last = NULL;
	bool raw = false;
	size_t n = 0;
	for (size_t at = 0; saved_next(s, &at, &set);)
		raw = saved_is(&set, "lei.internal.rawstr") ? is_true(set.value) : raw;
	add_word(w, "--", "", 0, NULL);
	for (size_t at = 0; saved_next(s, &at, &set);) {
		if (!saved_is(&set, "lei.q") || set.value == NULL)
			continue;
		last = set.value;
		n++;
		if (!raw)
			add_word(w, "", set.value, strlen(set.value), NULL);
	}
	if (raw && n > 1)
		return err_set(e, -EINVAL,
		               "%s/" SAVED_FILE ": lei.internal.rawstr wants one lei.q, not %zu",
		               s->dir.data, n);
	w->raw = raw ? last : NULL;
	return 0;
}

static int make_argv(struct saved_words *w, struct err *e)
{
	w->argv = calloc(w->argc + 1, sizeof(*w->argv));
	if (w->argv == NULL || !buf_ok(&w->mem))
		return err_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < w->argc; i++)
		w->argv[i] = w->mem.data + w->starts[i];
	return 0;
}

int saved_read(const struct saved *s, bool original, struct saved_words *ret, struct err *e)
{
	struct saved_words w = { 0 };
	add_word(&w, "", "q", 1, NULL);
	add_word(&w, "--", "output", strlen("output"), s->output);
	int rc = add_settings(s, original, &w, e);
	if (rc == 0)
		rc = add_query(s, &w, e);
	if (rc == 0)
		rc = make_argv(&w, e);
	if (rc < 0)
		saved_words_free(&w);
	else
		*ret = w;
	return rc;
}

int saved_parse(const struct saved_words *w, struct invocation *ret, struct err *e)
{
	struct wire_request req = { .argc = w->argc, .argv = w->argv };
	return invocation_parse(&req, ret, e);
}

void saved_words_free(struct saved_words *w)
{
	free(w->argv);
	free(w->starts);
	buf_free(&w->mem);
	*w = (struct saved_words){ 0 };
}

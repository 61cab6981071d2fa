/* lei add-watch: from now on, follow what happens in a folder. */
#include "config.h"
#include "config_edit.h"
#include "edits.h"
#include "folder.h"
#include "inputs.h"
#include "watches.h"
#include "watching.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define STATE_DEFAULT "import-rw"

struct adding {
	struct cmd *c;
	struct inputs marks; /* +kw:, +L: */
	struct buf *urls; /* owned array, room for each argument */
	size_t n;
	struct buf store;
	const char *state; /* as given; NULL */
	bool recursive;
};

/* ---- what is asked for ---- */

static int read_location(struct adding *a, const char *arg, struct err *e)
{
	struct err why = { .text = "" };
	struct buf *url = &a->urls[a->n++];
	int rc = folder_url(arg, url, e);
	if (rc < 0)
		return rc;
	if (strchr(url->data, '\n') != NULL)
		return err_set(e, -EINVAL, "%s: a name with a line break fits no config file", arg);
	rc = folder_check(url->data, &why);
	if (rc == -EINVAL && a->recursive) /* the Maildirs are below it */
		return 0;
	if (rc < 0)
		*e = why;
	return rc;
}

static int read_arguments(struct adding *a, struct err *e)
{
	const struct invocation *inv = &a->c->inv;
	struct watch_state st;
	int rc = 0;
	a->state = option_text(inv, OPT_STATE);
	a->recursive = option_on(inv, OPT_WATCH_RECURSIVE, false);
	if (a->state != NULL && watch_state_parse(a->state, &st) < 0)
		return err_set(e, -EINVAL, "no state is called `%s'", a->state);
	a->urls = calloc(inv->nargs, sizeof(*a->urls));
	if (a->urls == NULL)
		return err_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < inv->nargs && rc == 0; i++) {
		rc = inputs_mark(&a->marks, inv->args[i], e);
		if (rc == 0)
			rc = read_location(a, inv->args[i], e);
		else if (rc == 1)
			rc = 0;
	}
	if (rc == 0 && a->n == 0)
		rc = err_set(e, -EINVAL, "no LOCATION given");
	buf_addc(&a->marks.labels, '\0');
	return rc == 0 && !buf_ok(&a->marks.labels) ? err_set(e, -ENOMEM, "out of memory") : rc;
}

static void adding_free(struct adding *a)
{
	for (size_t i = 0; i < a->n; i++)
		buf_free(&a->urls[i]);
	free(a->urls);
	buf_free(&a->store);
	inputs_free(&a->marks);
}

/* ---- the config ---- */

/* Marks that are given replace those that were there. */
static int set_marks(const struct adding *a, struct config_edit *ed, const char *section,
                     struct err *e)
{
	char word[LABEL_MAX + 8];
	const char *l = a->marks.labels.data;
	int rc = a->marks.kw != 0 || *l != '\0' ? config_edit_unset(ed, section, "vmd", e) : 0;
	for (unsigned i = 0; i < KW_COUNT && rc == 0; i++) {
		snprintf(word, sizeof(word), "kw:%s", kw_name(i));
		if ((a->marks.kw & 1u << i) != 0)
			rc = config_edit_add(ed, section, "vmd", word, e);
	}
	for (; *l != '\0' && rc == 0; l += strlen(l) + 1) {
		snprintf(word, sizeof(word), "L:%s", l);
		rc = config_edit_add(ed, section, "vmd", word, e);
	}
	return rc;
}

/* A watch that is there already keeps its state unless another is asked for. */
static int set_watch(const struct adding *a, struct config_edit *ed, const struct watch_entry *old,
                     const char *url, struct err *e)
{
	struct buf section = { 0 };
	const char *state = a->state != NULL                 ? a->state
	                    : old != NULL && old->configured ? NULL
	                                                     : STATE_DEFAULT;
	int rc = 0;
	buf_addf(&section, "watch.%s", old != NULL ? old->section : url);
	const char *name = buf_cstr(&section);
	if (state != NULL)
		rc = config_edit_set(ed, name, "state", state, e);
	if (rc == 0 && state != NULL && old != NULL && old->resume != NULL)
		rc = config_edit_unset(ed, name, "resume", e);
	if (rc == 0)
		rc = set_marks(a, ed, name, e);
	if (rc == 0 && a->recursive)
		rc = config_edit_set(ed, name, "recursive", "true", e);
	buf_free(&section);
	return rc;
}

static int write_config(const struct adding *a, struct err *e)
{
	struct config_edit ed;
	struct watches w = { 0 };
	int rc = config_edit_begin(a->c, &ed, e);
	if (rc < 0)
		return rc;
	rc = watches_load(a->c, a->store.data, &w, e);
	for (size_t i = 0; i < a->n && rc == 0; i++)
		rc = set_watch(a, &ed, watches_find(&w, a->urls[i].data), a->urls[i].data, e);
	watches_free(&w);
	if (rc == 0)
		return config_edit_commit(&ed, e);
	config_edit_abort(&ed);
	return rc;
}

/* ---- the store ---- */

static int make_known(const struct adding *a, struct err *e)
{
	struct store_counts counts;
	struct edit *edits = calloc(a->n, sizeof(*edits));
	size_t n = 0;
	if (edits == NULL)
		return err_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < a->n; i++) {
		if (folder_check(a->urls[i].data, NULL) == 0)
			edits[n++] = (struct edit){ .op = EDIT_FOLDER, .folder = a->urls[i].data };
	}
	int rc = edits_send(a->c, a->store.data, edits, n, &counts, e);
	free(edits);
	return rc;
}

/* ---- what came of it ---- */

static uint64_t count_files(const struct watches *w, const struct watch_entry *top)
{
	uint64_t n = top->files;
	for (size_t i = 0; i < w->n; i++) {
		if (top->recursive && folder_is_below(w->v[i].url, top->url))
			n += w->v[i].files;
	}
	return n;
}

static int report(const struct adding *a, struct err *e)
{
	struct watches w = { 0 };
	int rc = watches_load(a->c, a->store.data, &w, e);
	for (size_t i = 0; i < a->n && rc == 0; i++) {
		const struct watch_entry *we = watches_find(&w, a->urls[i].data);
		if (we == NULL) /* removed meanwhile */
			continue;
		if (we->trouble != NULL)
			rc = err_set(e, -EINVAL, "%s: %s", we->section, we->trouble);
		else
			cmd_note(a->c, "watching %s: %s%s, messages known: %" PRIu64, we->url,
			         watch_state_name(we->state), we->recursive ? ", recursive" : "",
			         count_files(&w, we));
	}
	watches_free(&w);
	return rc;
}

static int add(struct adding *a, struct err *e)
{
	int rc = read_arguments(a, e);
	if (rc == 0)
		rc = store_place(a->c, &a->store, e);
	if (rc == 0)
		rc = edits_send(a->c, a->store.data, NULL, 0, NULL, e); /* can we at all? */
	if (rc == 0)
		rc = write_config(a, e);
	if (rc == 0)
		rc = make_known(a, e);
	if (rc == 0)
		rc = call_watch_reload(a->c->call, e);
	if (rc < 0)
		return rc;
	rc = watching_settle(a->c, a->store.data, e);
	if (rc < 0)
		err_prefix(e, "the watch is added, but not all is well");
	return rc < 0 ? rc : report(a, e);
}

int cmd_add_watch(struct cmd *c)
{
	struct adding a = { .c = c };
	struct err e = { .text = "" };
	int rc = add(&a, &e);
	adding_free(&a);
	return rc < 0 ? cmd_fail_err(c, &e) : 0;
}

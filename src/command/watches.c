/* See watches.h. */
#include "watches.h"

#include "config.h"
#include "folder.h"
#include "inputs.h"

#include "../store/search.h"
#include "../watch/backend.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static int no_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "out of memory");
}

/* ---- entries ---- */

struct watch_entry *watches_find(const struct watches *w, const char *url)
{
	for (size_t i = 0; i < w->n; i++) {
		if (strcmp(w->v[i].url, url) == 0)
			return &w->v[i];
	}
	return NULL;
}

static void entry_free(struct watch_entry *we)
{
	free(we->section);
	free(we->url);
	free(we->backend);
	free(we->resume);
	free(we->trouble);
	buf_free(&we->labels);
}

/* The first trouble is the one to tell. */
__attribute__((format(printf, 2, 3))) static void trouble(struct watch_entry *we, const char *fmt,
                                                          ...)
{
	struct err e;
	va_list ap;
	if (we->trouble != NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(e.text, sizeof(e.text), fmt, ap);
	va_end(ap);
	we->trouble = strdup(e.text);
}

static struct watch_entry *add_entry(struct watches *w, const char *section, size_t len,
                                     const char *url)
{
	if (w->n == w->cap) {
		size_t cap = w->cap == 0 ? 16 : 2 * w->cap;
		struct watch_entry *v = realloc(w->v, cap * sizeof(*v));
		if (v == NULL)
			return NULL;
		w->v = v;
		w->cap = cap;
	}
	struct watch_entry *we = &w->v[w->n];
	*we = (struct watch_entry){ .section = strndup(section, len), .url = strdup(url) };
	if (we->section != NULL && we->url != NULL) {
		w->n++;
		return we;
	}
	entry_free(we);
	return NULL;
}

void watches_free(struct watches *w)
{
	for (size_t i = 0; i < w->n; i++)
		entry_free(&w->v[i]);
	free(w->v);
	*w = (struct watches){ 0 };
}

/* ---- the config ---- */

/* Where a section leads; what is wrong with it goes into ret_why. */
static int section_url(const char *section, struct buf *out, struct err *why)
{
	size_t scheme = strlen("maildir:");
	if (strncasecmp(section, "maildir:", scheme) != 0) {
		buf_adds(out, section);
		err_put(why, "folders of this kind are not implemented yet");
	} else if (section[scheme] != '/') {
		buf_adds(out, section);
		err_put(why, "the path must start with /");
	} else {
		return folder_url(section, out, why);
	}
	buf_cstr(out);
	return buf_ok(out) ? 0 : -ENOMEM;
}

static struct watch_entry *entry_of(struct watches *w, const char *section, size_t len)
{
	struct err why = { .text = "" };
	struct watch_entry *we = NULL;
	struct buf url = { 0 };
	for (size_t i = 0; i < w->n; i++) {
		if (strncmp(w->v[i].section, section, len) == 0 && w->v[i].section[len] == '\0')
			return &w->v[i];
	}
	char *name = strndup(section, len);
	if (name != NULL && section_url(name, &url, &why) == 0) {
		const struct watch_entry *twin = watches_find(w, url.data);
		if (twin != NULL)
			err_put(&why, "the same folder as %s", twin->section);
		we = add_entry(w, section, len, url.data);
		if (we != NULL && *why.text != '\0')
			trouble(we, "%s", why.text);
	}
	buf_free(&url);
	free(name);
	return we;
}

static bool is_true(const char *value)
{
	static const char *const no[] = { "false", "no", "off", "0", "" };
	for (size_t i = 0; value != NULL && i < sizeof(no) / sizeof(no[0]); i++) {
		if (strcasecmp(value, no[i]) == 0)
			return false;
	}
	return true; /* a name alone, too */
}

static int set_text(char **at, const char *value)
{
	free(*at);
	*at = strdup(value);
	return *at != NULL ? 0 : -ENOMEM;
}

static int set_vmd(struct watch_entry *we, const char *value)
{
	struct inputs in = { 0 };
	struct err why = { .text = "" };
	struct buf arg = { 0 };
	buf_addf(&arg, "+%s", value);
	int rc = inputs_mark(&in, buf_cstr(&arg), &why);
	if (rc < 0)
		trouble(we, "vmd: %s", why.text);
	else if (rc == 0)
		trouble(we, "vmd = %s: it must be kw:KEYWORD or L:LABEL", value);
	we->kw |= in.kw;
	buf_add(&we->labels, in.labels.data, in.labels.len);
	bool ok = buf_ok(&arg) && buf_ok(&in.labels) && buf_ok(&we->labels);
	buf_free(&arg);
	inputs_free(&in);
	return ok ? 0 : -ENOMEM;
}

static void set_state(struct watch_entry *we, const char *value)
{
	we->configured = true;
	if (watch_state_parse(value, &we->state) < 0)
		trouble(we,
		        "state = %s is none of import-rw, import-ro, index-rw, index-ro, "
		        "tag-rw, tag-ro, pause",
		        value);
}

static int set_backend(struct watch_entry *we, const char *value)
{
	const struct backend_ops *ops[4];
	struct err why = { .text = "" };
	if (backend_candidates(value, ops, &why) < 0)
		trouble(we, "backend: %s", why.text);
	return set_text(&we->backend, value);
}

/* What else is in the section is not ours. */
static int set(struct watch_entry *we, const char *name, const char *value)
{
	const char *text = value != NULL ? value : "";
	if (strcmp(name, "state") == 0)
		set_state(we, text);
	else if (strcmp(name, "recursive") == 0)
		we->recursive = is_true(value);
	else if (strcmp(name, "vmd") == 0)
		return set_vmd(we, text);
	else if (strcmp(name, "backend") == 0)
		return set_backend(we, text);
	else if (strcmp(name, "resume") == 0)
		return set_text(&we->resume, text);
	return 0;
}

/* "watch.SECTION.name\nvalue", without the newline when there is no value. */
static int add_setting(struct watches *w, char *setting)
{
	static const char head[] = "watch.";
	char *value = strchr(setting, '\n');
	if (value != NULL)
		*value++ = '\0';
	char *name = strrchr(setting, '.');
	char *section = setting + strlen(head);
	if (strncmp(setting, head, strlen(head)) != 0 || name < section)
		return 0; /* watch.name without a section */
	struct watch_entry *we = entry_of(w, section, (size_t)(name - section));
	return we != NULL ? set(we, name + 1, value) : -ENOMEM;
}

int watches_add_config(struct watches *w, const char *data, size_t len, struct err *e)
{
	int rc = 0;
	for (size_t at = 0; at < len && rc == 0;) {
		char *setting = strndup(data + at, len - at);
		if (setting == NULL)
			return no_memory(e);
		at += strlen(setting) + 1;
		rc = add_setting(w, setting);
		free(setting);
	}
	return rc < 0 ? no_memory(e) : 0;
}

/* ---- mail_sync ---- */

int watches_add_folder(struct watches *w, const struct sync_folder *f, struct err *e)
{
	struct watch_entry *we = watches_find(w, f->url);
	if (we == NULL)
		we = add_entry(w, f->url, strlen(f->url), f->url);
	if (we == NULL)
		return no_memory(e);
	we->known = true;
	we->files = f->files;
	if (!we->configured)
		we->state = (struct watch_state){ WATCH_TAG, f->wrote };
	return 0;
}

const struct watch_entry *watches_above(const struct watches *w, const char *url)
{
	const struct watch_entry *nearest = NULL;
	for (size_t i = 0; i < w->n; i++) {
		const struct watch_entry *top = &w->v[i];
		if (top->configured && top->recursive && folder_is_below(url, top->url) &&
		    (nearest == NULL || strlen(top->url) > strlen(nearest->url)))
			nearest = top;
	}
	return nearest;
}

static int by_url(const void *a, const void *b)
{
	const struct watch_entry *x = a, *y = b;
	return strcmp(x->url, y->url);
}

/* Sections that say how to watch, but not that: they count only for known folders. */
static void drop_idle(struct watches *w)
{
	size_t kept = 0;
	for (size_t i = 0; i < w->n; i++) {
		if (w->v[i].configured || w->v[i].known)
			w->v[kept++] = w->v[i];
		else
			entry_free(&w->v[i]);
	}
	w->n = kept;
}

void watches_settle(struct watches *w)
{
	drop_idle(w);
	for (size_t i = 0; i < w->n; i++) {
		struct watch_entry *we = &w->v[i];
		const struct watch_entry *top = watches_above(w, we->url);
		we->covered = !we->configured && top != NULL;
		if (we->covered)
			we->state = top->state;
		buf_addc(&we->labels, '\0');
	}
	if (w->n > 1)
		qsort(w->v, w->n, sizeof(*w->v), by_url);
}

/* ---- for the watcher ---- */

bool watch_entry_active(const struct watch_entry *w)
{
	return w->trouble == NULL && w->state.take != WATCH_PAUSE;
}

/* A pausing one matters only where it is taken out of a recursive one. */
static bool is_served(const struct watches *w, const struct watch_entry *we)
{
	const struct watch_entry *top = watches_above(w, we->url);
	return we->trouble == NULL && !we->covered &&
	       (watch_entry_active(we) || (top != NULL && watch_entry_active(top)));
}

int watches_served(const struct watches *w, struct watch_folder **ret, size_t *ret_n, struct err *e)
{
	struct watch_folder *folders = calloc(w->n + 1, sizeof(*folders));
	size_t n = 0;
	if (folders == NULL)
		return no_memory(e);
	for (size_t i = 0; i < w->n; i++) {
		const struct watch_entry *we = &w->v[i];
		if (!is_served(w, we))
			continue;
		folders[n++] = (struct watch_folder){
			.url = we->url,
			.state = we->state,
			.recursive = we->recursive,
			.kw_set = we->kw,
			.labels = we->labels.data,
			.backend = we->backend != NULL ? we->backend : "auto",
		};
	}
	*ret = folders;
	*ret_n = n;
	return 0;
}

/* ---- all of it ---- */

static int load_config(const struct cmd *c, struct watches *w, struct err *e)
{
	struct buf text = { 0 };
	int rc = config_list(c, "^watch\\.", false, &text, e);
	if (rc == 0)
		rc = watches_add_config(w, text.data, text.len, e);
	buf_free(&text);
	return rc;
}

struct gathering {
	struct watches *w;
	struct err *e;
};

static int gather(void *rock, const struct sync_folder *f)
{
	struct gathering *g = rock;
	return folder_path(f->url) != NULL ? watches_add_folder(g->w, f, g->e) : 0;
}

static int load_folders(const char *store_dir, struct watches *w, struct err *e)
{
	struct gathering g = { w, e };
	struct store *s;
	int rc = store_open(store_dir, &s, e);
	if (rc == -ENOENT)
		return 0;
	if (rc == 0) {
		rc = sync_folders(s, gather, &g, e);
		store_close(s);
	}
	return rc;
}

int watches_load(const struct cmd *c, const char *store_dir, struct watches *ret, struct err *e)
{
	struct watches w = { 0 };
	int rc = load_config(c, &w, e);
	if (rc == 0)
		rc = load_folders(store_dir, &w, e);
	if (rc < 0) {
		watches_free(&w);
		return rc;
	}
	watches_settle(&w);
	*ret = w;
	return 0;
}

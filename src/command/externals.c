/* See externals.h. */
#include "externals.h"

#include "config.h"
#include "filter.h"
#include "folder.h"

#include "../base/grow.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SECTION "external."
#define WILDCARDS "*?[{"

static int no_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "out of memory");
}

/* ---- the list ---- */

static struct external *find(const struct externals *x, const char *location, size_t len)
{
	for (size_t i = 0; i < x->n; i++) {
		if (strncmp(x->v[i].location, location, len) == 0 && x->v[i].location[len] == '\0')
			return &x->v[i];
	}
	return NULL;
}

const struct external *externals_find(const struct externals *x, const char *location)
{
	return find(x, location, strlen(location));
}

static struct external *add(struct externals *x, const char *location, size_t len)
{
	struct external *had = find(x, location, len);
	struct external *v = had == NULL ? grow(x->v, x->n, &x->cap, sizeof(*v)) : NULL;
	if (had != NULL || v == NULL)
		return had;
	x->v = v;
	v[x->n] = (struct external){ .location = strndup(location, len) };
	return v[x->n].location != NULL ? &v[x->n++] : NULL;
}

int externals_add(struct externals *x, const char *location, int64_t boost, struct err *e)
{
	struct external *one = add(x, location, strlen(location));
	if (one == NULL)
		return no_memory(e);
	one->boost = boost;
	return 0;
}

void externals_free(struct externals *x)
{
	for (size_t i = 0; i < x->n; i++)
		free(x->v[i].location);
	free(x->v);
	*x = (struct externals){ 0 };
}

/* ---- the config ---- */

static int set_boost(struct external *one, const char *value, struct err *e)
{
	char *end;
	errno = 0;
	one->boost = strtoll(value, &end, 10);
	if (errno == 0 && end != value && *end == '\0' && !isspace((unsigned char)*value))
		return 0;
	return err_set(e, -EINVAL, "the config has " SECTION "%s.boost = %s, which is no number",
	               one->location, value);
}

/* "external.LOCATION.name\nvalue", without the newline when there is no value. */
static int add_setting(struct externals *x, char *setting, struct err *e)
{
	char *value = strchr(setting, '\n');
	if (value != NULL)
		*value++ = '\0';
	char *name = strrchr(setting, '.');
	char *location = setting + strlen(SECTION);
	if (strncmp(setting, SECTION, strlen(SECTION)) != 0 || name <= location)
		return 0; /* external.name without a location */
	struct external *one = add(x, location, (size_t)(name - location));
	if (one == NULL)
		return no_memory(e);
	return strcmp(name, ".boost") == 0 ? set_boost(one, value != NULL ? value : "", e) : 0;
}

static int by_boost(const void *a, const void *b)
{
	const struct external *x = a, *y = b;
	if (x->boost != y->boost)
		return x->boost > y->boost ? -1 : 1;
	return strcmp(x->location, y->location);
}

int externals_load(const struct cmd *c, struct externals *ret, struct err *e)
{
	struct externals x = { 0 };
	struct buf text = { 0 };
	int rc = config_list(c, "^external\\.", true, &text, e);
	for (size_t at = 0; at < text.len && rc == 0;) {
		char *setting = strndup(text.data + at, text.len - at);
		if (setting == NULL) {
			rc = no_memory(e);
			break;
		}
		at += strlen(setting) + 1;
		rc = add_setting(&x, setting, e);
		free(setting);
	}
	buf_free(&text);
	if (rc < 0) {
		externals_free(&x);
		return rc;
	}
	if (x.n > 1)
		qsort(x.v, x.n, sizeof(*x.v), by_boost);
	*ret = x;
	return 0;
}

/* ---- locations ---- */

bool external_is_remote(const char *location)
{
	return url_scheme_length(location) > 0;
}

/* Scheme and host in lower case, one slash at a time, one at the end. */
static void add_url(const char *url, struct buf *out)
{
	size_t head = url_scheme_length(url) + 3;
	size_t host = head + strcspn(url + head, "/?#");
	for (size_t i = 0; i < host; i++)
		buf_addc(out, (char)tolower((unsigned char)url[i]));
	for (const char *p = url + host; *p != '\0'; p++) {
		if (*p != '/' || p[1] != '/')
			buf_addc(out, *p);
	}
	if (out->len > 0 && out->data[out->len - 1] != '/')
		buf_addc(out, '/');
}

int external_location(const char *arg, struct buf *out, struct err *e)
{
	struct buf path = { 0 };
	if (*arg == '\0')
		return err_set(e, -EINVAL, "a location is empty");
	if (external_is_remote(arg)) {
		add_url(arg, out);
		buf_cstr(out);
		return buf_ok(out) ? 0 : no_memory(e);
	}
	int rc = squeezed_path(arg, &path, e);
	bool up = rc == 0 && (strstr(path.data, "/../") != NULL ||
	                      (path.len > 3 && strcmp(path.data + path.len - 3, "/..") == 0));
	char *real = up ? realpath(path.data, NULL) : NULL;
	if (rc == 0)
		buf_adds(out, real != NULL ? real : path.data);
	buf_cstr(out);
	free(real);
	buf_free(&path);
	return rc < 0 || buf_ok(out) ? rc : no_memory(e);
}

/* Is `name` the last part of it? */
static bool is_called(const char *location, const char *name)
{
	size_t len = strlen(location), n = strlen(name);
	if (len > 0 && location[len - 1] == '/')
		len--;
	return len > n && location[len - n - 1] == '/' && strncmp(location + len - n, name, n) == 0;
}

/* ---- what a person means ---- */

int external_filter_init(struct external_filter *f, const char *text, bool plain, struct err *e)
{
	*f = (struct external_filter){ .name = text };
	if (text == NULL || plain || strpbrk(text, WILDCARDS) == NULL)
		return 0;
	f->pattern = malloc(sizeof(*f->pattern));
	int rc = f->pattern != NULL ? filter_compile(text, false, f->pattern, e) : no_memory(e);
	if (rc < 0) {
		free(f->pattern);
		f->pattern = NULL;
	}
	return rc;
}

void external_filter_done(struct external_filter *f)
{
	if (f->pattern != NULL)
		filter_free(f->pattern);
	free(f->pattern);
}

bool external_filter_fits(const struct external_filter *f, const char *location)
{
	if (f->name == NULL)
		return true;
	if (f->pattern != NULL)
		return filter_fits(f->pattern, location);
	return strchr(f->name, '/') != NULL ? strstr(location, f->name) != NULL
	                                    : is_called(location, f->name);
}

static int unknown(const char *arg, struct err *e)
{
	return err_set(e, -ENOENT, "`%s' is no external; `lei ls-external' shows them", arg);
}

static int several(const struct externals *hits, const char *arg, struct err *e)
{
	struct buf all = { 0 };
	for (size_t i = 0; i < hits->n; i++)
		buf_addf(&all, "%s%s", i > 0 ? ", " : "", hits->v[i].location);
	int rc = err_set(e, -EEXIST, "`%s' is ambiguous: %s", arg, buf_cstr(&all));
	buf_free(&all);
	return rc;
}

static int choose_fitting(const struct externals *known, const char *arg, bool plain,
                          struct externals *hits, struct err *e)
{
	struct external_filter f;
	int rc = external_filter_init(&f, arg, plain, e);
	for (size_t i = 0; i < known->n && rc == 0; i++) {
		if (external_filter_fits(&f, known->v[i].location))
			rc = externals_add(hits, known->v[i].location, known->v[i].boost, e);
	}
	if (rc == 0 && hits->n == 0)
		rc = unknown(arg, e);
	if (rc == 0 && hits->n > 1 && f.pattern == NULL)
		rc = several(hits, arg, e);
	external_filter_done(&f);
	return rc;
}

static int choose_location(const struct externals *known, const char *arg, bool only_known,
                           struct externals *hits, struct err *e)
{
	struct buf location = { 0 };
	int rc = external_location(arg, &location, e);
	const struct external *had = rc == 0 ? externals_find(known, location.data) : NULL;
	if (rc == 0 && had == NULL && only_known)
		rc = unknown(arg, e);
	if (rc == 0)
		rc = externals_add(hits, location.data, had != NULL ? had->boost : 0, e);
	buf_free(&location);
	return rc;
}

int externals_choose(const struct cmd *c, const struct externals *known, const char *arg,
                     bool only_known, struct externals *ret, struct err *e)
{
	bool plain = option_on(&c->inv, OPT_GLOBOFF, false);
	bool pattern = !plain && strpbrk(arg, WILDCARDS) != NULL;
	struct externals hits = { 0 };
	bool there = access(arg, F_OK) == 0;
	int rc = there || (!pattern && strchr(arg, '/') != NULL)
	             ? choose_location(known, arg, only_known && !there, &hits, e)
	             : choose_fitting(known, arg, plain, &hits, e);
	for (size_t i = 0; i < hits.n && rc == 0; i++)
		rc = externals_add(ret, hits.v[i].location, hits.v[i].boost, e);
	externals_free(&hits);
	return rc;
}

void externals_offer(const struct cmd *c, bool names, void (*offer)(void *rock, const char *word),
                     void *rock)
{
	struct externals x = { 0 };
	struct err ignored;
	if (externals_load(c, &x, &ignored) < 0)
		return;
	for (size_t i = 0; i < x.n; i++)
		offer(rock, x.v[i].location);
	for (size_t i = 0; names && i < x.n; i++) {
		struct externals hits = { 0 };
		char *location = x.v[i].location, *end = strrchr(location, '/');
		if (end != NULL && end[1] == '\0') { /* a URL */
			*end = '\0';
			end = strrchr(location, '/');
		}
		if (end != NULL && choose_fitting(&x, end + 1, true, &hits, &ignored) == 0)
			offer(rock, end + 1);
		externals_free(&hits);
	}
	externals_free(&x);
}

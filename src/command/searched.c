/* See searched.h. */
#include "searched.h"

#include "config.h"
#include "external_open.h"
#include "externals.h"

#include "../base/grow.h"
#include "../store/merge.h"
#include "../store/oid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int no_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "out of memory");
}

/* Not an error of the command, but not a success either. */
static void told(struct searched *s, const struct err *e)
{
	fprintf(s->c->call->err, "lei: %s: not searched: %s\n", s->c->inv.def->name, e->text);
	s->failed++;
}

/* ---- which ---- */

static bool is_given(const struct cmd *c, enum option_id id)
{
	return option_last(&c->inv, id) != NULL;
}

/* Every value of an option; one that needs a network is refused at once. */
static int choose(const struct cmd *c, const struct externals *known, enum option_id id,
                  struct externals *ret, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; i < c->inv.nvalues && rc == 0; i++) {
		const struct option_value *v = &c->inv.values[i];
		if (v->id == id)
			rc = externals_choose(c, known, v->text, id == OPT_EXCLUDE, ret, e);
	}
	for (size_t i = 0; i < ret->n && rc == 0 && id != OPT_EXCLUDE; i++) {
		if (external_is_remote(ret->v[i].location))
			rc = external_check(ret->v[i].location, e);
	}
	return rc;
}

/* The original searches what needs a network when nothing local is configured, or when asked to. */
static bool wants_remote(const struct cmd *c, const struct externals *known,
                         const struct externals *out, const struct externals *included)
{
	if (!command_has(c->inv.def, OPT_REMOTE))
		return false;
	if (is_given(c, OPT_REMOTE))
		return option_on(&c->inv, OPT_REMOTE, false);
	if (included->n > 0)
		return false;
	for (size_t i = 0; i < known->n; i++) {
		const char *location = known->v[i].location;
		if (!external_is_remote(location) && externals_find(out, location) == NULL)
			return false;
	}
	return true;
}

/* The configured ones that the options leave, behind those that are in `ret`. */
static int add_configured(const struct searched *s, const struct externals *known,
                          struct externals *ret, struct err *e)
{
	const struct cmd *c = s->c;
	struct externals out = { 0 };
	int rc = choose(c, known, OPT_EXCLUDE, &out, e);
	bool remote = wants_remote(c, known, &out, ret);
	for (size_t i = 0; i < known->n && rc == 0; i++) {
		const struct external *x = &known->v[i];
		bool asked = external_is_remote(x->location) ? remote : s->with_own;
		if (asked && externals_find(&out, x->location) == NULL)
			rc = externals_add(ret, x->location, x->boost, e);
	}
	externals_free(&out);
	return rc;
}

/* --no-local leaves out our own store and what is configured and local, but not what is named. */
static int choose_all(struct searched *s, struct externals *ret, struct err *e)
{
	const struct cmd *c = s->c;
	struct externals known = { 0 };
	int rc = externals_load(c, &known, e);
	bool only = is_given(c, OPT_ONLY);
	s->with_own = option_on(&c->inv, OPT_LOCAL, !only);
	if (rc == 0)
		rc = choose(c, &known, only ? OPT_ONLY : OPT_INCLUDE, ret, e);
	if (rc == 0 && !only && option_on(&c->inv, OPT_EXTERNAL, true))
		rc = add_configured(s, &known, ret, e);
	if (rc == 0 && ret->n == 0 && !s->with_own)
		rc = err_set(e, -ENOENT, "these options leave nothing to be searched");
	externals_free(&known);
	return rc;
}

/* ---- opening ---- */

/* Takes both. */
static int add(struct searched *s, struct store *store, const char *location, struct err *e)
{
	struct searched_store *v = grow(s->v, s->n, &s->cap, sizeof(*v));
	char *copy = v != NULL && location != NULL ? strdup(location) : NULL;
	if (v != NULL)
		s->v = v;
	if (v == NULL || (location != NULL && copy == NULL)) {
		store_close(store);
		return no_memory(e);
	}
	v[s->n++] = (struct searched_store){ .store = store, .location = copy };
	return 0;
}

static bool is_open(const struct searched *s, const struct store *store)
{
	for (size_t i = 0; i < s->n; i++) {
		if (store_same(s->v[i].store, store))
			return true;
	}
	return false;
}

static int open_own(struct searched *s, struct err *e)
{
	struct store *store;
	int rc = s->with_own ? store_open(s->dir.data, &store, e) : -ENOENT;
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	rc = add(s, store, NULL, e);
	if (rc == 0 && s->n > 1) { /* to the front */
		struct searched_store own = s->v[s->n - 1];
		memmove(s->v + 1, s->v, (s->n - 1) * sizeof(*s->v));
		s->v[0] = own;
	}
	return rc;
}

static int open_external(struct searched *s, const char *location, struct err *e)
{
	struct store *store;
	struct err why = { .text = "" };
	int rc = external_open(location, s->dir.data, &store, &why);
	if (rc == -ENOMEM)
		return no_memory(e);
	if (rc == -ENOENT)
		err_put(&why, "%s: gone, or no store any more; `lei forget-external' ends this",
		        location);
	if (rc < 0) {
		told(s, &why);
		return 0;
	}
	if (is_open(s, store)) {
		store_close(store);
		return 0;
	}
	return add(s, store, location, e);
}

static int open_all(struct searched *s, const struct externals *chosen, struct err *e)
{
	struct err why = { .text = "" };
	int rc = open_own(s, &why);
	if (rc < 0 && (chosen->n == 0 || rc == -ENOMEM)) {
		*e = why;
		return rc;
	}
	if (rc < 0)
		told(s, &why);
	rc = 0;
	for (size_t i = 0; i < chosen->n && rc == 0; i++)
		rc = open_external(s, chosen->v[i].location, e);
	if (rc == 0 && s->n == 0 && s->failed > 0)
		rc = err_set(e, -ENOENT, "nothing is left to be searched");
	return rc;
}

int searched_open(struct cmd *c, struct searched *ret, struct err *e)
{
	struct searched s = { .c = c };
	struct externals chosen = { 0 };
	int rc = store_place(c, &s.dir, e);
	if (rc == 0)
		rc = choose_all(&s, &chosen, e);
	if (rc == 0)
		rc = open_all(&s, &chosen, e);
	externals_free(&chosen);
	if (rc < 0)
		searched_close(&s);
	else
		*ret = s;
	return rc;
}

int searched_look_again(struct searched *s, struct err *e)
{
	return searched_own(s) == NULL && s->failed == 0 ? open_own(s, e) : 0;
}

void searched_close(struct searched *s)
{
	for (size_t i = 0; i < s->n; i++) {
		store_close(s->v[i].store);
		free(s->v[i].location);
	}
	free(s->v);
	buf_free(&s->dir);
	*s = (struct searched){ 0 };
}

struct store *searched_own(const struct searched *s)
{
	return s->n > 0 && s->v[0].location == NULL ? s->v[0].store : NULL;
}

/* ---- asking ---- */

static int leave_out(void *rock, size_t i, const struct err *e)
{
	struct searched *s = rock;
	(void)i;
	told(s, e);
	return 0;
}

static int by_oid(void *rock, const struct hit *h, uint8_t ret[HIT_KEY_BYTES])
{
	(void)rock;
	memset(ret, 0, HIT_KEY_BYTES);
	oid_bytes(h->oid, ret);
	return 1;
}

static int by_content(void *rock, const struct hit *h, uint8_t ret[HIT_KEY_BYTES])
{
	(void)rock;
	memcpy(ret, h->content, HIT_KEY_BYTES);
	return 1;
}

/* For --dedupe=mid, too: what has another content is compared when it is written (q_dedupe.h). */
static hit_key_fn *key_of(const struct searched *s)
{
	const char *dedupe = option_text(&s->c->inv, OPT_DEDUPE);
	if (s->n < 2 || (dedupe != NULL && strcasecmp(dedupe, "none") == 0))
		return NULL;
	return dedupe != NULL && strcasecmp(dedupe, "oid") == 0 ? by_oid : by_content;
}

int searched_find(struct searched *s, const struct query *q, const struct search_opts *o,
                  bool with_blob, int (*fn)(void *rock, const struct hit *h), void *rock,
                  struct err *e)
{
	struct store **all = calloc(s->n + 1, sizeof(*all));
	if (all == NULL)
		return no_memory(e);
	for (size_t i = 0; i < s->n; i++)
		all[i] = s->v[i].store;
	const struct merge m = {
		.stores = all, .n = s->n, .key = key_of(s), .broken = leave_out, .broken_rock = s
	};
	int rc = s->n > 0 ? merge_search(&m, q, o, with_blob, fn, rock, e) : 0;
	free(all);
	return rc;
}

int searched_blob(struct searched *s, const char *oid, struct buf *out, struct err *e)
{
	int rc = -ENOENT;
	struct err first = { .text = "" };
	err_put(e, "no blob '%s'", oid);
	for (size_t i = 0; i < s->n && (rc == -ENOENT || rc == -ESTALE); i++) {
		int one = store_blob(s->v[i].store, oid, out, e);
		if (one == -ESTALE)
			first = *e;
		rc = one == -ENOENT && rc == -ESTALE ? rc : one;
	}
	if (rc == -ESTALE)
		*e = first;
	return rc;
}

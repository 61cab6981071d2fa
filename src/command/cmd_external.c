/* lei add-external, ls-external, forget-external: other stores that are searched, too. */
#include "config.h"
#include "config_edit.h"
#include "external_open.h"
#include "externals.h"
#include "q_json.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* ---- add-external ---- */

static int set_boost(const struct cmd *c, const char *location, int64_t boost, struct err *e)
{
	struct config_edit ed;
	struct buf section = { 0 };
	char value[32];
	snprintf(value, sizeof(value), "%" PRId64, boost);
	buf_addf(&section, "external.%s", location);
	int rc = config_edit_begin(c, &ed, e);
	if (rc == 0) {
		rc = config_edit_set(&ed, buf_cstr(&section), "boost", value, e);
		if (rc == 0)
			rc = config_edit_commit(&ed, e);
		else
			config_edit_abort(&ed);
	}
	buf_free(&section);
	return rc;
}

static int add(const struct cmd *c, const char *arg, struct err *e)
{
	int64_t boost = option_number(&c->inv, OPT_BOOST, 0);
	struct externals known = { 0 };
	struct buf location = { 0 };
	int rc = external_location(arg, &location, e);
	if (rc == 0 && strchr(location.data, '\n') != NULL)
		rc = err_set(e, -EINVAL, "%s: a newline in it cannot be kept", arg);
	if (rc == 0)
		rc = external_check(location.data, e);
	if (rc == 0)
		rc = externals_load(c, &known, e);
	const struct external *had = rc == 0 ? externals_find(&known, location.data) : NULL;
	if (rc == 0 && (had == NULL || had->boost != boost))
		rc = set_boost(c, location.data, boost, e);
	if (rc == 0 && option_on(&c->inv, OPT_VERBOSE, false))
		cmd_note(c, "%s is searched, with boost %" PRId64, location.data, boost);
	externals_free(&known);
	buf_free(&location);
	return rc;
}

int cmd_add_external(struct cmd *c)
{
	struct err e = { .text = "" };
	return add(c, c->inv.args[0], &e) < 0 ? cmd_fail_err(c, &e) : 0;
}

/* ---- ls-external ---- */

enum listing { LIST_PLAIN, LIST_NULL, LIST_JSON };

static enum listing listing_of(const struct cmd *c)
{
	const char *format = option_text(&c->inv, OPT_LS_FORMAT);
	if (format != NULL && strcasecmp(format, "json") == 0)
		return LIST_JSON;
	return option_on(&c->inv, OPT_NUL, false) ||
	               (format != NULL && strcasecmp(format, "null") == 0)
	           ? LIST_NULL
	           : LIST_PLAIN;
}

static void add_line(struct buf *out, enum listing how, const struct external *x)
{
	switch (how) {
	case LIST_PLAIN:
		buf_addf(out, "%s boost=%" PRId64 "\n", x->location, x->boost);
		break;
	case LIST_NULL:
		buf_add(out, x->location, strlen(x->location) + 1);
		buf_addf(out, "boost=%" PRId64 "%c%c", x->boost, '\0', '\0');
		break;
	case LIST_JSON:
		buf_adds(out, out->len > 1 ? ",\n" : "");
		buf_addf(out, "{\"boost\":%" PRId64 ",\"location\":", x->boost);
		json_text(out, x->location);
		buf_addc(out, '}');
		break;
	}
}

static int list(const struct cmd *c, const struct externals *x, struct err *e)
{
	const struct invocation *inv = &c->inv;
	bool local = option_on(inv, OPT_ONLY_LOCAL, false);
	bool remote = option_on(inv, OPT_ONLY_REMOTE, false);
	bool invert = option_on(inv, OPT_INVERT_MATCH, false);
	enum listing how = listing_of(c);
	struct external_filter f;
	struct buf out = { 0 };
	int rc = external_filter_init(&f, inv->nargs > 0 ? inv->args[0] : NULL,
	                              option_on(inv, OPT_LIST_GLOBOFF, false), e);
	buf_adds(&out, how == LIST_JSON ? "[" : "");
	for (size_t i = 0; i < x->n && rc == 0; i++) {
		const char *location = x->v[i].location;
		bool there = external_is_remote(location) ? remote || !local : local || !remote;
		if (there && external_filter_fits(&f, location) != invert)
			add_line(&out, how, &x->v[i]);
	}
	buf_adds(&out, how == LIST_JSON ? "]\n" : "");
	if (rc == 0)
		rc = buf_ok(&out) ? cmd_write(out.data, out.len, e)
		                  : err_set(e, -ENOMEM, "out of memory");
	external_filter_done(&f);
	buf_free(&out);
	return rc;
}

int cmd_ls_external(struct cmd *c)
{
	struct err e = { .text = "" };
	struct externals x = { 0 };
	int rc = externals_load(c, &x, &e);
	if (rc == 0)
		rc = list(c, &x, &e);
	externals_free(&x);
	return rc < 0 ? cmd_fail_err(c, &e) : 0;
}

/* ---- forget-external ---- */

/* The name as it was given, else what it stands for; NULL when neither is known. */
static const struct external *named(const struct externals *known, const char *arg, struct err *e)
{
	struct buf location = { 0 };
	const struct external *x = externals_find(known, arg);
	if (x == NULL && external_location(arg, &location, e) == 0)
		x = externals_find(known, location.data);
	buf_free(&location);
	return x;
}

static int choose_named(const struct cmd *c, const struct externals *known, struct externals *ret,
                        struct err *e)
{
	int rc = 0;
	for (size_t i = 0; i < c->inv.nargs && rc == 0; i++) {
		const struct external *x = named(known, c->inv.args[i], e);
		if (x != NULL)
			rc = externals_add(ret, x->location, x->boost, e);
		else
			fprintf(c->call->err, "# %s not found\n", c->inv.args[i]);
	}
	return rc;
}

/* A place that may not be looked at is not gone. */
static int choose_gone(const struct externals *known, struct externals *ret, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; i < known->n && rc == 0; i++) {
		const char *location = known->v[i].location;
		if (!external_is_remote(location) && access(location, F_OK) < 0 &&
		    (errno == ENOENT || errno == ENOTDIR))
			rc = externals_add(ret, location, known->v[i].boost, e);
	}
	return rc;
}

static int forget_all(const struct cmd *c, const struct externals *x, struct err *e)
{
	struct config_edit ed;
	if (x->n == 0)
		return 0;
	int rc = config_edit_begin(c, &ed, e);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < x->n && rc == 0; i++) {
		struct buf section = { 0 };
		buf_addf(&section, "external.%s", x->v[i].location);
		rc = config_edit_unset(&ed, buf_cstr(&section), "boost", e);
		buf_free(&section);
	}
	if (rc == 0)
		rc = config_edit_commit(&ed, e);
	else
		config_edit_abort(&ed);
	for (size_t i = 0; i < x->n && rc == 0; i++)
		cmd_note(c, "%s forgotten", x->v[i].location);
	return rc;
}

static int forget(const struct cmd *c, struct err *e)
{
	bool prune = option_on(&c->inv, OPT_PRUNE, false);
	struct externals known = { 0 }, chosen = { 0 };
	if (prune && c->inv.nargs > 0)
		return err_set(e, -EINVAL, "--prune and %s do not mix", c->inv.args[0]);
	if (!prune && c->inv.nargs == 0)
		return err_set(e, -EINVAL, "name a LOCATION, or use --prune");
	int rc = externals_load(c, &known, e);
	if (rc == 0)
		rc = prune ? choose_gone(&known, &chosen, e) : choose_named(c, &known, &chosen, e);
	if (rc == 0)
		rc = forget_all(c, &chosen, e);
	externals_free(&known);
	externals_free(&chosen);
	return rc;
}

int cmd_forget_external(struct cmd *c)
{
	struct err e = { .text = "" };
	return forget(c, &e) < 0 ? cmd_fail_err(c, &e) : 0;
}

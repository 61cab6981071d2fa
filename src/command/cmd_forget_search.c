/* lei forget-search: no saved search any more.  The output stays as it is. */
#include "saved.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int forget(const struct cmd *c, const struct saved *s)
{
	struct err e = { .text = "" };
	int held = -1;
	int rc = saved_hold(s->dir.data, false, &held, &e);
	if (rc == 0)
		rc = saved_remove(s->dir.data, &e);
	if (held >= 0)
		close(held);
	if (rc == 0 && option_on(&c->inv, OPT_VERBOSE, false))
		cmd_note(c, "removed %s", s->dir.data);
	return rc < 0 ? cmd_fail_err(c, &e) : 0;
}

/* One that is not known does not stop the others. */
static int forget_named(const struct cmd *c)
{
	int status = 0;
	for (size_t i = 0; i < c->inv.nargs; i++) {
		struct saved s = { 0 };
		struct err e = { .text = "" };
		if (saved_find(c, SAVED_OURS, c->inv.args[i], &s, &e) < 0)
			status = cmd_fail_err(c, &e);
		else if (forget(c, &s) != 0)
			status = 1;
		saved_free(&s);
	}
	return status;
}

/* "remote": there are none yet. */
static int prune(const struct cmd *c, const char *type)
{
	struct saved_list l = { 0 };
	struct err e = { .text = "" };
	int status = 0;
	if (strcmp(type, "remote") == 0)
		return 0;
	if (saved_load_all(c, SAVED_OURS, &l, &e) < 0)
		return cmd_fail_err(c, &e);
	for (size_t i = 0; i < l.n; i++) {
		if (l.v[i].trouble != NULL) {
			status = cmd_fail(c, "%s", l.v[i].trouble);
		} else if (access(l.v[i].path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR)) {
			cmd_note(c, "pruning %s", l.v[i].path);
			status = forget(c, &l.v[i]) != 0 ? 1 : status;
		}
	}
	saved_list_free(&l);
	return status;
}

int cmd_forget_search(struct cmd *c)
{
	const char *type = option_text(&c->inv, OPT_PRUNE_SEARCHES);
	if (type != NULL && c->inv.nargs > 0)
		return cmd_fail(c, "--prune and %s do not mix", c->inv.args[0]);
	if (type == NULL && c->inv.nargs == 0)
		return cmd_fail(c, "name an OUTPUT, or use --prune");
	return type != NULL ? prune(c, type) : forget_named(c);
}

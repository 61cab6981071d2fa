/* lei blob: a message by its git blob id, a part of one, or a blob of code: from a git repository, or made
 * again out of patches. */
#include "program.h"
#include "searched.h"
#include "solver.h"
#include "terminal.h"

#include "../mail/message.h"
#include "../mail/message_leaf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct wanted {
	char *oid; /* owned */
	const char *part; /* within it: "2.1"; NULL: all of it */
};

/* ---- mail ---- */

static bool may_be_mail(const char *oid)
{
	size_t len = strlen(oid);
	return len >= 7 && len <= 40 && oid[strspn(oid, "0123456789abcdefABCDEF")] == '\0';
}

/* -ENOENT when it is none, or when no store has it. */
static int find_mail(struct cmd *c, const char *oid, struct buf *out, struct err *e)
{
	struct searched s = { 0 };
	if (!may_be_mail(oid))
		return err_set(e, -ENOENT, "%s: a blob id is 7 to 40 hexadecimal digits", oid);
	if (searched_open(c, &s, e) < 0)
		return -EINVAL;
	int rc = searched_blob(&s, oid, out, e);
	searched_close(&s);
	return rc;
}

struct part_search {
	const char *part;
	struct buf *out;
};

static int take_part(void *rock, const struct leaf *l)
{
	struct part_search *s = rock;
	if (strcmp(l->index, s->part) != 0)
		return 0;
	buf_add(s->out, l->body, l->len);
	return 1;
}

static int cut_part(const struct wanted *w, struct buf *mail, struct err *e)
{
	struct buf part = { 0 };
	struct part_search s = { w->part, &part };
	message_setup();
	int rc = message_leaves_raw(mail->data, mail->len, take_part, &s);
	if (rc == 0)
		rc = err_set(e, -ENOENT, "%s: the message has no part %s", w->oid, w->part);
	if (rc < 0 || !buf_ok(&part)) {
		buf_free(&part);
		return rc == -ENOENT ? rc : err_set(e, -ENOMEM, "out of memory");
	}
	buf_free(mail);
	*mail = part;
	return 0;
}

static int show(struct cmd *c, const struct buf *data, struct err *e)
{
	int rc = isatty(STDOUT_FILENO) ? pager_start(c, e) : 0;
	return rc < 0 ? rc : cmd_write(data->data, data->len, e);
}

/* ---- code ---- */

static int show_solved(struct cmd *c, const struct solved *found, int *ret_status, struct err *e)
{
	struct buf opt = { 0 };
	if (strcmp(found->type, "blob") != 0)
		cmd_note(c, "%s is a %s of %llu bytes in %s", found->oid, found->type, found->size,
		         found->git.data);
	buf_addf(&opt, "--git-dir=%s", found->git.data);
	const char *argv[] = { "git", buf_cstr(&opt), "show", found->oid, NULL };
	int rc = isatty(STDOUT_FILENO) ? pager_start(c, e) : 0;
	if (rc == 0)
		rc = program_run(&(struct program){ .argv = argv }, e);
	buf_free(&opt);
	*ret_status = rc > 0 ? rc : 0;
	return rc < 0 ? rc : 0;
}

static int find_code(struct cmd *c, const char *name, int *ret_status, struct err *e)
{
	struct solver s = { 0 };
	struct solved found = { .oid = "" };
	struct hints h = { option_text(&c->inv, OPT_OID_A), option_text(&c->inv, OPT_PATH_A),
		           option_text(&c->inv, OPT_PATH_B) };
	message_setup();
	int rc = solver_open(c, &s, e);
	if (rc == 0)
		rc = solver_solve(&s, name, &h, &found, e);
	if (rc == 0)
		rc = err_set(e, -ENOENT, "%s: in no git repository, and no patch makes it", name);
	if (rc > 0)
		rc = show_solved(c, &found, ret_status, e);
	buf_free(&found.git);
	solver_close(&s);
	return rc;
}

/* ---- the command ---- */

/* "OID:2.1": a colon and digits at the end name a part. */
static int read_wanted(const char *arg, struct wanted *ret, struct err *e)
{
	const char *colon = strrchr(arg, ':');
	bool part = colon != NULL && colon[1] != '\0' &&
	            colon[1 + strspn(colon + 1, "0123456789.")] == '\0';
	char *oid = strdup(arg);
	if (oid == NULL)
		return err_set(e, -ENOMEM, "out of memory");
	*ret = (struct wanted){ .oid = oid };
	if (part) {
		oid[colon - arg] = '\0';
		ret->part = oid + (colon - arg) + 1;
	}
	return 0;
}

static int find(struct cmd *c, const struct wanted *w, int *ret_status, struct err *e)
{
	const struct option_value *asked = option_last(&c->inv, OPT_MAIL);
	bool hinted = option_last(&c->inv, OPT_OID_A) != NULL ||
	              option_last(&c->inv, OPT_PATH_A) != NULL ||
	              option_last(&c->inv, OPT_PATH_B) != NULL;
	bool must = w->part != NULL || (asked != NULL && asked->on);
	struct buf mail = { 0 };
	int rc = -ENOENT;
	if (must || (asked == NULL && !hinted))
		rc = find_mail(c, w->oid, &mail, e);
	if (rc == 0 && w->part != NULL)
		rc = cut_part(w, &mail, e);
	if (rc == 0)
		rc = show(c, &mail, e);
	else if (rc == -ENOENT && !must)
		rc = find_code(c, w->oid, ret_status, e);
	buf_free(&mail);
	return rc;
}

int cmd_blob(struct cmd *c)
{
	struct wanted w = { 0 };
	struct err e = { .text = "" };
	int status = 0;
	int rc = read_wanted(c->inv.args[0], &w, &e);
	if (rc == 0)
		rc = find(c, &w, &status, &e);
	free(w.oid);
	return rc < 0 ? cmd_fail_err(c, &e) : status;
}

/* lei up: repeat saved searches.  Each runs as the `lei q' that it was, as one that only adds and leaves
 * out what it has delivered before. */
#include "q_run.h"
#include "q_words.h"
#include "saved.h"
#include "saved_adopt.h"
#include "saved_words.h"

#include "../base/grow.h"
#include "../worker/pool.h"
#include "../worker/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS_DEFAULT_MAX = 4 };

struct up {
	struct cmd *c;
	struct saved_list list; /* what is to be done */
	struct queue queue; /* of places in it */
	struct pool pool;
	int status;
};

/* ---- one search ---- */

static int fail(const struct cmd *c, const char *what, const struct err *e)
{
	return cmd_fail(c, "%s: %s", what, e->text);
}

/* A disk that is not mounted must not be taken for an output that was deleted: what we wrote below its
 * place would be hidden later. */
static int check_place(const struct cmd *c, const char *path, struct err *e)
{
	struct stat st;
	if (stat(path, &st) == 0)
		return 0;
	if (errno != ENOENT)
		return err_sys(e, errno, "cannot look at it");
	char *dir = strndup(path, (size_t)(strrchr(path, '/') - path));
	if (dir == NULL)
		return err_set(e, -ENOMEM, "out of memory");
	bool there = *dir == '\0' || stat(dir, &st) == 0;
	int rc = there ? 0 : err_sys(e, errno, "its directory %s", dir);
	free(dir);
	if (rc == 0)
		cmd_note(c, "%s was gone; it is made anew for what is new", path);
	return rc;
}

/* What an option of `up` says takes the place of what was saved. */
static bool overruled(const struct cmd *c, const struct option_value *v)
{
	bool exclude = false;
	if (v->id != OPT_ONLY)
		return false;
	for (size_t i = 0; i < c->inv.nvalues && !exclude; i++)
		exclude = c->inv.values[i].id == OPT_EXCLUDE &&
		          strcmp(c->inv.values[i].text, v->text) == 0;
	return exclude || !option_on(&c->inv, OPT_EXTERNAL, true);
}

static int add_value(struct invocation *inv, struct option_value value, struct err *e)
{
	struct option_value *v = grow(inv->values, inv->nvalues, &inv->cap, sizeof(*v));
	if (v == NULL)
		return err_set(e, -ENOMEM, "out of memory");
	inv->values = v;
	inv->values[inv->nvalues++] = value;
	return 0;
}

static int merge_options(const struct cmd *c, struct invocation *inv, struct err *e)
{
	size_t kept = 0;
	for (size_t i = 0; i < inv->nvalues; i++) {
		if (!overruled(c, &inv->values[i]))
			inv->values[kept++] = inv->values[i];
	}
	inv->nvalues = kept;
	int rc = add_value(inv, (struct option_value){ .id = OPT_AUGMENT, .on = true }, e);
	for (size_t i = 0; i < c->inv.nvalues && rc == 0; i++) {
		if (command_has(inv->def, c->inv.values[i].id))
			rc = add_value(inv, c->inv.values[i], e);
	}
	return rc;
}

static int run_query(struct cmd *q, const char *raw, const char *dir)
{
	struct q_ask ask = { .sort = SORT_RECEIVED, .saved = dir };
	struct buf text = { 0 };
	struct err e = { .text = "" };
	int rc = raw == NULL ? query_join(q->inv.args, q->inv.nargs, &text, &e) : 0;
	ask.text = raw == NULL ? buf_cstr(&text) : raw;
	int status = rc < 0 ? cmd_fail_err(q, &e) : q_run(q, &ask);
	buf_free(&text);
	return status;
}

static int run_words(struct cmd *c, const struct saved *s, const struct saved_words *w)
{
	struct buf as = { 0 };
	struct err e = { .text = "" };
	int status = 1;
	buf_addf(&as, "%s: %s", c->inv.def->name, s->path);
	struct cmd q = { .call = c->call, .as = buf_cstr(&as) };
	int rc = saved_parse(w, &q.inv, &e);
	if (rc == 0)
		rc = merge_options(c, &q.inv, &e);
	if (rc < 0)
		fail(c, s->path, &e);
	else
		status = run_query(&q, w->raw, s->dir.data);
	invocation_free(&q.inv);
	buf_free(&as);
	return status;
}

/* It may have been edited since we looked for it. */
static int run_held(struct cmd *c, const struct saved *found)
{
	struct saved s = { 0 };
	struct saved_words words = { 0 };
	struct err e = { .text = "" };
	int status = 1;
	int rc = saved_load(found->dir.data, &s, &e);
	if (rc == 0)
		rc = saved_read(&s, false, &words, &e);
	if (rc == 0)
		rc = check_place(c, s.path, &e);
	if (rc < 0)
		fail(c, found->path, &e);
	else
		status = run_words(c, &s, &words);
	saved_words_free(&words);
	saved_free(&s);
	return status;
}

static int run_one(struct up *u, size_t i)
{
	const struct saved *s = &u->list.v[i];
	struct err e = { .text = "" };
	int held = -1;
	if (s->trouble != NULL)
		return cmd_fail(u->c, "%s", s->trouble);
	if (u->list.n > 1)
		cmd_note(u->c, "updating %s", s->path);
	if (saved_hold(s->dir.data, false, &held, &e) < 0)
		return fail(u->c, s->path, &e);
	int status = run_held(u->c, s);
	close(held);
	return status;
}

/* ---- several, side by side ---- */

static int sibling(void *rock)
{
	struct up *u = rock;
	struct err e = { .text = "" };
	int status = 0, rc;
	size_t i;
	close(u->queue.put); /* or the queue would never end */
	for (;;) {
		int fd = -1;
		rc = queue_take(u->queue.take, &i, sizeof(i), &fd, &e);
		if (rc <= 0)
			break;
		if (run_one(u, i) != 0)
			status = 1;
	}
	return rc < 0 ? cmd_fail_err(u->c, &e) : status;
}

static int hand_out(struct up *u, struct err *e)
{
	int64_t most = option_number(&u->c->inv, OPT_UP_JOBS, 0);
	size_t jobs = pool_cpus() < JOBS_DEFAULT_MAX ? pool_cpus() : JOBS_DEFAULT_MAX;
	if (most > 0)
		jobs = most < POOL_MAX ? (size_t)most : POOL_MAX;
	int rc = call_share(u->c->call, e);
	if (rc == 0)
		rc = queue_open(&u->queue, e);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < jobs && i < u->list.n && rc == 0; i++)
		rc = pool_fork(&u->pool, sibling, u, e);
	close(u->queue.take); /* with the last sibling gone, queue_put says so */
	u->queue.take = -1;
	for (size_t i = 0; i < u->list.n && rc == 0; i++)
		rc = queue_put(u->queue.put, &i, sizeof(i), -1, e);
	queue_close(&u->queue);
	return rc;
}

/* Who failed has told why; who was killed has not. */
static int run_several(struct up *u)
{
	struct err e = { .text = "" }, dead = { .text = "" };
	int rc = hand_out(u, &e);
	if (pool_wait(&u->pool, &dead) == 0)
		return rc < 0 ? cmd_fail_err(u->c, &e) : 0;
	if (WIFEXITED(u->pool.failed_status) && WEXITSTATUS(u->pool.failed_status) == 1)
		return 1;
	return cmd_fail_err(u->c, &dead);
}

/* ---- which ---- */

/* "remote": there are none yet. */
static int choose_all(struct up *u, struct err *e)
{
	if (strcmp(option_text(&u->c->inv, OPT_ALL_SEARCHES), "remote") == 0)
		return 0;
	saved_tell_others(u->c);
	return saved_load_all(u->c, SAVED_OURS, &u->list, e);
}

static int find_or_adopt(struct cmd *c, const char *arg, struct saved *ret, struct err *e)
{
	int rc = saved_find(c, SAVED_OURS, arg, ret, e);
	if (rc != -ENOENT)
		return rc;
	rc = saved_adopt(c, arg, e);
	return rc < 0 ? rc : saved_find(c, SAVED_OURS, arg, ret, e);
}

/* One that is not known does not stop the others. */
static int choose_named(struct up *u, struct err *e)
{
	const struct invocation *inv = &u->c->inv;
	u->list.v = calloc(inv->nargs, sizeof(*u->list.v));
	if (u->list.v == NULL)
		return err_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < inv->nargs; i++) {
		struct err why = { .text = "" };
		if (find_or_adopt(u->c, inv->args[i], &u->list.v[u->list.n], &why) == 0)
			u->list.n++;
		else
			u->status = cmd_fail_err(u->c, &why);
	}
	return 0;
}

static int choose(struct up *u, struct err *e)
{
	const struct invocation *inv = &u->c->inv;
	bool all = option_last(inv, OPT_ALL_SEARCHES) != NULL;
	bool mua = option_last(inv, OPT_MUA) != NULL;
	if (all && inv->nargs > 0)
		return err_set(e, -EINVAL, "--all and %s do not mix", inv->args[0]);
	if (!all && inv->nargs == 0)
		return err_set(e, -EINVAL, "name an OUTPUT, or use --all");
	if (mua && (all || inv->nargs > 1))
		return err_set(e, -EINVAL, "--mua is for one OUTPUT only");
	return all ? choose_all(u, e) : choose_named(u, e);
}

int cmd_up(struct cmd *c)
{
	struct up u = { .c = c, .queue = { -1, -1 } };
	struct err e = { .text = "" };
	int rc = choose(&u, &e);
	int status = rc < 0 ? cmd_fail_err(c, &e) : 0;
	if (rc == 0 && u.list.n > 0)
		status = u.list.n > 1 ? run_several(&u) : run_one(&u, 0);
	saved_list_free(&u.list);
	return status != 0 ? status : u.status;
}

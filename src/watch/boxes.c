#include "../base/err.h"
#include "round.h"
#include "watcher.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A box watches three directories; the top one tells when the others come and go. */
enum { TOP = FOLDER_DIRS, IDS = 4 };

/* ---- backends ---- */

static void on_news(void *rock, unsigned id, enum backend_news news, const char *name);

static int backend_get(struct watcher *w, const struct backend_ops *ops, struct backend **ret,
                       struct err *e)
{
	int i = 0;

	while (i < BACKENDS && w->ops[i] && w->ops[i] != ops)
		i++;
	if (i == BACKENDS)
		return -ENOSYS;
	if (!w->ops[i]) {
		int rc = ops->open(w->loop, on_news, w, &w->backends[i], e);
		if (rc < 0)
			return rc;
		w->ops[i] = ops;
	}
	*ret = w->backends[i];
	return 0;
}

static const struct backend_ops *ops_of(const struct watcher *w, const struct backend *b)
{
	for (int i = 0; i < BACKENDS; i++)
		if (w->backends[i] == b)
			return w->ops[i];
	return NULL;
}

/* Will another backend do better?  Not for a directory that is not there. */
static bool is_limit(int rc)
{
	return rc == -ENOSPC || rc == -EMFILE || rc == -EOPNOTSUPP || rc == -ENOSYS;
}

int backend_watch(struct watcher *w, const char *choice, unsigned id, const char *path,
                  struct backend **ret, struct err *e)
{
	const struct backend_ops *ops[4] = { 0 };
	int rc = backend_candidates(choice, ops, e);

	for (int i = 0; rc == 0 && ops[i]; i++) {
		struct backend *b = NULL;
		rc = backend_get(w, ops[i], &b, e);
		if (rc == 0)
			rc = ops[i]->add(b, id, path, e);
		if (rc == 0) {
			*ret = b;
			return 0;
		}
		if (!is_limit(rc) || !ops[i + 1])
			return rc;
		if (rc != -EOPNOTSUPP && rc != -ENOSYS)
			desk_log(&w->desk, "%s; using %s", e->text, ops[i + 1]->name);
		rc = 0;
	}
	return rc < 0 ? rc : err_set(e, -EOPNOTSUPP, "cannot watch %s", path);
}

void backend_unwatch(struct watcher *w, struct backend *b, unsigned id)
{
	ops_of(w, b)->remove(b, id);
}

void backends_close(struct watcher *w)
{
	for (int i = 0; i < BACKENDS && w->ops[i]; i++)
		w->ops[i]->close(w->backends[i]);
}

/* ---- finding ---- */

static int compare_boxes(const void *va, const void *vb)
{
	struct box *const *a = va, *const *b = vb;

	return strcmp((*a)->f.url, (*b)->f.url);
}

struct box *box_find(const struct watcher *w, const char *url)
{
	size_t lo = 0, hi = w->nboxes;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(w->boxes[mid]->f.url, url);
		if (c == 0)
			return w->boxes[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static int grow(struct box ***v, size_t n)
{
	struct box **p = reallocarray(*v, n + 1, sizeof(**v));

	if (!p)
		return -ENOMEM;
	*v = p;
	return 0;
}

static void box_free(struct box *b)
{
	folder_done(&b->f);
	free(b);
}

int box_add(struct watcher *w, const struct watch_folder *conf, bool found, struct err *e)
{
	struct box *b = calloc(1, sizeof(*b));
	int rc = b ? folder_init(&b->f, conf, e) : err_sys(e, ENOMEM, "cannot watch");

	if (rc == 0 && (grow(&w->boxes, w->nboxes) < 0 || grow(&w->numbered, w->nnumbered) < 0))
		rc = err_sys(e, ENOMEM, "cannot watch %s", conf->url);
	if (rc < 0) {
		if (b)
			box_free(b);
		return rc;
	}
	b->choice = conf->backend;
	b->found = found;
	b->reopen = true;
	while (b->number < w->nnumbered && w->numbered[b->number])
		b->number++;
	w->nnumbered += b->number == w->nnumbered;
	w->numbered[b->number] = b;
	w->boxes[w->nboxes++] = b;
	qsort(w->boxes, w->nboxes, sizeof(*w->boxes), compare_boxes);
	return 0;
}

static void forget(struct watcher *w, struct box *b)
{
	size_t i = 0;

	while (w->boxes[i] != b)
		i++;
	memmove(&w->boxes[i], &w->boxes[i + 1], (w->nboxes - i - 1) * sizeof(*w->boxes));
	w->nboxes--;
	w->numbered[b->number] = NULL;
	box_free(b);
}

void boxes_free(struct watcher *w)
{
	for (size_t i = 0; i < w->nboxes; i++)
		box_free(w->boxes[i]);
	free(w->boxes);
	free(w->numbered);
}

/* ---- up and down ---- */

static int watch_dir(struct watcher *w, struct box *b, unsigned which, struct err *e)
{
	char path[4096];
	const char *sub = which == TOP ? "" : folder_dir_names[which];
	int n = snprintf(path, sizeof(path), "%s%s%s", b->f.path, *sub ? "/" : "", sub);

	if (n < 0 || (size_t)n >= sizeof(path))
		return err_sys(e, ENAMETOOLONG, "cannot watch %s", b->f.path);
	struct backend *told = NULL;
	int rc = backend_watch(w, b->backend ? ops_of(w, b->backend)->name : b->choice,
	                       b->number * IDS + which, path, &told, e);
	if (rc == 0)
		b->backend = told;
	return rc;
}

void box_down(struct watcher *w, struct box *b)
{
	for (unsigned i = 0; b->backend && i <= TOP; i++)
		backend_unwatch(w, b->backend, b->number * IDS + i);
	b->backend = NULL;
}

static int watch_dirs(struct watcher *w, struct box *b, struct err *e)
{
	int rc = watch_dir(w, b, TOP, e);

	for (unsigned i = 0; rc == 0 && i < FOLDER_DIRS; i++) {
		rc = watch_dir(w, b, i, e);
		if (rc == -ENOENT) /* the other one may do; top tells when it comes */
			rc = 0;
	}
	return rc;
}

static bool same_look(const struct folder_look *a, const struct folder_look *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

int box_up(struct watcher *w, struct box *b, struct err *e)
{
	struct folder_dirs dirs;
	struct folder_look look = { 0 };
	struct err limit = { 0 };
	int rc = watch_dirs(w, b, e);

	/* All three by the same backend: at a limit in the middle, the next one takes over. */
	if (is_limit(rc) && b->backend && strcmp(b->choice, "auto") == 0) {
		limit = *e;
		box_down(w, b);
		desk_log(&w->desk, "%s; using poll", limit.text);
		b->choice = "poll";
		rc = watch_dirs(w, b, e);
	}
	if (rc == 0)
		rc = folder_open(&b->f, &dirs, e);
	if (rc < 0) {
		box_down(w, b);
		return rc;
	}
	rc = folder_look(&dirs, &look);
	folder_close(&dirs);
	b->cur_ino = look.cur_ino;
	b->new_ino = look.new_ino;
	b->polled = strcmp(ops_of(w, b->backend)->name, "inotify") != 0;
	if (rc < 0 || !b->known || !same_look(&look, &b->f.look))
		round_scan(&b->f);
	b->known = false;
	if (b->trouble)
		desk_log(&w->desk, "%s is back", b->f.path);
	b->trouble = 0;
	return 0;
}

bool box_in_place(const struct box *b)
{
	struct folder_dirs dirs;
	struct folder_look look = { 0 };

	if (!b->backend || folder_open(&b->f, &dirs, NULL) < 0)
		return false;
	folder_look(&dirs, &look);
	folder_close(&dirs);
	return look.cur_ino == b->cur_ino && look.new_ino == b->new_ino;
}

/* ---- what is told ---- */

static void remember(struct watcher *w, int rc)
{
	if (rc < 0 && !w->rc)
		w->rc = rc;
}

static void on_name(struct watcher *w, struct box *b, unsigned which, const char *name)
{
	if (which == TOP) {
		for (int i = 0; i < FOLDER_DIRS; i++)
			b->reopen = b->reopen || strcmp(name, folder_dir_names[i]) == 0;
		return;
	}
	if (name[0] != '.')
		remember(w, round_hear(&b->f, name, w->e));
}

static void on_news(void *rock, unsigned id, enum backend_news news, const char *name)
{
	struct watcher *w = rock;

	w->news++;
	loop_stop(w->loop); /* told by a wait event, too, we look in this turn */
	if (id >= ROOT_ID) {
		roots_news(w, id, news);
		return;
	}
	struct box *b = id / IDS < w->nnumbered ? w->numbered[id / IDS] : NULL;
	if (!b)
		return;
	b->changed = true;
	if (news == BACKEND_NAME)
		on_name(w, b, id % IDS, name);
	else if (news == BACKEND_LOST || id % IDS == TOP)
		b->reopen = true;
	else
		round_scan(&b->f);
}

/* ---- again ---- */

static void reopen(struct watcher *w, struct box *b)
{
	struct err e = { 0 };

	b->reopen = false;
	box_down(w, b);
	int rc = box_up(w, b, &e);
	if (rc == 0) {
		w->export_due = w->export.all = true;
		return;
	}
	if (rc != b->trouble && !b->found)
		desk_log(&w->desk, "%s; waiting for it", e.text);
	b->trouble = rc;
	watcher_recheck(w);
}

void boxes_reopen(struct watcher *w)
{
	for (size_t i = w->nboxes; i-- > 0;) {
		struct box *b = w->boxes[i];
		if (b->reopen)
			reopen(w, b);
		if (b->found && !b->backend)
			forget(w, b);
	}
}

/* Recursive folders: the Maildirs below them, now and when they appear. */
#include "../base/err.h"
#include "../mail/maildir.h"
#include "../mail/tree.h"
#include "watcher.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- directories ---- */

static void drop(struct root_dir *d)
{
	free(d->path);
	*d = (struct root_dir){ 0 };
}

static bool is_watched(const struct watcher *w, const struct root *r, const char *path)
{
	for (size_t i = 0; i < w->nroot_dirs; i++)
		if (w->root_dirs[i].backend && w->root_dirs[i].root == r &&
		    strcmp(w->root_dirs[i].path, path) == 0)
			return true;
	return false;
}

static int watch_dir(struct watcher *w, struct root *r, const char *path, struct err *e)
{
	size_t i = 0;

	while (i < w->nroot_dirs && w->root_dirs[i].backend)
		i++;
	if (i == w->nroot_dirs) {
		struct root_dir *v = reallocarray(w->root_dirs, i + 1, sizeof(*v));
		if (!v)
			return err_sys(e, ENOMEM, "cannot watch %s", path);
		w->root_dirs = v;
		w->nroot_dirs++;
		w->root_dirs[i] = (struct root_dir){ 0 };
	}
	struct root_dir *d = &w->root_dirs[i];
	char *copy = strdup(path);
	if (!copy)
		return err_sys(e, ENOMEM, "cannot watch %s", path);
	int rc = backend_watch(w, r->conf->backend, ROOT_ID + (unsigned)i, path, &d->backend, e);
	if (rc < 0) {
		free(copy);
		return rc;
	}
	d->root = r;
	d->path = copy;
	return 0;
}

/* ---- the Maildirs ---- */

struct search {
	struct watcher *w;
	struct root *r;
};

static int add_box(struct watcher *w, const struct root *r, const char *path, struct err *e)
{
	struct watch_folder conf = *r->conf;
	struct buf url = { 0 };
	int rc = 0;

	buf_adds(&url, FOLDER_SCHEME);
	buf_adds(&url, path);
	conf.url = buf_cstr(&url);
	if (!buf_ok(&url))
		rc = err_sys(e, ENOMEM, "cannot watch %s", path);
	if (rc == 0 && !box_find(w, conf.url))
		rc = box_add(w, &conf, true, e);
	buf_free(&url);
	return rc;
}

static int visit(void *rock, const char *path, struct err *e)
{
	const struct search *s = rock;
	struct err why = { 0 };

	if (!is_watched(s->w, s->r, path)) {
		int rc = watch_dir(s->w, s->r, path, &why);
		if (rc == -ENOMEM || (rc < 0 && strcmp(path, s->r->path) == 0))
			return err_set(e, rc, "%s", why.text);
		if (rc < 0 && rc != -ENOENT)
			desk_log(&s->w->desk, "cannot watch %s", why.text);
		if (rc < 0)
			return 0;
	}
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool maildir = fd >= 0 && maildir_is(fd);
	if (fd >= 0)
		close(fd);
	return maildir ? add_box(s->w, s->r, path, e) : 0;
}

void roots_walk(struct watcher *w)
{
	for (size_t i = 0; i < w->nroots; i++) {
		struct root *r = &w->roots[i];
		struct err e = { 0 };
		if (!r->walk)
			continue;
		r->walk = false;
		int rc = tree_walk(r->path, visit, &(struct search){ w, r }, &e);
		if (rc < 0 && !r->missing)
			desk_log(&w->desk, "%s; waiting for it", e.text);
		else if (rc == 0 && r->missing)
			desk_log(&w->desk, "%s is back", r->path);
		r->missing = rc < 0;
		if (rc < 0)
			watcher_recheck(w);
	}
}

void roots_news(struct watcher *w, unsigned id, enum backend_news news)
{
	size_t i = id - ROOT_ID;

	if (i >= w->nroot_dirs || !w->root_dirs[i].backend)
		return;
	w->root_dirs[i].root->walk = true;
	if (news == BACKEND_LOST)
		drop(&w->root_dirs[i]);
}

int roots_init(struct watcher *w, struct err *e)
{
	const struct watch_setup *s = w->setup;

	w->roots = calloc(s->nfolders + 1, sizeof(*w->roots));
	if (!w->roots)
		return err_sys(e, ENOMEM, "cannot watch");
	for (size_t i = 0; i < s->nfolders; i++) {
		const struct watch_folder *conf = &s->folders[i];
		if (!conf->recursive || conf->state.take == WATCH_PAUSE ||
		    strncmp(conf->url, FOLDER_SCHEME, strlen(FOLDER_SCHEME)) != 0)
			continue;
		w->roots[w->nroots++] = (struct root){ .conf = conf,
			                               .path = conf->url + strlen(FOLDER_SCHEME),
			                               .walk = true };
	}
	return 0;
}

void roots_free(struct watcher *w)
{
	for (size_t i = 0; i < w->nroot_dirs; i++)
		free(w->root_dirs[i].path);
	free(w->root_dirs);
	free(w->roots);
}

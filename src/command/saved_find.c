/* Where saved searches are, and which one is meant. */
#include "saved.h"

#include "config.h"
#include "folder.h"

#include "../base/grow.h"
#include "../mail/format.h"
#include "../store/search.h"

#include <dirent.h>
#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_SHOWN_MAX = 100 }; /* bytes of an output's name in the name of its directory */

int saved_top(const struct cmd *c, enum saved_whose whose, struct buf *out, struct err *e)
{
	int rc = store_place_default(c, out, e);
	if (rc < 0)
		return rc;
	out->len = (size_t)(strrchr(out->data, '/') - out->data);
	buf_adds(out, whose == SAVED_OURS ? "/csaved-searches" : "/saved-searches");
	buf_cstr(out);
	return buf_ok(out) ? 0 : err_set(e, -ENOMEM, "out of memory");
}

/* Absolute, by no link, as far as it exists. */
static int real_path(const char *path, struct buf *out, struct err *e)
{
	struct buf url = { 0 };
	int rc = folder_url_of_path(path, &url, e);
	if (rc == 0) {
		buf_adds(out, folder_path(url.data));
		buf_cstr(out);
		rc = buf_ok(out) ? 0 : err_set(e, -ENOMEM, "out of memory");
	}
	buf_free(&url);
	return rc;
}

static void add_name(struct buf *out, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	for (size_t i = 0; i < NAME_SHOWN_MAX && name[i] != '\0'; i++)
		buf_addc(out, name[i] > ' ' || name[i] < 0 ? name[i] : '_');
}

/* The original hashes the path as it was given, ours the one behind all links. */
int saved_dir(const struct cmd *c, enum saved_whose whose, const char *path, struct buf *out,
              struct err *e)
{
	struct buf real = { 0 };
	int rc = saved_top(c, whose, out, e);
	if (rc == 0)
		rc = whose == SAVED_OURS ? real_path(path, &real, e)
		                         : absolute_path(path, &real, e);
	if (rc == 0) {
		char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256,
		                                        (const guchar *)real.data, real.len);
		buf_addc(out, '/');
		add_name(out, real.data);
		buf_addf(out, "-%s", sum);
		buf_cstr(out);
		g_free(sum);
		rc = buf_ok(out) ? 0 : err_set(e, -ENOMEM, "out of memory");
	}
	buf_free(&real);
	return rc;
}

/* ---- all of them ---- */

static int compare(const void *va, const void *vb)
{
	const struct saved *a = va, *b = vb;
	if (a->path == NULL || b->path == NULL)
		return (a->path == NULL) - (b->path == NULL);
	return strcmp(a->path, b->path);
}

/* One that is broken is there all the same, with its trouble. */
static int load_any(const char *dir, struct saved *ret, struct err *e)
{
	int rc = saved_load(dir, ret, e);
	if (rc == 0 || rc == -ENOENT)
		return rc;
	struct saved s = { .trouble = strdup(e->text) };
	buf_adds(&s.dir, dir);
	buf_cstr(&s.dir);
	if (s.trouble == NULL || !buf_ok(&s.dir)) {
		saved_free(&s);
		return err_set(e, -ENOMEM, "out of memory");
	}
	*ret = s;
	return 0;
}

/* What is no search (yet) is passed over. */
static int add(struct saved_list *l, const char *dir, struct err *e)
{
	struct saved s = { 0 };
	int rc = load_any(dir, &s, e);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	struct saved *v = grow(l->v, l->n, &l->cap, sizeof(*v));
	if (v == NULL) {
		saved_free(&s);
		return err_set(e, -ENOMEM, "out of memory");
	}
	l->v = v;
	l->v[l->n++] = s;
	return 0;
}

static int add_each(struct saved_list *l, const char *top, DIR *dir, struct err *e)
{
	int rc = 0;
	for (struct dirent *d; rc == 0 && (d = readdir(dir)) != NULL;) {
		struct buf path = { 0 };
		if (d->d_name[0] == '.')
			continue;
		buf_addf(&path, "%s/%s", top, d->d_name);
		rc = add(l, buf_cstr(&path), e);
		buf_free(&path);
	}
	return rc;
}

int saved_load_all(const struct cmd *c, enum saved_whose whose, struct saved_list *ret,
                   struct err *e)
{
	struct saved_list l = { 0 };
	struct buf top = { 0 };
	int rc = saved_top(c, whose, &top, e);
	DIR *dir = rc == 0 ? opendir(top.data) : NULL;
	if (rc == 0 && dir == NULL && errno != ENOENT)
		rc = err_sys(e, errno, "%s", top.data);
	if (dir != NULL) {
		rc = add_each(&l, top.data, dir, e);
		closedir(dir);
	}
	buf_free(&top);
	if (l.n > 0)
		qsort(l.v, l.n, sizeof(*l.v), compare);
	if (rc < 0)
		saved_list_free(&l);
	else
		*ret = l;
	return rc;
}

void saved_list_free(struct saved_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		saved_free(&l->v[i]);
	free(l->v);
	*l = (struct saved_list){ 0 };
}

/* ---- one of them ---- */

static bool leads_there(const struct saved *s, const char *plain, const char *real)
{
	struct buf other = { 0 };
	struct err ignored;
	if (s->path == NULL)
		return false;
	bool same = strcmp(s->path, plain) == 0 ||
	            (real_path(s->path, &other, &ignored) == 0 && strcmp(other.data, real) == 0);
	buf_free(&other);
	return same;
}

static int find_by_path(const struct cmd *c, enum saved_whose whose, const char *path,
                        struct saved *ret, struct err *e)
{
	struct buf plain = { 0 }, real = { 0 };
	struct saved_list l = { 0 };
	int rc = absolute_path(path, &plain, e);
	if (rc == 0)
		rc = real_path(path, &real, e);
	if (rc == 0)
		rc = saved_load_all(c, whose, &l, e);
	if (rc == 0)
		rc = -ENOENT;
	for (size_t i = 0; rc == -ENOENT && i < l.n; i++) {
		if (leads_there(&l.v[i], plain.data, real.data)) {
			*ret = l.v[i];
			l.v[i] = (struct saved){ 0 };
			rc = 0;
		}
	}
	saved_list_free(&l);
	buf_free(&plain);
	buf_free(&real);
	return rc;
}

static int find(const struct cmd *c, enum saved_whose whose, const char *path, struct saved *ret,
                struct err *e)
{
	struct buf dir = { 0 };
	int rc = saved_dir(c, whose, path, &dir, e);
	if (rc == 0)
		rc = load_any(dir.data, ret, e);
	buf_free(&dir);
	return rc == -ENOENT ? find_by_path(c, whose, path, ret, e) : rc;
}

int saved_find(const struct cmd *c, enum saved_whose whose, const char *arg, struct saved *ret,
               struct err *e)
{
	const char *path;
	int rc = *arg != '\0' ? find(c, whose, arg, ret, e) : -ENOENT;
	if (rc == -ENOENT && mail_format_split(arg, &path) != MAIL_UNKNOWN && *path != '\0')
		rc = find(c, whose, path, ret, e);
	return rc == -ENOENT ? err_set(e, rc,
	                               "%s: no search is saved for it; `lei ls-search' "
	                               "shows those that are",
	                               arg)
	                     : rc;
}

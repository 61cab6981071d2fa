#include "group.h"

#include "../base/err.h"
#include "../mail/maildir.h"
#include "bring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { COMPLAINTS_MAX = 1000 };

struct member { /* one name */
	const char *name;
	bool known; /* mail_sync has it */
	bool odd; /* there, but no mail */
	bool there; /* and where: */
	int dir;
	dev_t dev;
	ino_t ino;
	kw_set base; /* known */
	char oid[41]; /* known */
	bool done;
};

struct group {
	struct desk *d;
	struct folder *f;
	const struct folder_dirs *dirs;
	struct names known; /* keeps the texts */
	struct member *v; /* a mail has one name, perhaps two for a moment */
	size_t n, cap;
};

/* ---- who belongs to it ---- */

static struct member *member(struct group *g, const char *name)
{
	for (size_t i = 0; i < g->n; i++)
		if (strcmp(g->v[i].name, name) == 0)
			return &g->v[i];
	if (g->n == g->cap) {
		size_t cap = g->cap ? g->cap * 2 : 4;
		struct member *p = reallocarray(g->v, cap, sizeof(*p));
		if (!p)
			return NULL;
		g->v = p;
		g->cap = cap;
	}
	g->v[g->n] = (struct member){ .name = name };
	return &g->v[g->n++];
}

static int take_known(void *rock, const struct sync_file *file)
{
	struct group *g = rock;

	if (names_add(&g->known, file->name) < 0)
		return -ENOMEM;
	struct member *m = member(g, g->known.v[g->known.n - 1].text);
	if (!m)
		return -ENOMEM;
	m->known = true;
	m->base = file->base;
	memcpy(m->oid, file->oid, sizeof(m->oid));
	return 0;
}

/* Without following links; what is no regular file is not there. */
static int look_for(struct group *g, struct member *m)
{
	struct stat st;

	for (int i = 0; i < FOLDER_DIRS && !m->there; i++) {
		if (g->dirs->fd[i] < 0)
			continue;
		if (fstatat(g->dirs->fd[i], m->name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno != ENOENT && errno != ENAMETOOLONG)
				return -errno;
			continue;
		}
		if (!S_ISREG(st.st_mode)) {
			m->odd = true;
			continue;
		}
		m->there = true;
		m->dir = g->dirs->fd[i];
		m->dev = st.st_dev;
		m->ino = st.st_ino;
	}
	return 0;
}

static int gather(struct group *g, const struct name *v, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (!member(g, v[i].text))
			return err_sys(e, ENOMEM, "cannot watch %s", g->f->path);
	int rc = sync_named(g->d->store, g->f->url, v->text, v->unique, take_known, g, e);
	for (size_t i = 0; rc == 0 && i < g->n; i++) {
		rc = look_for(g, &g->v[i]);
		if (rc < 0)
			err_put_sys(e, -rc, "cannot look at %s/%s", g->f->path, g->v[i].name);
	}
	return rc;
}

/* ---- what has become of them ---- */

static bool is_lost(const struct member *m)
{
	return m->known && !m->there && !m->done;
}

static bool is_found(const struct member *m)
{
	return m->there && !m->known && !m->done;
}

static bool is_known(const struct member *m)
{
	return m->known;
}

static bool is_present(const struct member *m)
{
	return m->there || m->odd;
}

static size_t count(const struct group *g, bool (*is)(const struct member *))
{
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++)
		n += is(&g->v[i]);
	return n;
}

static struct member *first(struct group *g, bool (*is)(const struct member *))
{
	for (size_t i = 0; i < g->n; i++)
		if (is(&g->v[i]))
			return &g->v[i];
	return NULL;
}

/* Trash keeps the base that it had before: if it ever comes back, its flags are compared with
 * that, and until then they say nothing. */
static int renamed(struct group *g, struct member *from, struct member *to, struct err *e)
{
	bool trash = maildir_is_trash(to->name);
	struct edit ed = { .op = EDIT_RENAME,
		           .folder = g->f->url,
		           .name = from->name,
		           .to = to->name,
		           .kw = trash ? from->base : kw_from_maildir(to->name) & KW_MAILDIR,
		           .news = !trash };

	from->done = to->done = true;
	g->d->counts.renamed++;
	g->d->counts.changed += ed.news && ed.kw != from->base;
	return desk_edit(g->d, &ed, e);
}

static void complain(struct group *g, const struct member *m, int rc)
{
	struct folder *f = g->f;

	f->doubt = true;
	g->d->counts.failed++;
	for (size_t i = 0; i < f->failed.n; i++)
		if (strcmp(f->failed.v[i].text, m->name) == 0)
			return;
	if (f->failed.n == COMPLAINTS_MAX || names_add(&f->failed, m->name) < 0)
		return;
	desk_log(g->d, "cannot read %s/%s/%s: %s", f->path,
	         folder_dir_names[m->dir == g->dirs->fd[FOLDER_NEW]], m->name, strerror(-rc));
}

static struct member *lost_with(struct group *g, const char *oid)
{
	for (size_t i = 0; i < g->n; i++)
		if (is_lost(&g->v[i]) && strcmp(g->v[i].oid, oid) == 0)
			return &g->v[i];
	return NULL;
}

static int suspect(struct group *g, struct member *m, struct err *e)
{
	m->done = true;
	return names_add(&g->f->suspects, m->name) < 0
	           ? err_sys(e, ENOMEM, "cannot watch %s", g->f->path)
	           : 0;
}

/* Read it: either it is one of those that are lost, or it is new. */
static int meet(struct group *g, struct member *m, struct err *e)
{
	struct mail mail;
	int rc = mail_open(g->d, m->dir, m->name, &mail);

	if (rc == -ENOENT) /* renamed just now */
		return suspect(g, m, e);
	m->done = true;
	if (rc < 0)
		complain(g, m, rc);
	if (rc <= 0)
		return 0;
	struct member *from = lost_with(g, mail.msg.oid);
	if (from)
		rc = renamed(g, from, m, e);
	else
		rc = maildir_is_trash(m->name) ? 0 : bring(g->d, g->f, m->name, &mail, e);
	mail_done(&mail);
	return rc;
}

/* Where a rename is made of link and unlink, both names are there for a moment. */
static bool is_link(const struct group *g, const struct member *m)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->v[i].known && g->v[i].there && g->v[i].ino == m->ino &&
		    g->v[i].dev == m->dev)
			return true;
	return false;
}

static int settle(struct group *g, struct err *e)
{
	struct member *m;
	int rc = 0;

	/* Listed, but gone already: nothing else would tell its new name. */
	if (g->f->scanning && !count(g, is_known) && !count(g, is_present))
		return suspect(g, &g->v[0], e);
	for (size_t i = 0; i < g->n; i++)
		if (is_found(&g->v[i]) && is_link(g, &g->v[i]))
			g->v[i].done = true;
	if (count(g, is_lost) == 1 && count(g, is_found) == 1)
		return renamed(g, first(g, is_lost), first(g, is_found), e);
	while (rc == 0 && (m = first(g, is_found)) != NULL) {
		if (maildir_is_trash(m->name) && !count(g, is_lost))
			m->done = true;
		else
			rc = meet(g, m, e);
	}
	while (rc == 0 && (m = first(g, is_lost)) != NULL)
		rc = suspect(g, m, e);
	return rc;
}

int group_settle(struct desk *d, struct folder *f, const struct folder_dirs *dirs,
                 const struct name *v, size_t n, struct err *e)
{
	struct group g = { .d = d, .f = f, .dirs = dirs };
	int rc = gather(&g, v, n, e);

	if (rc == 0)
		rc = settle(&g, e);
	names_free(&g.known);
	free(g.v);
	return rc;
}

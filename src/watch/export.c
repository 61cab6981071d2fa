#include "export.h"

#include "../base/err.h"
#include "../mail/maildir.h"
#include "round.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_MAX = 256 }; /* per step; a message with more copies takes one step of its own */

struct copy { /* a file of a message */
	struct folder *f;
	char *name;
	int64_t docid;
	kw_set base;
	kw_set kw; /* what it is to have */
	kw_set stored; /* what the message has */
};

struct copies {
	struct export *x;
	struct copy *v;
	size_t n, cap;
	int64_t last; /* docid */
	bool more;
};

/* ---- renaming ---- */

/* Never over an existing file. */
static int move(int from_dir, const char *from, int to_dir, const char *to)
{
	if (renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	/* a file system that cannot: a link does not replace either */
	if (linkat(from_dir, from, to_dir, to, 0) < 0)
		return -errno;
	return unlinkat(from_dir, from, 0) < 0 ? -errno : 0;
}

int export_rename(const struct folder_dirs *dirs, const char *from, const char *to)
{
	int rc = -ENOENT;

	if (dirs->fd[FOLDER_CUR] < 0)
		return -ENOTDIR;
	for (int i = 0; rc == -ENOENT && i < FOLDER_DIRS; i++) {
		struct stat st;
		if (dirs->fd[i] < 0)
			continue;
		if (strcmp(from, to) == 0) /* it may stay in new/ */
			rc = fstatat(dirs->fd[i], from, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
		else
			rc = move(dirs->fd[i], from, dirs->fd[FOLDER_CUR], to);
	}
	return rc;
}

/* ---- one copy ---- */

static int note(struct desk *d, const struct folder *f, const char *name, const char *to, kw_set kw,
                struct err *e)
{
	const struct edit ed = {
		.op = EDIT_RENAME, .folder = f->url, .name = name, .to = to, .kw = kw
	};

	return desk_edit(d, &ed, e);
}

/* A folder that cannot be written to is complained of once, an occupied name each time: it is not
 * tried again until the keywords change. */
static void complain(struct desk *d, struct folder *f, const char *name, int rc)
{
	d->counts.failed++;
	if (rc != f->write_rc)
		desk_log(d, "cannot write keywords of %s/cur/%s: %s", f->path, name, strerror(-rc));
	if (rc != -EEXIST)
		f->write_rc = rc;
}

/* 1 when file and message agree now, 0 when not yet. */
static int write_copy(struct export *x, const struct copy *c, struct err *e)
{
	struct desk *d = x->d;
	struct folder_dirs dirs;
	kw_set set = c->kw & ~c->base, clear = c->base & ~c->kw;
	kw_set kw = ((kw_from_maildir(c->name) & KW_MAILDIR) | set) & ~clear;

	if (maildir_is_trash(c->name) || !name_with_kw(c->name, kw, &d->name))
		return 1; /* cannot hold them */
	if (c->f->want_scan || c->f->scanning) { /* what it says itself comes first */
		x->again = true;
		return 0;
	}
	int rc = folder_open(c->f, &dirs, e);
	if (rc < 0)
		return 0; /* not there: it is scanned when it comes back */
	rc = export_rename(&dirs, c->name, d->name.data);
	folder_close(&dirs);
	x->again = x->again || rc == -ENOENT;
	if (rc == -ENOENT) /* an MUA was quicker: look where it is now, then we are asked again */
		return round_miss(c->f, c->name, e);
	if (rc < 0) {
		complain(d, c->f, c->name, rc);
		return rc == -EEXIST;
	}
	c->f->write_rc = 0;
	d->counts.written++;
	rc = note(d, c->f, c->name, d->name.data, kw, e);
	return rc < 0 ? rc : 1;
}

/* ---- the messages ---- */

static int take_copy(void *rock, const struct sync_file *file)
{
	struct copies *cs = rock;

	if (cs->n >= FILES_MAX && file->docid != cs->last) {
		cs->more = true;
		return 1;
	}
	if (cs->n == cs->cap) {
		size_t cap = cs->cap ? cs->cap * 2 : 16;
		struct copy *v = reallocarray(cs->v, cap, sizeof(*v));
		if (!v)
			return -ENOMEM;
		cs->v = v;
		cs->cap = cap;
	}
	struct copy *c = &cs->v[cs->n];
	*c = (struct copy){ .f = cs->x->folder(cs->x->rock, file->url),
		            .docid = file->docid,
		            .base = file->base & KW_MAILDIR,
		            .kw = (file->kw | file->own) & KW_MAILDIR,
		            .stored = file->kw };
	if (c->f && !(c->name = strdup(file->name)))
		return -ENOMEM;
	cs->last = file->docid;
	cs->n++;
	return 0;
}

/* The copies v[0..n) of one message. */
static int write_message(struct export *x, const struct copy *v, size_t n, struct err *e)
{
	const struct edit settled = { .op = EDIT_SETTLED, .docid = v->docid, .kw = v->stored };
	bool agree = true;

	for (size_t i = 0; i < n; i++) {
		if (!v[i].f || v[i].base == v[i].kw)
			continue;
		int rc = write_copy(x, &v[i], e);
		if (rc < 0)
			return rc;
		agree = agree && rc > 0;
	}
	if (!agree || x->keep)
		return 0;
	x->settled++;
	return desk_edit(x->d, &settled, e);
}

static int write_all(const struct copies *cs, struct err *e)
{
	int rc = 0;

	for (size_t i = 0, n; rc == 0 && i < cs->n; i += n) {
		for (n = 1; i + n < cs->n && cs->v[i + n].docid == cs->v[i].docid; n++)
			;
		rc = write_message(cs->x, &cs->v[i], n, e);
	}
	return rc;
}

int export_step(struct export *x, struct err *e)
{
	struct copies cs = { .x = x };

	int rc = sync_waiting(x->d->store, x->all, x->after, take_copy, &cs, e);
	if (rc == -ENOMEM)
		err_put_sys(e, ENOMEM, "cannot write keywords");
	if (rc >= 0)
		rc = write_all(&cs, e);
	for (size_t i = 0; i < cs.n; i++)
		free(cs.v[i].name);
	free(cs.v);
	if (rc == 0)
		rc = desk_commit(x->d, e);
	if (rc == 0 && cs.n)
		x->after = cs.last;
	return rc < 0 ? rc : cs.more;
}

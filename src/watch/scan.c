/* Commands that work on one folder at once, without the watcher. */
#include "../base/err.h"
#include "../event/event.h"
#include "../mail/maildir.h"
#include "../store/pause.h"
#include "export.h"
#include "round.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void add_counts(struct watch_counts *to, const struct watch_counts *c)
{
	to->seen += c->seen;
	to->added += c->added;
	to->renamed += c->renamed;
	to->gone += c->gone;
	to->changed += c->changed;
	to->written += c->written;
	to->failed += c->failed;
}

static int scan(struct desk *d, struct folder *f, struct err *e)
{
	int rc;

	round_scan(f);
	do {
		rc = round_step(d, f, e);
		if (rc == ROUND_LATER)
			pause_ms((int)(ROUND_PAUSE / (EVENT_SECOND / 1000)));
		int committed = rc >= 0 && !f->work.n ? desk_commit(d, e) : 0;
		rc = committed < 0 ? committed : rc;
	} while (rc > 0);
	return rc;
}

int watch_scan(const struct watch_setup *setup, const struct watch_folder *wf, int conn,
               struct watch_counts *ret, struct err *e)
{
	struct desk d;
	struct folder f = { 0 };
	int rc = desk_open(&d, setup, conn, e);

	if (rc == 0)
		rc = folder_init(&f, wf, e);
	if (rc == 0)
		rc = scan(&d, &f, e);
	add_counts(ret, &d.counts);
	folder_done(&f);
	desk_close(&d);
	return rc;
}

/* ---- export ---- */

static struct folder *this_one(void *rock, const char *url)
{
	struct folder *f = rock;

	return strcmp(f->url, url) == 0 ? f : NULL;
}

/* What files say is noted first, so that nothing of it is lost. */
static int merge(struct desk *d, struct folder *f, struct err *e)
{
	struct export x = { .d = d, .folder = this_one, .rock = f, .all = true, .keep = true };
	int rc;

	do {
		rc = scan(d, f, e);
		x.after = 0;
		while (rc == 0 && (rc = export_step(&x, e)) == 1)
			rc = 0;
	} while (rc == 0 && folder_busy(f));
	return rc;
}

struct known { /* a file by the store's word */
	char *name;
	kw_set kw;
};
struct replacing {
	struct desk *d;
	struct folder *f;
	struct folder_dirs dirs;
	struct names there;
	struct known *v;
	size_t n, cap;
};

static int take_known(void *rock, const struct sync_file *file)
{
	struct replacing *r = rock;

	if (file->docid == 0)
		return 0;
	if (r->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 64;
		struct known *v = reallocarray(r->v, cap, sizeof(*v));
		if (!v)
			return -ENOMEM;
		r->v = v;
		r->cap = cap;
	}
	r->v[r->n] = (struct known){ strdup(file->name), file->kw & KW_MAILDIR };
	return r->v[r->n].name ? (int)(r->n++, 0) : -ENOMEM;
}

/* The name that it has now; NULL when it is gone. */
static const char *name_now(const struct names *there, const char *name)
{
	size_t n;
	const struct name *v = names_find(there, name, name_unique(name), &n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].text, name) == 0)
			return v[i].text;
	return n == 1 ? v->text : NULL;
}

static int replace_one(struct replacing *r, const struct known *k, struct err *e)
{
	struct desk *d = r->d;
	const char *now = name_now(&r->there, k->name);

	if (!now || maildir_is_trash(now) || !name_with_kw(now, k->kw, &d->name))
		return 0;
	if (kw_from_maildir(now) == k->kw && strcmp(now, k->name) == 0)
		return 0;
	int rc = kw_from_maildir(now) == k->kw ? 0 : export_rename(&r->dirs, now, d->name.data);
	const char *to = kw_from_maildir(now) == k->kw ? now : d->name.data;
	if (rc < 0) {
		d->counts.failed++;
		desk_log(d, "cannot write keywords of %s/cur/%s: %s", r->f->path, now,
		         strerror(-rc));
		return 0;
	}
	const struct edit ed = {
		.op = EDIT_RENAME, .folder = r->f->url, .name = k->name, .to = to, .kw = k->kw
	};
	d->counts.written += to != now;
	rc = desk_edit(d, &ed, e);
	return rc == 0 && desk_full(d) ? desk_put(d, e) : rc;
}

static int replace(struct desk *d, struct folder *f, struct err *e)
{
	struct replacing r = { .d = d, .f = f };
	bool certain;
	int rc = folder_open(f, &r.dirs, e);

	if (rc < 0)
		return rc;
	rc = folder_list(f, &r.dirs, &r.there, &certain, e);
	if (rc == 0)
		rc = sync_files(d->store, f->url, take_known, &r, e);
	for (size_t i = 0; rc == 0 && i < r.n; i++)
		rc = replace_one(&r, &r.v[i], e);
	if (rc == 0)
		rc = desk_commit(d, e);
	for (size_t i = 0; i < r.n; i++)
		free(r.v[i].name);
	free(r.v);
	names_free(&r.there);
	folder_close(&r.dirs);
	return rc;
}

int watch_export(const struct watch_setup *setup, const char *url, bool set, int conn,
                 struct watch_counts *ret, struct err *e)
{
	const struct watch_folder wf = { .url = url, .state = { WATCH_TAG, true }, .labels = "" };
	struct desk d;
	struct folder f = { 0 };
	int rc = desk_open(&d, setup, conn, e);

	if (rc == 0)
		rc = folder_init(&f, &wf, e);
	if (rc == 0)
		rc = set ? replace(&d, &f, e) : merge(&d, &f, e);
	add_counts(ret, &d.counts);
	folder_done(&f);
	desk_close(&d);
	return rc;
}

#include "round.h"

#include "../base/err.h"
#include "../mail/maildir.h"
#include "group.h"

#include <errno.h>
#include <string.h>

enum {
	HEARD_MAX = 16 << 10, /* names; beyond, a scan costs less than remembering */
	GROUPS_MAX = 512, /* looked at in one step */
	TRIES_MAX = 50, /* listings of a directory that never rests; then we believe them */
};

int round_hear(struct folder *f, const char *name, struct err *e)
{
	if (f->want_scan)
		return 0;
	if (f->heard.n >= HEARD_MAX) {
		round_scan(f);
		return 0;
	}
	return names_add(&f->heard, name) < 0 ? err_sys(e, ENOMEM, "cannot watch %s", f->path) : 0;
}

int round_miss(struct folder *f, const char *name, struct err *e)
{
	for (size_t i = 0; i < f->suspects.n; i++)
		if (strcmp(f->suspects.v[i].text, name) == 0)
			return 0;
	return round_hear(f, name, e);
}

void round_scan(struct folder *f)
{
	f->want_scan = true;
	names_free(&f->heard);
}

/* ---- a scan: what the directory and mail_sync do not agree on is heard of ---- */

static int take_known(void *rock, const struct sync_file *file)
{
	return names_add(rock, file->name);
}

/* Both are sorted: hear of every group that is not the same in both. */
static int compare(struct folder *f, const struct names *there, const struct names *known)
{
	size_t i = 0, k = 0;
	int rc = 0;

	while (rc == 0 && (i < there->n || k < known->n)) {
		int c = i == there->n   ? 1
		        : k == known->n ? -1
		                        : name_compare(&there->v[i], &known->v[k]);
		if (c < 0 && !maildir_is_trash(there->v[i].text))
			rc = names_add(&f->heard, there->v[i].text);
		else if (c < 0 && k < known->n && name_same_mail(&there->v[i], &known->v[k]))
			rc = names_add(&f->heard, there->v[i].text);
		else if (c < 0 && k > 0 && name_same_mail(&there->v[i], &known->v[k - 1]))
			rc = names_add(&f->heard, there->v[i].text);
		else if (c > 0)
			rc = names_add(&f->heard, known->v[k].text);
		i += c <= 0;
		k += c >= 0;
	}
	return rc;
}

static int begin_scan(struct desk *d, struct folder *f, struct folder_dirs *dirs, struct err *e)
{
	struct names there = { 0 }, known = { 0 };
	bool certain;
	int rc = folder_look(dirs, &f->look);

	names_free(&f->heard);
	names_free(&f->work);
	names_free(&f->suspects);
	f->at = 0;
	f->doubt = !folder_look_certain(&f->look);
	f->want_scan = false;
	f->scanning = true;
	if (rc < 0)
		err_put_sys(e, -rc, "cannot look at %s", f->path);
	if (rc == 0)
		rc = folder_list(f, dirs, &there, &certain, e);
	if (rc == 0)
		rc = sync_files(d->store, f->url, take_known, &known, e);
	names_sort(&known);
	d->counts.seen += there.n;
	if (rc == 0 && compare(f, &there, &known) < 0)
		rc = err_sys(e, ENOMEM, "cannot scan %s", f->path);
	names_free(&there);
	names_free(&known);
	if (rc < 0)
		f->want_scan = true;
	return rc;
}

static int end_scan(struct desk *d, struct folder *f, struct err *e)
{
	const struct edit made = { .op = EDIT_FOLDER, .folder = f->url };
	struct edit scanned = { .op = EDIT_SCANNED, .folder = f->url };
	int rc = desk_edit(d, &made, e);

	if (!f->doubt)
		scanned.look = f->look;
	f->scanning = false;
	return rc == 0 ? desk_edit(d, &scanned, e) : rc;
}

/* ---- suspects ---- */

static int gone(struct desk *d, struct folder *f, const char *name, struct err *e)
{
	const struct edit ed = { .op = EDIT_GONE, .folder = f->url, .name = name };

	d->counts.gone++;
	return desk_edit(d, &ed, e);
}

/* A suspect is cleared by any other name of the same mail: all are looked at again.  (Not for ever:
 * that name may be what we do not take for mail.) */
static int judge(struct desk *d, struct folder *f, const struct name *suspect,
                 const struct names *there, bool certain, struct names *again, struct err *e)
{
	size_t n;
	const struct name *v = names_find(there, suspect->text, suspect->unique, &n);
	int rc = 0;

	if (f->tries >= TRIES_MAX)
		return gone(d, f, suspect->text, e);
	if (!n)
		return certain ? gone(d, f, suspect->text, e) : names_add(again, suspect->text);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = names_add(&f->heard, v[i].text);
	return rc == 0 ? names_add(&f->heard, suspect->text) : rc;
}

static int clear_suspects(struct desk *d, struct folder *f, struct folder_dirs *dirs, struct err *e)
{
	struct names there = { 0 }, again = { 0 };
	struct folder_look look;
	bool certain = false;

	f->tries++;
	if (f->tries < TRIES_MAX && folder_look(dirs, &look) == 0 && !folder_look_certain(&look))
		return 0; /* a listing now would prove nothing */
	int rc = folder_list(f, dirs, &there, &certain, e);

	for (size_t i = 0; rc == 0 && i < f->suspects.n; i++) {
		rc = judge(d, f, &f->suspects.v[i], &there, certain, &again, e);
		if (rc == 0 && desk_full(d))
			rc = desk_put(d, e);
	}
	names_free(&there);
	if (rc < 0) {
		names_free(&again);
		return rc;
	}
	names_free(&f->suspects);
	f->suspects = again;
	return 0;
}

/* ---- steps ---- */

static int look_at_work(struct desk *d, struct folder *f, struct folder_dirs *dirs, struct err *e)
{
	int rc = 0;

	if (f->at == f->work.n) {
		names_free(&f->work);
		f->work = f->heard;
		f->heard = (struct names){ 0 };
		f->at = 0;
		names_sort(&f->work);
	}
	for (int i = 0; rc == 0 && i < GROUPS_MAX && f->at < f->work.n && !desk_full(d); i++) {
		const struct name *v = &f->work.v[f->at];
		size_t n = 1;
		while (f->at + n < f->work.n && name_same_mail(v, &v[n]))
			n++;
		rc = group_settle(d, f, dirs, v, n, e);
		f->at += n;
	}
	if (f->at == f->work.n) {
		names_free(&f->work);
		f->at = 0;
	}
	return rc;
}

static int step(struct desk *d, struct folder *f, struct folder_dirs *dirs, struct err *e)
{
	if (f->want_scan)
		return begin_scan(d, f, dirs, e);
	if (f->heard.n || f->work.n)
		return look_at_work(d, f, dirs, e);
	if (f->suspects.n)
		return clear_suspects(d, f, dirs, e);
	return f->scanning ? end_scan(d, f, e) : 0;
}

int round_step(struct desk *d, struct folder *f, struct err *e)
{
	struct folder_dirs dirs;
	int rc = folder_open(f, &dirs, e);

	if (rc < 0)
		return rc;
	bool judged = !f->want_scan && !f->heard.n && !f->work.n && f->suspects.n;
	rc = step(d, f, &dirs, e);
	folder_close(&dirs);
	if (rc == 0 && desk_full(d))
		rc = desk_put(d, e);
	if (rc < 0)
		return rc;
	if (!folder_busy(f)) {
		f->tries = 0;
		return ROUND_DONE;
	}
	return judged && f->suspects.n && !f->heard.n ? ROUND_LATER : ROUND_MORE;
}

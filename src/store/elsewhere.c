/* See elsewhere.h. */
#include "elsewhere.h"

#include "../base/err.h"
#include "../mail/maildir.h"
#include "../mail/message_identity.h"
#include "../mail/source.h"
#include "sync.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAILDIR "maildir:"

enum { FOLDERS_MAX = 8 }; /* kept open */

struct folder {
	char *path;
	struct maildir_lookup *lookup;
};

struct elsewhere {
	struct folder folders[FOLDERS_MAX];
	size_t next; /* the one to be replaced */
};

static void folder_close(struct folder *f)
{
	maildir_lookup_close(f->lookup);
	free(f->path);
	*f = (struct folder){ 0 };
}

void elsewhere_free(struct elsewhere *x)
{
	for (size_t i = 0; x && i < FOLDERS_MAX; i++)
		folder_close(&x->folders[i]);
	free(x);
}

static int folder_open(struct elsewhere *x, const char *path, struct maildir_lookup **ret,
                       struct err *e)
{
	for (size_t i = 0; i < FOLDERS_MAX; i++)
		if (x->folders[i].path && strcmp(x->folders[i].path, path) == 0) {
			*ret = x->folders[i].lookup;
			return 0;
		}
	struct folder f = { .path = strdup(path) };
	int rc = f.path ? maildir_lookup_open(path, &f.lookup, e) : err_sys(e, ENOMEM, "%s", path);
	if (rc < 0) {
		free(f.path);
		return rc;
	}
	folder_close(&x->folders[x->next]);
	x->folders[x->next] = f;
	x->next = (x->next + 1) % FOLDERS_MAX;
	*ret = f.lookup;
	return 0;
}

/* ---- one blob ---- */

struct search {
	struct elsewhere *x;
	const char *oid;
	struct buf *out;
	struct err first; /* why it was not in the first file */
	bool any;
};

static int check(void *rock, const struct maildir_mail *m, struct err *e)
{
	struct search *w = rock;
	char oid[41];

	buf_reset(w->out);
	if (mail_canon(m->data, m->len, w->out, NULL) < 0 || !buf_ok(w->out))
		return err_sys(e, ENOMEM, "cannot read %s", m->name);
	identity_oid(w->out->data, w->out->len, oid);
	return strcmp(oid, w->oid) == 0;
}

/* 1 found; a file that has gone or cannot be read leaves the others. */
static int look_in(void *rock, const struct sync_file *f)
{
	struct search *w = rock;
	struct maildir_lookup *lookup;
	struct err e = { .text = "" };
	const size_t n = strlen(MAILDIR);
	int rc = -EINVAL;

	if (strncmp(f->url, MAILDIR, n) == 0)
		rc = folder_open(w->x, f->url + n, &lookup, &e);
	if (rc == 0)
		rc = maildir_lookup(lookup, f->name, check, w, &e);
	if (rc == 0)
		err_put(&e, "%s has gone from %s, or is another message now", f->name, f->url);
	if (rc <= 0 && !w->any)
		w->first = e;
	w->any = true;
	return rc == -ENOMEM || rc > 0 ? rc : 0;
}

int elsewhere_read(struct store *s, const char *oid, struct buf *out, struct err *e)
{
	if (!s->elsewhere)
		s->elsewhere = calloc(1, sizeof(*s->elsewhere));
	if (!s->elsewhere)
		return err_sys(e, ENOMEM, "message %s", oid);
	struct search w = { .x = s->elsewhere, .oid = oid, .out = out };
	int rc = sync_of(s, oid, 0, look_in, &w, e);

	if (rc > 0)
		return 0;
	buf_reset(out);
	if (rc < 0)
		return rc == -ENOMEM ? err_sys(e, ENOMEM, "message %s", oid) : rc;
	return err_set(e, -ESTALE, "message %s is only indexed: %s", oid,
	               w.any ? w.first.text : "no file of it is known any more");
}

/* See q_sync.h. */
#include "q_sync.h"

#include "config.h"
#include "folder.h"
#include "importer.h"
#include "sync_folder.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool replaces(const struct q_sync *s)
{
	return !option_on(&s->c->inv, OPT_AUGMENT, false);
}

int q_sync_open(struct q_sync *s, struct cmd *c, const struct dest *dest, struct err *e)
{
	struct stat st;
	*s = (struct q_sync){ .c = c, .dest = dest, .edits = { .conn = -1 } };
	if (dest->kind != DEST_MAIL || dest->path == NULL)
		return 0;
	s->old = stat(dest->path, &st) == 0 &&
	         (S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) && st.st_size > 0));
	int rc = store_place(c, &s->dir, e);
	if (rc == 0 && dest->format == MAIL_MAILDIR && option_on(&c->inv, OPT_MAIL_SYNC, true))
		rc = folder_url_of_path(dest->path, &s->url, e);
	return rc;
}

/* ---- before ---- */

/* Every message, as `lei import` would. */
static int import_old(const struct q_sync *s, struct err *e)
{
	struct store_counts counts;
	struct importer im = { .c = s->c,
		               .marks = { .take_kw = true, .labels = "" },
		               .sync = s->url.len > 0 };
	const struct inputs in = { .paths = (const char *[]){ s->dest->path },
		                   .n = 1,
		                   .format = s->dest->format };
	int rc = importer_open(&im, e);
	if (rc < 0)
		return rc;
	rc = importer_read(&im, &in, 0, e);
	if (rc != 0) {
		importer_abort(&im);
		return rc;
	}
	return importer_finish(&im, &counts, e);
}

/* What mail_sync knows need not be read again, unless its bytes are nowhere else. */
static int take_folder(const struct q_sync *s, struct err *e)
{
	const struct edit make = { .op = EDIT_FOLDER, .folder = s->url.data, .wrote = true };
	struct folder_stat stat = { 0 };
	struct store_counts counts;
	int rc = edits_send(s->c, s->dir.data, &make, 1, &counts, e);
	if (rc == 0)
		rc = sync_folder_stat(s->dir.data, s->url.data, &stat, e);
	if (rc < 0)
		return rc;
	if (stat.alone > 0 && replaces(s))
		return import_old(s, e);
	return sync_folder_scan(s->c, s->dir.data, s->url.data, WATCH_IMPORT, e);
}

/* To replace it would lose mail. */
static int check_alone(const struct q_sync *s, struct err *e)
{
	struct folder_stat stat = { 0 };
	int rc = s->url.len > 0 && replaces(s)
	             ? sync_folder_stat(s->dir.data, s->url.data, &stat, e)
	             : 0;
	if (rc < 0 || stat.alone == 0)
		return rc < 0 ? rc : 0;
	return err_set(e, -EEXIST,
	               "%s has the only copy of messages that are indexed, so it is not replaced",
	               s->dest->shown.data);
}

int q_sync_before(struct q_sync *s, struct err *e)
{
	if (!s->old)
		return 0;
	if (!option_on(&s->c->inv, OPT_IMPORT_BEFORE, true))
		return check_alone(s, e);
	int rc = s->url.len > 0 ? take_folder(s, e) : import_old(s, e);
	if (rc < 0)
		err_prefix(e, "%s is not changed since it cannot be imported before",
		           s->dest->shown.data);
	return rc;
}

/* ---- after ---- */

/* The folder comes first: it is ours, and not just where a file was found. */
static int begin_edits(struct q_sync *s, struct err *e)
{
	const struct edit make = { .op = EDIT_FOLDER, .folder = s->url.data, .wrote = true };
	int rc = edits_open(&s->edits, s->c, s->dir.data, e);
	return rc == 0 ? edits_add(&s->edits, &make, e) : rc;
}

int q_sync_written(void *rock, const struct written *f, struct err *e)
{
	struct q_sync *s = rock;
	struct edit ed = { .op = f->gone ? EDIT_GONE : EDIT_FILE,
		           .folder = s->url.data,
		           .name = f->name,
		           .kw = f->kw,
		           .own = f->own };
	if (!f->gone)
		memcpy(ed.oid, f->oid, strlen(f->oid) + 1);
	int rc = s->edits.conn < 0 ? begin_edits(s, e) : 0;
	return rc == 0 ? edits_add(&s->edits, &ed, e) : rc;
}

int q_sync_after(struct q_sync *s, struct err *e)
{
	struct folder_stat stat;
	struct store_counts counts;
	if (s->url.len == 0)
		return 0;
	int known = sync_folder_stat(s->dir.data, s->url.data, &stat, e);
	int rc = known < 0 ? known : s->edits.conn < 0 ? begin_edits(s, e) : 0;
	if (rc == 0)
		rc = edits_commit(&s->edits, &counts, e);
	if (rc == 0 && known == 0)
		rc = call_watch_reload(s->c->call, e);
	return rc;
}

void q_sync_close(struct q_sync *s)
{
	edits_close(&s->edits);
	buf_free(&s->dir);
	buf_free(&s->url);
}

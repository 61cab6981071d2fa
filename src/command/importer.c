/* See importer.h. */
#include "importer.h"

#include "../event/event.h"
#include "config.h"
#include "folder.h"
#include "sync_folder.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

/* ---- progress: a line that is rewritten, on a terminal ---- */

static void show_progress(struct importer *im)
{
	int64_t now = event_now(LOOP_MONOTONIC);
	if (now - im->shown < EVENT_SECOND / 10)
		return;
	im->shown = now;
	fprintf(im->c->call->err, "\r# %" PRIu64 " messages, %.1f MB ", im->count,
	        (double)im->bytes / 1e6);
}

void importer_end_progress(struct importer *im)
{
	if (im->progress && im->shown != 0)
		fprintf(im->c->call->err, "\r\033[K");
	im->shown = 0;
}

/* ---- reading ---- */

static int take_mail(void *rock, const struct raw_mail *m, struct err *e)
{
	struct importer *im = rock;
	int rc = pipeline_add(&im->pipe, m, im->folder.len > 0 ? im->folder.data : NULL, e);
	if (rc < 0) {
		im->broken = true;
		return rc;
	}
	im->count++;
	im->bytes += m->len;
	if (im->progress && im->count % 64 == 0)
		show_progress(im);
	return 0;
}

/* The folder becomes known even if it is empty. */
static int begin_folder(struct importer *im, struct err *e)
{
	const struct edit make = { .op = EDIT_FOLDER, .folder = im->folder.data };
	struct folder_stat stat;
	int known = sync_folder_stat(im->dir.data, im->folder.data, &stat, e);
	if (known == 0) {
		im->new_folder = true;
		return pipeline_edit(&im->pipe, &make, e);
	}
	if (known > 0 && im->marks.take_kw)
		known = sync_folder_scan(im->c, im->dir.data, im->folder.data, WATCH_TAG, e);
	return known < 0 ? known : 0;
}

int importer_read(struct importer *im, const struct inputs *in, size_t i, struct err *e)
{
	uint64_t count = 0;
	struct err odd; /* no Maildir: whoever reads it says so */
	int rc = 0;
	buf_reset(&im->folder);
	if (im->sync)
		rc = inputs_folder(in, i, &im->folder, e);
	if (rc == 0 && im->folder.len > 0 && folder_check(im->folder.data, &odd) == 0)
		rc = begin_folder(im, e);
	if (rc == 0)
		rc = inputs_read(in, i, take_mail, im, &count, e);
	if (rc != 0)
		importer_end_progress(im);
	return rc;
}

/* ---- begin and end ---- */

int importer_open(struct importer *im, struct err *e)
{
	const struct invocation *inv = &im->c->inv;
	int rc = store_place(im->c, &im->dir, e);
	im->pipe = (struct pipeline){ .conn = -1,
		                      .jobs = im->jobs > 0 ? (size_t)im->jobs : pool_cpus(),
		                      .marks = im->marks,
		                      .errs = im->c->call->err,
		                      .queue = { -1, -1 } };
	im->progress = isatty(STDERR_FILENO) && !option_on(inv, OPT_QUIET, false);
	if (rc == 0)
		rc = call_store(im->c->call, im->dir.data, e);
	if (rc < 0) {
		importer_abort(im);
		return rc;
	}
	im->pipe.conn = rc;
	return 0;
}

static void close_all(struct importer *im)
{
	importer_end_progress(im);
	if (im->pipe.conn >= 0)
		close(im->pipe.conn);
	im->pipe.conn = -1;
	buf_free(&im->dir);
	buf_free(&im->folder);
}

void importer_abort(struct importer *im)
{
	pipeline_abort(&im->pipe);
	close_all(im);
}

int importer_finish(struct importer *im, struct store_counts *ret, struct err *e)
{
	int rc = pipeline_finish(&im->pipe, ret, e);
	if (rc == 0 && im->new_folder)
		rc = call_watch_reload(im->c->call, e);
	close_all(im);
	return rc;
}

/* lei import: mail from anywhere into the store, durable when we say so. */
#include "../event/event.h"
#include "config.h"
#include "import_pipeline.h"
#include "inputs.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

struct import {
	struct cmd *c;
	struct inputs in;
	struct pipeline pipe;
	uint64_t count, bytes;
	bool progress; /* a line that is rewritten, on a terminal */
	int64_t shown; /* when, monotonic; 0: never */
	bool broken; /* the pipeline failed: no use to read on */
};

static void show_progress(struct import *im)
{
	int64_t now = event_now(LOOP_MONOTONIC);
	if (now - im->shown < EVENT_SECOND / 10)
		return;
	im->shown = now;
	fprintf(im->c->call->err, "\r# %" PRIu64 " messages, %.1f MB ", im->count,
	        (double)im->bytes / 1e6);
}

static int take_mail(void *rock, const struct raw_mail *m, struct err *e)
{
	struct import *im = rock;
	int rc = pipeline_add(&im->pipe, m, e);
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

static void end_progress(struct import *im)
{
	if (im->progress && im->shown != 0)
		fprintf(im->c->call->err, "\r\033[K");
	im->progress = false;
}

/* Every input, even after one that could not be read to its end.  Returns how many failed. */
static size_t read_all(struct import *im)
{
	size_t failed = 0;
	for (size_t i = 0; i < im->in.n && !im->broken; i++) {
		struct err e = { .text = "" };
		uint64_t count = 0;
		if (inputs_read(&im->in, i, take_mail, im, &count, &e) == 0)
			continue;
		failed++;
		end_progress(im);
		cmd_fail_err(im->c, &e);
	}
	return failed;
}

static void tell(struct import *im, const struct store_counts *n, size_t failed)
{
	end_progress(im);
	if (failed > 0)
		fprintf(im->c->call->err,
		        "lei: import: what could be read is stored: %" PRIu64 " messages, %" PRIu64
		        " of them new\n",
		        n->seen, n->added);
	else if (isatty(STDERR_FILENO) || option_on(&im->c->inv, OPT_VERBOSE, false))
		cmd_note(im->c,
		         "imported %" PRIu64 " messages (%.1f MB): %" PRIu64 " new, %" PRIu64
		         " already there",
		         n->seen, (double)im->bytes / 1e6, n->added, n->duplicate);
}

static int import_all(struct import *im)
{
	struct err e = { .text = "" };
	struct store_counts counts = { 0 };
	size_t failed = read_all(im);
	if (im->broken) { /* the reason is told; say what it means */
		pipeline_abort(&im->pipe);
		return cmd_fail(im->c, "stopped after %" PRIu64 " messages, not all are stored",
		                im->count);
	}
	if (pipeline_finish(&im->pipe, &counts, &e) < 0) {
		end_progress(im);
		return cmd_fail_err(im->c, &e);
	}
	tell(im, &counts, failed);
	return failed > 0 ? 1 : 0;
}

static int open_store(struct cmd *c, int *ret, struct err *e)
{
	struct buf dir = { 0 };
	int rc = store_place(c, &dir, e);
	if (rc == 0)
		rc = call_store(c->call, dir.data, e);
	if (rc >= 0)
		*ret = rc;
	buf_free(&dir);
	return rc < 0 ? rc : 0;
}

static int64_t jobs_of(const struct cmd *c)
{
	int64_t jobs = option_number(&c->inv, OPT_JOBS, (int64_t)pool_cpus());
	return jobs > POOL_MAX ? POOL_MAX : jobs;
}

int cmd_import(struct cmd *c)
{
	struct import im = { .c = c };
	struct err e = { .text = "" };
	if (jobs_of(c) < 1)
		return cmd_fail(c, "--jobs must be at least 1");
	int rc = inputs_prepare(c, true, &im.in, &e);
	if (rc == 0)
		rc = open_store(c, &im.pipe.conn, &e);
	if (rc < 0) {
		inputs_free(&im.in);
		return cmd_fail_err(c, &e);
	}
	im.progress = isatty(STDERR_FILENO) && !option_on(&c->inv, OPT_QUIET, false);
	im.pipe.jobs = (size_t)jobs_of(c);
	im.pipe.errs = c->call->err;
	im.pipe.queue = (struct queue){ -1, -1 };
	im.pipe.marks = (struct marks){ .kw = im.in.kw,
		                        .take_kw = option_on(&c->inv, OPT_KW, true),
		                        .labels = im.in.labels.data };
	int status = import_all(&im);
	close(im.pipe.conn);
	inputs_free(&im.in);
	return status;
}

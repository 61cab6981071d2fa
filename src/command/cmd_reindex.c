/* lei reindex: the index made anew from the messages, while others go on. */
#include "config.h"
#include "edits.h"
#include "import_batch.h"
#include "reindexing.h"

#include "../event/event.h"
#include "../store/record.h"
#include "../store/reread.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

struct reindex {
	struct cmd *c;
	struct edits *x;
	struct encoder *encoder;
	bool progress;
	uint64_t done, all;
	int64_t shown;
	struct err *e;
};

static void show_progress(struct reindex *ri)
{
	int64_t now = event_now(LOOP_MONOTONIC);
	if (!ri->progress || now - ri->shown < EVENT_SECOND / 10)
		return;
	ri->shown = now;
	fprintf(ri->c->call->err, "\r# %" PRIu64 " of %" PRIu64 " messages ", ri->done, ri->all);
}

static int add(void *rock, int64_t docid, const struct message *m, bool words)
{
	struct reindex *ri = rock;
	const struct record_marks marks = { .docid = docid, .words_only = words, .labels = "" };
	int rc = record_encode(ri->encoder, m, NULL, 0, &marks, &ri->x->batch, ri->e);
	if (rc == 0 && ri->x->batch.len >= BATCH_BYTES)
		rc = edits_put(ri->x, ri->e);
	ri->done++;
	show_progress(ri);
	return rc;
}

/* All that are lacking; those that come in meanwhile are lacking the next time. */
static int add_lacking(struct reindex *ri, struct reread *r, struct err *e)
{
	struct store_counts n;
	uint64_t lacking = 0;
	int rc = reread_lacking(r, &lacking, e);
	ri->all = ri->done + lacking;
	if (rc == 0)
		rc = reread_each(r, add, ri, e);
	return rc == 0 ? edits_commit(ri->x, &n, e) : rc;
}

static int edit(struct edits *x, enum edit_op op, uint64_t *ret_unknown, struct err *e)
{
	const struct edit ed = { .op = op };
	struct store_counts n = { 0 };
	int rc = edits_add(x, &ed, e);
	if (rc == 0)
		rc = edits_commit(x, &n, e);
	*ret_unknown = n.unknown;
	return rc;
}

int reindex_run(struct cmd *c, struct edits *x, struct reread *r, uint64_t *ret_messages,
                struct err *e)
{
	struct reindex ri = { .c = c,
		              .x = x,
		              .progress = isatty(STDERR_FILENO) &&
		                          !option_on(&c->inv, OPT_QUIET, false),
		              .encoder = encoder_new(),
		              .e = e };
	uint64_t before, unknown = 0;
	int rc = ri.encoder != NULL ? edit(x, EDIT_REINDEX, &unknown, e)
	                            : err_set(e, -ENOMEM, "out of memory");
	do {
		before = unknown;
		if (rc == 0)
			rc = add_lacking(&ri, r, e);
		if (rc == 0)
			rc = edit(x, EDIT_REINDEXED, &unknown, e);
	} while (rc == 0 && unknown > before);
	if (ri.shown != 0)
		fprintf(c->call->err, "\r\033[K");
	encoder_free(ri.encoder);
	*ret_messages = ri.done;
	return rc;
}

int cmd_reindex(struct cmd *c)
{
	struct err e = { .text = "" };
	struct buf dir = { 0 };
	struct edits x = { .conn = -1 };
	struct reread *r = NULL;
	uint64_t messages = 0;
	message_setup();
	int rc = store_place(c, &dir, &e);
	if (rc == 0)
		rc = edits_open(&x, c, dir.data, &e);
	if (rc == 0)
		rc = store_ensure(x.conn, &e);
	if (rc == 0)
		rc = reread_open(dir.data, &r, &e);
	if (rc == 0)
		rc = reindex_run(c, &x, r, &messages, &e);
	if (rc == 0)
		cmd_note(c, "indexed %" PRIu64 " messages", messages);
	reread_close(r);
	edits_close(&x);
	buf_free(&dir);
	return rc < 0 ? cmd_fail_err(c, &e) : 0;
}

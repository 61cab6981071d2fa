/* See repair.h. */
#include "repair.h"

#include "edits.h"
#include "import_batch.h"
#include "reindexing.h"

#include "../mail/message.h"
#include "../store/record.h"
#include "../store/reread.h"

#include <errno.h>
#include <string.h>

void repair_note(struct repair *r, const struct damage *d)
{
	bool blob = strcmp(d->what, "blob") == 0 && *d->oid != '\0';
	if (blob && d->cure == CURE_BYTES && *d->is != '\0') {
		buf_add(&r->renamed, d->oid, strlen(d->oid) + 1);
		buf_add(&r->renamed, d->is, strlen(d->is) + 1);
	} else if (blob && d->cure == CURE_BYTES) {
		buf_add(&r->lost, d->oid, strlen(d->oid) + 1);
	} else if (blob && d->cure == CURE_REINDEX) {
		buf_add(&r->orphans, d->oid, strlen(d->oid) + 1);
	}
	r->failed = !buf_ok(&r->lost) || !buf_ok(&r->orphans) || !buf_ok(&r->renamed);
}

void repair_done(struct repair *r)
{
	buf_free(&r->lost);
	buf_free(&r->orphans);
	buf_free(&r->renamed);
}

struct mending {
	struct edits x;
	struct reread *r;
	struct encoder *encoder;
	struct buf raw;
};

static int edit(struct mending *m, enum edit_op op, const char *oid, const char *to, struct err *e)
{
	struct edit ed = { .op = op, .to = to };
	memcpy(ed.oid, oid, sizeof(ed.oid));
	return edits_add(&m->x, &ed, e);
}

/* The bytes that were read, as of a message that comes in. */
static int store_again(struct mending *m, struct err *e)
{
	const struct record_marks marks = { .labels = "" };
	struct message msg = { 0 };
	int rc = message_parse(m->raw.data, m->raw.len, &msg, e);
	if (rc == 0)
		rc = record_encode(m->encoder, &msg, m->raw.data, m->raw.len, &marks, &m->x.batch,
		                   e);
	message_done(&msg);
	return rc == 0 && m->x.batch.len >= BATCH_BYTES ? edits_put(&m->x, e) : rc;
}

/* Set aside; a file that has the same bytes gives them back. */
static int mend_lost(struct mending *m, const char *oid, struct err *e)
{
	struct err why = { .text = "" };
	int rc = edit(m, EDIT_LOST, oid, NULL, e);
	if (rc == 0 && reread_blob(m->r, oid, false, &m->raw, &why) == 0)
		rc = store_again(m, e);
	return rc;
}

/* A blob whose message is gone: it comes in again. */
static int mend_orphan(struct mending *m, const char *oid, struct err *e)
{
	struct err why = { .text = "" };
	if (reread_blob(m->r, oid, true, &m->raw, &why) < 0)
		return 0;
	int rc = edit(m, EDIT_REMOVE, oid, NULL, e);
	return rc == 0 ? store_again(m, e) : rc;
}

#define EACH(p, list)                                                                              \
	for (const char *p = (list)->data; p && p < (list)->data + (list)->len; p += 41)

static int mend_all(struct cmd *c, struct mending *m, const struct repair *r, struct err *e)
{
	struct store_counts n;
	uint64_t messages;
	const struct edit begin = { .op = EDIT_REINDEX }; /* rows are found by what it makes anew */
	int rc = edits_add(&m->x, &begin, e);
	EACH(p, &r->renamed)
	if (rc == 0) {
		rc = edit(m, EDIT_BLOB_IS, p, p + 41, e);
		p += 41;
	}
	EACH(p, &r->lost)
	if (rc == 0)
		rc = mend_lost(m, p, e);
	EACH(p, &r->orphans)
	if (rc == 0)
		rc = mend_orphan(m, p, e);
	if (rc == 0)
		rc = edits_commit(&m->x, &n, e);
	return rc == 0 ? reindex_run(c, &m->x, m->r, &messages, e) : rc;
}

int repair_run(struct cmd *c, const struct repair *r, const char *store_dir, struct err *e)
{
	struct mending m = { .x = { .conn = -1 }, .encoder = encoder_new() };
	int rc = r->failed || m.encoder == NULL ? err_set(e, -ENOMEM, "out of memory") : 0;
	message_setup();
	if (rc == 0)
		rc = edits_open(&m.x, c, store_dir, e);
	if (rc == 0)
		rc = reread_open(store_dir, &m.r, e);
	if (rc == 0)
		rc = mend_all(c, &m, r, e);
	reread_close(m.r);
	edits_close(&m.x);
	encoder_free(m.encoder);
	buf_free(&m.raw);
	return rc;
}

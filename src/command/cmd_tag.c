/* lei tag, lei rm: what is done to messages that the store has. */
#include "config.h"
#include "edits.h"
#include "inputs.h"
#include "tag_others.h"

#include "../mail/message.h"
#include "../store/lookup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct tag {
	struct cmd *c;
	enum edit_op op; /* EDIT_MARK or EDIT_REMOVE */
	struct inputs in;
	struct store *store; /* NULL: there is none, so nothing is known */
	struct edits edits;
	struct tag_others others;
	uint64_t marked, unimported;
	bool broken; /* no use to read on */
};

static int mark(struct tag *t, const char *oid, struct err *e)
{
	struct edit ed = { .op = t->op,
		           .set = t->in.kw,
		           .clear = t->in.drop_kw,
		           .add_labels = t->in.labels.data,
		           .drop_labels = t->in.drop_labels.data };
	memcpy(ed.oid, oid, sizeof(ed.oid));
	t->marked++;
	return edits_add(&t->edits, &ed, e);
}

/* What came of looking into externals: 1, 0 or -errno. */
static int elsewhere(struct tag *t, int rc)
{
	t->unimported += rc == 0;
	return rc < 0 ? rc : 0;
}

/* ---- which messages ---- */

static int unknown(struct tag *t, const struct message *msg, const struct raw_mail *m,
                   struct err *e)
{
	bool tags = t->op == EDIT_MARK;
	int rc = tags ? tag_others_message(&t->others, msg, m->data, m->len, e) : 0;
	return elsewhere(t, rc);
}

static int take_mail(void *rock, const struct raw_mail *m, struct err *e)
{
	struct tag *t = rock;
	struct message msg = { 0 };
	char oid[41];
	int rc = message_parse(m->data, m->len, &msg, e);
	bool parsed = rc == 0;
	if (rc == 0 && t->store != NULL)
		rc = lookup_message(t->store, &msg, oid, e);
	if (rc == 1)
		rc = mark(t, oid, e);
	else if (parsed && rc == 0)
		rc = unknown(t, &msg, m, e);
	message_done(&msg);
	t->broken = rc < 0;
	return rc;
}

static int take_oid(struct tag *t, const char *hex, struct err *e)
{
	char oid[41];
	int64_t docid;
	int rc = t->store != NULL ? lookup_blob(t->store, hex, &docid, oid, e) : -ENOENT;
	if (rc == 1)
		return mark(t, oid, e);
	if (rc != -ENOENT)
		return rc;
	return elsewhere(t, t->op == EDIT_MARK ? tag_others_oid(&t->others, hex, e) : 0);
}

struct by_mid {
	struct tag *t;
	struct err *e;
};

static int take_same_mid(void *rock, int64_t docid, const char *oid)
{
	struct by_mid *by = rock;
	(void)docid;
	return mark(by->t, oid, by->e);
}

/* "<a@b>" and "a@b" are the same. */
static int take_mid(struct tag *t, const char *mid, struct err *e)
{
	uint64_t before = t->marked;
	size_t len = strlen(mid);
	bool framed = len > 2 && mid[0] == '<' && mid[len - 1] == '>';
	char *bare = framed ? strndup(mid + 1, len - 2) : strdup(mid);
	int rc = bare == NULL ? err_set(e, -ENOMEM, "out of memory") : 0;
	if (rc == 0 && t->store != NULL)
		rc = lookup_mid(t->store, bare, take_same_mid, &(struct by_mid){ t, e }, e);
	if (rc == 0 && t->marked == before)
		rc = elsewhere(t, t->op == EDIT_MARK ? tag_others_mid(&t->others, bare, e) : 0);
	free(bare);
	return rc;
}

/* All that are named; a failure leaves the others. */
static int take_all(struct tag *t)
{
	const struct invocation *inv = &t->c->inv;
	struct err e = { .text = "" };
	int status = 0;
	for (size_t i = 0; i < inv->nvalues && !t->broken; i++) {
		const struct option_value *v = &inv->values[i];
		int rc = v->id == OPT_OID   ? take_oid(t, v->text, &e)
		         : v->id == OPT_MID ? take_mid(t, v->text, &e)
		                            : 0;
		if (rc < 0)
			status = cmd_fail_err(t->c, &e);
	}
	for (size_t i = 0; i < t->in.n && !t->broken; i++) {
		uint64_t count;
		if (inputs_read(&t->in, i, take_mail, t, &count, &e) != 0)
			status = cmd_fail_err(t->c, &e);
	}
	return status;
}

/* ---- begin and end ---- */

static int prepare(struct tag *t, struct err *e)
{
	struct buf dir = { 0 };
	bool tags = t->op == EDIT_MARK;
	int rc = inputs_prepare(t->c, tags ? MARKS_CHANGE : MARKS_NONE, &t->in, e);
	if (rc < 0)
		return rc;
	if (tags && !(t->in.kw | t->in.drop_kw) && t->in.labels.len == 1 &&
	    t->in.drop_labels.len == 1)
		return err_set(e, -EINVAL, "no keywords or labels specified");
	rc = store_place(t->c, &dir, e);
	if (rc == 0)
		rc = store_open(dir.data, &t->store, e);
	if (rc == -ENOENT)
		rc = 0;
	if (rc == 0)
		rc = edits_open(&t->edits, t->c, dir.data, e);
	buf_free(&dir);
	return rc;
}

static int finish(struct tag *t, struct err *e)
{
	struct store_counts n = { 0 };
	int rc = t->marked + t->others.found > 0 ? edits_commit(&t->edits, &n, e) : 0;
	if (rc < 0)
		return rc;
	t->unimported += n.unknown;
	/* Not kept back by --quiet: it was not done.  What is not there needs not be removed. */
	if (t->unimported > 0 && t->op == EDIT_MARK)
		fprintf(t->c->call->err, "lei: %s: %" PRIu64 " unimported messages\n",
		        t->c->inv.def->name, t->unimported);
	if (n.added > 0)
		cmd_note(t->c, "%" PRIu64 " messages of externals are imported", n.added);
	if (option_on(&t->c->inv, OPT_VERBOSE, false))
		cmd_note(t->c, "%" PRIu64 " messages, %" PRIu64 " of them %s",
		         t->marked - n.unknown, n.changed,
		         t->op == EDIT_MARK ? "changed" : "removed");
	return 0;
}

static int tag_or_remove(struct cmd *c, enum edit_op op)
{
	struct tag t = { .c = c, .op = op, .edits = { .conn = -1 } };
	struct err e = { .text = "" };
	int status = 0;
	t.others = (struct tag_others){ .c = c, .in = &t.in, .edits = &t.edits };
	message_setup();
	int rc = prepare(&t, &e);
	if (rc == 0)
		status = take_all(&t);
	if (rc == 0)
		rc = finish(&t, &e);
	tag_others_close(&t.others);
	edits_close(&t.edits);
	store_close(t.store);
	inputs_free(&t.in);
	return rc < 0 ? cmd_fail_err(c, &e) : status;
}

int cmd_tag(struct cmd *c)
{
	return tag_or_remove(c, EDIT_MARK);
}

int cmd_rm(struct cmd *c)
{
	return tag_or_remove(c, EDIT_REMOVE);
}

/* See tag_others.h. */
#include "tag_others.h"

#include "../mail/message.h"
#include "../store/lookup.h"

#include <errno.h>
#include <time.h>

/* Only when something is not in the own store. */
static int open_all(struct tag_others *o, struct err *e)
{
	if (o->open)
		return 0;
	o->encoder = encoder_new();
	int rc = o->encoder != NULL ? searched_open(o->c, &o->all, e)
	                            : err_set(e, -ENOMEM, "out of memory");
	o->open = rc == 0;
	return rc == -ENOENT ? 0 : rc; /* there is nothing to look in */
}

/* What is only taken away was not there. */
static int import(struct tag_others *o, struct message *m, const char *raw, size_t len,
                  struct err *e)
{
	const struct record_marks marks = { .kw = o->in->kw,
		                            .set_kw = true,
		                            .labels = o->in->labels.data,
		                            .folder = "",
		                            .name = "" };
	o->found++;
	if (o->in->kw == 0 && o->in->labels.len <= 1)
		return 1;
	if (m->sent == 0 && m->received == 0) /* no usable date: the day it came to us */
		m->sent = m->received = (int64_t)time(NULL);
	int rc = edits_add_message(o->edits, o->encoder, m, raw, len, &marks, e);
	return rc < 0 ? rc : 1;
}

int tag_others_message(struct tag_others *o, const struct message *m, const char *raw, size_t len,
                       struct err *e)
{
	char oid[41];
	struct message copy = *m;
	int rc = open_all(o, e), has = 0;
	for (size_t i = 0; i < o->all.n && rc == 0 && has == 0; i++) {
		if (o->all.v[i].location != NULL)
			has = lookup_message(o->all.v[i].store, m, oid, e);
	}
	return rc < 0 || has <= 0 ? (rc < 0 ? rc : has) : import(o, &copy, raw, len, e);
}

static int import_raw(struct tag_others *o, const struct buf *raw, struct err *e)
{
	struct message m = { 0 };
	int rc = message_parse(raw->data, raw->len, &m, e);
	if (rc == 0)
		rc = import(o, &m, raw->data, raw->len, e);
	message_done(&m);
	return rc;
}

int tag_others_oid(struct tag_others *o, const char *hex, struct err *e)
{
	struct buf raw = { 0 };
	int rc = open_all(o, e);
	if (rc == 0)
		rc = searched_blob(&o->all, hex, &raw, e);
	if (rc == 0)
		rc = import_raw(o, &raw, e);
	buf_free(&raw);
	return rc == -ENOENT ? 0 : rc;
}

struct by_mid {
	struct tag_others *o;
	struct store *store;
	struct err *e;
};

static int take(void *rock, int64_t docid, const char *oid)
{
	struct by_mid *by = rock;
	struct buf raw = { 0 };
	(void)docid;
	int rc = store_blob(by->store, oid, &raw, by->e);
	if (rc == 0)
		rc = import_raw(by->o, &raw, by->e);
	buf_free(&raw);
	return rc < 0 ? rc : 0;
}

int tag_others_mid(struct tag_others *o, const char *mid, struct err *e)
{
	uint64_t before = o->found;
	int rc = open_all(o, e);
	for (size_t i = 0; i < o->all.n && rc == 0; i++) {
		struct by_mid by = { o, o->all.v[i].store, e };
		if (o->all.v[i].location != NULL)
			rc = lookup_mid(by.store, mid, take, &by, e);
	}
	return rc < 0 ? rc : o->found > before;
}

void tag_others_close(struct tag_others *o)
{
	searched_close(&o->all);
	encoder_free(o->encoder);
}

/* See q_out.h. */
#include "q_out.h"

#include "locks.h"
#include "q_json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WRITE_AT = 64 << 10 }; /* bytes to collect before a write */

static int write_out(struct q_out *o)
{
	if (!buf_ok(&o->buf))
		return err_set(o->e, -ENOMEM, "out of memory");
	int rc = cmd_write(o->buf.data, o->buf.len, o->e);
	buf_reset(&o->buf);
	return rc;
}

static int write_if_much(struct q_out *o)
{
	return o->buf.len < WRITE_AT ? 0 : write_out(o);
}

static int json_one(struct q_out *o, const struct hit *h)
{
	json_hit(&o->buf, h, o->pretty && o->dest->kind != DEST_JSONL);
	if (o->dest->kind == DEST_JSON)
		buf_adds(&o->buf, o->pretty ? "," : ",\n");
	else if (o->dest->kind == DEST_JSONL || !o->pretty)
		buf_addc(&o->buf, '\n');
	return write_if_much(o);
}

/* 1 with the bytes in o->raw, 0 when the file that has them has gone: that is told, and the rest
 * goes on. */
static int get_raw(struct q_out *o, const struct hit *h)
{
	int rc = store_raw(h->store != NULL ? h->store : o->store, h, &o->raw, o->e);
	if (rc != -ESTALE)
		return rc < 0 ? rc : 1;
	cmd_fail_err(o->c, o->e);
	o->lost++;
	o->count--;
	return 0;
}

static int mail_one(struct q_out *o, const struct hit *h)
{
	int rc = o->saved != NULL ? q_saved_had(o->saved, h, o->e) : 0;
	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = get_raw(o, h);
	if (rc <= 0)
		return rc;
	struct out_mail m = {
		.data = o->raw.data, .len = o->raw.len, .oid = h->oid, .kw = h->kw, .own = o->own
	};
	size_t n = mail_writer_count(o->mail);
	rc = mail_writer_put(o->mail, &m, o->e);
	return rc == 0 && o->saved != NULL ? q_saved_put(o->saved, h, n, o->e) : rc;
}

static int text_one(struct q_out *o, const struct hit *h)
{
	int rc = get_raw(o, h);
	if (rc <= 0)
		return rc;
	const struct text_mail m = { .raw = o->raw.data,
		                     .len = o->raw.len,
		                     .oid = h->oid,
		                     .received = h->received,
		                     .pct = h->pct,
		                     .kw = h->kw,
		                     .labels = h->labels };
	return text_out_put(&o->text, &m, o->e);
}

static enum writer_mode mode_of(const struct q_out *o)
{
	if (q_saved_repeats(o->saved))
		return WRITER_UPDATE;
	return option_on(&o->c->inv, OPT_AUGMENT, false) ? WRITER_AUGMENT : WRITER_REPLACE;
}

/* What an output has that the store may not know. */
static bool needs_look(const struct q_out *o)
{
	return !q_saved_repeats(o->saved) || !o->saved->untouched;
}

static int open_mail(struct q_out *o, const struct writer_opts *how)
{
	int rc = q_sync_open(&o->sync, o->c, o->dest, o->e);
	/* A search that is repeated knows what it has delivered. */
	q_dedupe_open(&o->dedupe, o->c, o->sync.old && how->mode == WRITER_AUGMENT);
	if (rc == 0)
		rc = dest_open(o->dest, how, &o->mail, o->e);
	if (rc == 0)
		rc = needs_look(o) ? q_sync_before(&o->sync, o->e) : 0;
	if (rc == 0 && o->sync.old && how->mode == WRITER_AUGMENT)
		rc = q_dedupe_read(&o->dedupe, o->dest, o->e);
	if (rc == 0 && o->saved != NULL)
		rc = q_saved_begin(o->saved, o->mail, o->dedupe.by, how->mode != WRITER_REPLACE,
		                   o->e);
	if (rc == 0 && o->sync.url.len > 0)
		mail_writer_tell(o->mail, q_sync_written, &o->sync);
	return rc;
}

int q_out_begin(struct q_out *o)
{
	const struct invocation *inv = &o->c->inv;
	struct lock_plan lock;
	const struct writer_opts how = {
		.mode = mode_of(o),
		.lock = &lock,
		.rsyncable = option_on(inv, OPT_RSYNCABLE, false),
	};
	o->threads = option_count(inv, OPT_THREADS);
	int rc = locks_wanted(inv, &lock, o->e);
	if (rc < 0)
		return rc;
	if (o->dest->kind == DEST_MAIL)
		return open_mail(o, &how);
	q_dedupe_open(&o->dedupe, o->c, false);
	if (dest_is_text(o->dest))
		return text_out_open(&o->text, &how, o->e);
	if (o->dest->kind == DEST_JSON)
		buf_addc(&o->buf, '[');
	return 0;
}

/* -tt shows which are the matches. */
static struct hit flagged(struct q_out *o, const struct hit *h)
{
	struct hit ret = *h;
	if (h->nth > o->cap)
		ret.nth = 0;
	o->own = o->threads > 1 && ret.nth > 0 ? KW_FLAGGED & ~h->kw : 0;
	ret.kw |= o->own;
	return ret;
}

static int write_hit(struct q_out *o, const struct hit *h)
{
	o->count++;
	switch (o->dest->kind) {
	case DEST_MAIL:
		return mail_one(o, h);
	case DEST_TEXT:
	case DEST_REPLY:
		return text_one(o, h);
	default:
		return json_one(o, h);
	}
}

/* To a saved search it is as good as delivered. */
static int skip_duplicate(struct q_out *o, const struct hit *h)
{
	o->duplicates++;
	return o->saved != NULL ? q_saved_put(o->saved, h, mail_writer_count(o->mail), o->e) : 0;
}

int q_out_hit(void *rock, const struct hit *h)
{
	struct q_out *o = rock;
	o->more = o->more || h->nth > o->cap;
	if (h->lead > o->cap)
		return 1;
	struct hit as = flagged(o, h);
	o->matches += as.nth > 0;
	return q_dedupe_hit(&o->dedupe, h) ? skip_duplicate(o, h) : write_hit(o, &as);
}

/* "# N written to X (N matches, N duplicates)" */
static void note_written(const struct q_out *o)
{
	uint64_t known = o->saved != NULL ? o->saved->old : 0;
	char duplicates[48] = "";
	if (o->duplicates > 0)
		snprintf(duplicates, sizeof(duplicates), ", %" PRIu64 " duplicates", o->duplicates);
	cmd_note(o->c, "%" PRIu64 " written to %s (%" PRIu64 " matches%s)", o->count - known,
	         o->dest->shown.data, o->matches, duplicates);
}

/* A search that is repeated and finds nothing new leaves an mbox as it is. */
static bool is_needless(const struct q_out *o)
{
	return q_saved_repeats(o->saved) && o->sync.old && o->dest->format != MAIL_MAILDIR &&
	       mail_writer_count(o->mail) == 0;
}

static int finish(struct q_out *o)
{
	if (o->dest->kind == DEST_JSON)
		buf_adds(&o->buf, "null]\n");
	else if (o->dest->kind == DEST_CONCATJSON)
		buf_addc(&o->buf, '\n');
	int rc = write_out(o);
	if (rc == 0 && dest_is_text(o->dest))
		rc = text_out_close(&o->text, o->e);
	if (rc == 0 && o->mail != NULL && !is_needless(o)) {
		rc = mail_writer_close(o->mail, o->e);
		o->mail = NULL;
		if (rc == 0 && o->saved != NULL)
			rc = q_saved_after(o->saved, o->e);
		if (rc == 0 && o->store != NULL) /* else nothing was found */
			rc = q_sync_after(&o->sync, o->e);
	}
	if (rc == 0 && o->dest->path != NULL)
		note_written(o);
	if (rc == 0 && o->more)
		cmd_note(o->c, "there are more matches than the default --limit=%" PRIi64, o->cap);
	return rc;
}

int q_out_end(struct q_out *o, bool failed)
{
	int rc = failed ? 0 : finish(o);
	mail_writer_abort(o->mail);
	o->mail = NULL;
	if (o->dest->kind == DEST_MAIL)
		q_sync_close(&o->sync);
	text_out_free(&o->text);
	q_dedupe_close(&o->dedupe);
	buf_free(&o->buf);
	buf_free(&o->raw);
	return rc;
}

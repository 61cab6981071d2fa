/* A reply to a message, as `git send-email` takes it once it is edited: to its author, copies to
 * everybody else, its text quoted. */
#include "message_fields.h"
#include "message_view.h"
#include "palette.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

/* Append all lines called `name` that say something, as they stand, joined by ", ". */
static void add_raw(const struct head *h, const char *name, struct buf *out)
{
	struct buf line = { 0 };
	size_t at = 0;
	for (struct slice s; head_next(h, name, &at, &s);) {
		if (slice_trim(s).len == 0)
			continue;
		buf_reset(&line);
		head_unfold(s, &line);
		buf_addf(out, "%s%s", out->len > 0 ? ", " : "", buf_cstr(&line));
	}
	out->failed |= line.failed;
	buf_free(&line);
}

static void put_field(struct view *v, const char *name, const struct buf *value, bool folded)
{
	buf_addf(v->out, "%s: ", name);
	(folded ? view_add_folded : view_add)(v->out, slice_of(value));
	buf_addc(v->out, '\n');
}

/* The first line of any of these names. */
static const char *first_of(const struct head *h, const char *const *names, struct buf *out)
{
	const char *ret = NULL;
	for (; *names && !ret; names++)
		ret = head_first(h, *names, out);
	return ret;
}

static void put_recipients(struct view *v, const struct head *h)
{
	static const char *const names[] = { "Reply-To", "From", "Sender", "To", "Cc", NULL };
	struct buf to = { 0 }, cc = { 0 };
	first_of(h, names, &to);
	add_raw(h, "To", &cc);
	add_raw(h, "Cc", &cc);
	if (slice_trim(slice_of(&to)).len > 0)
		put_field(v, "To", &to, true);
	if (cc.len > 0)
		put_field(v, "Cc", &cc, true);
	v->failed |= to.failed || cc.failed;
	buf_free(&to);
	buf_free(&cc);
}

/* Is there a "Re:" that is a word? */
static bool has_re(const char *s)
{
	for (const char *p = s; (p = strcasestr(p, "re:")); p++)
		if (p == s || !(isalnum((unsigned char)p[-1]) || p[-1] == '_'))
			return true;
	return false;
}

static void put_subject(struct view *v, const struct head *h)
{
	struct buf line = { 0 }, subject = { 0 };
	const char *text = head_first(h, "Subject", &line);
	if (text)
		field_decode(text, &subject);
	else
		buf_adds(&subject, "your mail");
	buf_reset(&line);
	buf_addf(&line, "%s%s", has_re(buf_cstr(&subject)) ? "" : "Re: ", buf_cstr(&subject));
	put_field(v, "Subject", &line, false);
	v->failed |= line.failed || subject.failed;
	buf_free(&line);
	buf_free(&subject);
}

static void put_parent(struct view *v, const struct head *h)
{
	struct buf id = { 0 };
	if (head_first(h, "Message-ID", &id))
		put_field(v, "In-Reply-To", &id, false);
	v->failed |= id.failed;
	buf_free(&id);
}

/* ---- "On DATE, NAME wrote:" ---- */

/* The first one's name, or what stands before the "@". */
static void take_name(void *rock, const char *name, const char *addr)
{
	struct buf *out = rock;
	if (out->len > 0)
		return;
	if (name)
		buf_adds(out, name);
	else if (addr)
		buf_add(out, addr, strcspn(addr, "@"));
}

static void put_introduction(struct view *v, const struct head *h)
{
	static const char *const author[] = { "From", "Sender", "Reply-To", NULL };
	struct buf line = { 0 }, decoded = { 0 }, name = { 0 }, date = { 0 };
	if (first_of(h, author, &line))
		field_decode_addresses(buf_cstr(&line), &decoded);
	message_addresses(buf_cstr(&decoded), take_name, &name);
	if (name.len == 0)
		buf_adds(&name, "unknown sender");
	if (!head_first(h, "Date", &date))
		buf_adds(&date, "some unknown date");
	buf_adds(v->out, "\nOn ");
	view_add(v->out, slice_of(&date));
	buf_adds(v->out, ", ");
	view_add(v->out, slice_of(&name));
	buf_adds(v->out, " wrote:\n");
	v->failed |= line.failed || decoded.failed || name.failed || date.failed;
	buf_free(&line);
	buf_free(&decoded);
	buf_free(&name);
	buf_free(&date);
}

/* ---- quotes ---- */

static void quote(struct buf *b, size_t from)
{
	struct buf old = { 0 };
	buf_add(&old, b->data + from, b->len - from);
	b->failed |= old.failed;
	b->len = from;
	for (size_t at = 0; at < old.len;) {
		const char *nl = memchr(old.data + at, '\n', old.len - at);
		size_t n = nl ? (size_t)(nl - old.data) + 1 - at : old.len - at;
		buf_adds(b, "> ");
		buf_add(b, old.data + at, n);
		at += n;
	}
	buf_free(&old);
}

int view_reply(struct view *v, struct part *top)
{
	size_t from = v->out->len;
	put_recipients(v, &top->head);
	put_subject(v, &top->head);
	put_parent(v, &top->head);
	palette_paint(v->opts->palette, COLOR_HEADER, v->out, from);
	put_introduction(v, &top->head);
	from = v->out->len;
	int rc = view_parts(v, top);
	if (rc == 0 && v->out->len > from)
		quote(v->out, from);
	return rc;
}

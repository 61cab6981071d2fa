#include "message.h"

#include "../base/err.h"
#include "message_date.h"
#include "message_decode.h"
#include "message_fields.h"
#include "message_identity.h"
#include "message_ids.h"
#include "message_text.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct parse {
	struct message *m;
	struct digest digest;
	struct buf text; /* of the part at hand */
	struct buf name; /* its file name */
	bool failed; /* out of memory */
};

void message_setup(void)
{
	struct sigaction pipe;

	sigaction(SIGPIPE, NULL, &pipe);
	g_mime_init(); /* GPGME, which it brings along, ignores SIGPIPE */
	sigaction(SIGPIPE, &pipe, NULL);
}

void message_done(struct message *m)
{
	free(m->subject);
	free(m->from);
	free(m->to);
	free(m->cc);
	buf_free(&m->mids);
	buf_free(&m->refs);
	buf_free(&m->lists);
	for (size_t f = 0; f < TEXT_FIELDS; f++)
		buf_free(&m->text[f]);
	*m = (struct message){ 0 };
}

/* ---- header ---- */

/* The buffer's memory becomes the caller's string. */
static char *take_string(struct buf *b)
{
	b->len = b->data ? utf8_cut(b->data, b->len, MESSAGE_FIELD_MAX) : 0;
	buf_cstr(b);
	return b->data;
}

static char *text_field(const struct head *h, const char *name)
{
	struct buf b = { 0 };
	field_text(h, name, &b);
	return take_string(&b);
}

static char *address_field(const struct head *h, const char *name)
{
	struct buf b = { 0 };
	field_addresses(h, name, &b);
	return take_string(&b);
}

static bool read_fields(const struct head *h, struct message *m)
{
	m->subject = text_field(h, "Subject");
	m->from = address_field(h, "From");
	m->to = address_field(h, "To");
	m->cc = address_field(h, "Cc");
	ids_own(h, &m->mids);
	ids_refs(h, &m->mids, &m->refs);
	ids_lists(h, &m->lists);
	return m->subject && m->from && m->to && m->cc && buf_ok(&m->mids) && buf_ok(&m->refs) &&
	       buf_ok(&m->lists);
}

static void read_dates(const struct head *h, struct message *m)
{
	bool sent = date_of_date(h, &m->sent);
	bool received = date_of_received(h, &m->received);
	if (!sent)
		m->sent = received ? m->received : 0;
	if (!received)
		m->received = m->sent;
}

static void index_list(struct message *m, enum text_field f, const struct buf *list)
{
	for (size_t at = 0; at < list->len; at += strlen(list->data + at) + 1)
		text_add(m, f, list->data + at, strlen(list->data + at));
}

static bool is_word_byte(char c)
{
	return g_ascii_isalnum(c) || c == '_' || (unsigned char)c >= 0x80;
}

/* Too many Message-IDs begin alike, as in "Pine.LNX.": those with a long run are indexed a second
 * time without their short ones. */
static void index_long_runs(struct message *m, const char *id)
{
	enum { LONG = 12, SHORT = 3 };
	struct buf runs = { 0 };
	size_t longest = 0;
	for (const char *p = id; *p;) {
		size_t n = 0;
		while (p[n] && is_word_byte(p[n]))
			n++;
		longest = n > longest ? n : longest;
		if (n >= SHORT) {
			buf_add(&runs, p, n);
			buf_addc(&runs, ' ');
		}
		p += n ? n : 1;
	}
	if (longest >= LONG)
		text_add(m, TEXT_MID, slice_of(&runs).p, runs.len);
	m->text[TEXT_MID].failed |= runs.failed;
	buf_free(&runs);
}

static void index_mids(struct message *m, const struct buf *mids)
{
	for (size_t at = 0; at < mids->len; at += strlen(mids->data + at) + 1) {
		text_add(m, TEXT_MID, mids->data + at, strlen(mids->data + at));
		index_long_runs(m, mids->data + at);
	}
}

static void index_fields(struct message *m, const struct message *from)
{
	text_add(m, TEXT_SUBJECT, from->subject, strlen(from->subject));
	text_add(m, TEXT_FROM, from->from, strlen(from->from));
	text_add(m, TEXT_TO, from->to, strlen(from->to));
	text_add(m, TEXT_CC, from->cc, strlen(from->cc));
	index_mids(m, &from->mids);
	index_list(m, TEXT_LIST, &from->lists);
}

/* A forwarded message is found by its own header, too. */
static bool index_embedded(struct message *m, const struct head *h)
{
	struct message inner = { 0 };
	bool ok = read_fields(h, &inner);
	if (ok)
		index_fields(m, &inner);
	message_done(&inner);
	return ok;
}

/* ---- parts ---- */

static void keep_text(struct parse *ps, struct slice piece)
{
	size_t room = text_room(ps->m);
	room = room > ps->text.len ? room - ps->text.len : 0;
	size_t n = utf8_cut(piece.p, piece.len, room);
	const char *nul;
	for (; (nul = memchr(piece.p, '\0', n));
	     n -= (size_t)(nul + 1 - piece.p), piece.p = nul + 1) {
		buf_add(&ps->text, piece.p, (size_t)(nul - piece.p));
		buf_addc(&ps->text, ' ');
	}
	buf_add(&ps->text, piece.p, n);
}

/* Decode a part once, for the digest and for the index. */
static void read_body(struct parse *ps, const struct part *p)
{
	/* The bytes of an embedded message are in the digest already, with its header. */
	bool digest = !p->inside;
	enum part_text kind = part_text_kind(p);
	bool index = kind == PART_TEXT;
	struct decode d;
	struct slice piece;

	if (!digest && !index)
		return;
	buf_reset(&ps->text);
	decode_open(&d, p, kind != PART_BINARY);
	while (decode_next(&d, &piece)) {
		if (digest && kind != PART_BINARY)
			digest_text(&ps->digest, piece);
		else if (digest)
			digest_bytes(&ps->digest, piece);
		if (index)
			keep_text(ps, piece);
	}
	ps->failed |= d.failed || !buf_ok(&ps->text);
	decode_close(&d);
	digest_text_end(&ps->digest);
	if (index && !ps->failed)
		text_add_lines(ps->m, slice_of(&ps->text));
}

static int read_part(void *rock, const struct part *p)
{
	struct parse *ps = rock;
	buf_reset(&ps->name);
	if (part_filename(p, &ps->name))
		text_add(ps->m, TEXT_FILENAME, ps->name.data, ps->name.len);
	if (p->embedded && !index_embedded(ps->m, &p->head))
		ps->failed = true;
	if (!p->inside)
		digest_part(&ps->digest, p, buf_cstr(&ps->name));
	read_body(ps, p);
	ps->failed |= !buf_ok(&ps->name);
	return ps->failed ? -ENOMEM : 0;
}

static int read_parts(struct parse *ps, struct part *top)
{
	digest_open(&ps->digest);
	digest_head(&ps->digest, ps->m, top);
	int walked = part_walk(top, read_part, ps);
	int closed = digest_close(&ps->digest, ps->m->content);
	buf_free(&ps->text);
	buf_free(&ps->name);
	return walked < 0 ? walked : closed;
}

static bool text_ok(const struct message *m)
{
	for (size_t f = 0; f < TEXT_FIELDS; f++)
		if (!buf_ok(&m->text[f]))
			return false;
	return true;
}

static uint64_t size_with_crlf(const char *raw, size_t len)
{
	uint64_t size = len;
	const char *p = raw, *end = raw + len;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
		size += p == raw || p[-1] != '\r';
		p++;
	}
	return size;
}

int message_parse(const char *raw, size_t len, struct message *ret, struct err *e)
{
	const char *text = raw ? raw : ""; /* NULL, 0 is a message, too */
	struct message m = { .size = size_with_crlf(text, len) };
	struct parse ps = { .m = &m };
	struct part top;

	if (part_open((struct slice){ text, len }, &top) < 0)
		return err_sys(e, ENOMEM, "cannot parse a message of %zu bytes", len);
	identity_oid(text, len, m.oid);
	bool ok = read_fields(&top.head, &m);
	if (ok) {
		read_dates(&top.head, &m);
		index_fields(&m, &m);
		ok = read_parts(&ps, &top) == 0 && text_ok(&m);
	}
	part_done(&top);
	if (!ok) {
		message_done(&m);
		return err_sys(e, ENOMEM, "cannot parse a message of %zu bytes", len);
	}
	*ret = m;
	return 0;
}

#include "message_identity.h"

#include "message_ids.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Trailing blanks held back per part; more than anyone types. */
enum { SPACE_MAX = 1 << 20 };

static void sum_add(GChecksum *sum, const char *p, size_t len)
{
	for (size_t n; len > 0; p += n, len -= n) {
		n = len < ((size_t)1 << 30) ? len : (size_t)1 << 30;
		g_checksum_update(sum, (const guchar *)p, (gssize)n);
	}
}

void identity_oid(const char *raw, size_t len, char oid[41])
{
	char head[32];
	int n = snprintf(head, sizeof head, "blob %zu", len) + 1;
	GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA1);
	sum_add(sum, head, (size_t)n);
	sum_add(sum, raw, len);
	snprintf(oid, 41, "%s", g_checksum_get_string(sum));
	g_checksum_free(sum);
}

void digest_open(struct digest *d)
{
	/* SHA-512, cut to 32 bytes: quicker than SHA-256 in GLib, and as hard to collide. */
	*d = (struct digest){ .sum = g_checksum_new(G_CHECKSUM_SHA512) };
}

static void add_named(struct digest *d, const char *name, struct slice value)
{
	sum_add(d->sum, name, strlen(name) + 1);
	sum_add(d->sum, value.p, value.len);
	sum_add(d->sum, "", 1);
}

static void add_string(struct digest *d, const char *name, const char *value)
{
	add_named(d, name, (struct slice){ value, strlen(value) });
}

void identity_address(const char *value, struct buf *b)
{
	bool domain = false;
	for (const char *c = value; *c; c++) {
		if (*c == '"')
			continue;
		bool blank = is_blank(*c);
		if (blank && b->len > 0 && b->data[b->len - 1] == ' ')
			continue;
		domain = !blank && (domain || *c == '@');
		buf_addc(b, blank ? ' ' : domain ? g_ascii_tolower(*c) : *c);
	}
}

static void add_addresses(struct digest *d, const char *name, const char *value)
{
	buf_reset(&d->plain);
	identity_address(value, &d->plain);
	add_named(d, name, slice_of(&d->plain));
}

static void add_lines(struct digest *d, const struct part *p, const char *name)
{
	size_t at = 0;
	for (struct slice v; head_next(&p->head, name, &at, &v);) {
		buf_reset(&d->plain);
		head_unfold(v, &d->plain);
		add_named(d, name, slice_of(&d->plain));
	}
}

void digest_head(struct digest *d, const struct message *m, const struct part *top)
{
	/* The same content under another Message-ID was meant to be another message. */
	if (m->mids.len > 0)
		add_string(d, "Message-ID", m->mids.data);
	for (size_t at = 0; at < m->refs.len; at += strlen(m->refs.data + at) + 1)
		if (!ids_has(&m->mids, m->refs.data + at))
			add_string(d, "ref", m->refs.data + at);
	if (*m->from)
		add_addresses(d, "From", m->from);
	else
		add_lines(d, top, "Sender");
	add_string(d, "Subject", m->subject);
	add_lines(d, top, "Date");
	add_addresses(d, "To", m->to);
	add_addresses(d, "Cc", m->cc);
}

void digest_part(struct digest *d, const struct part *p, const char *filename)
{
	sum_add(d->sum, "", 1);
	add_string(d, "part", p->index);
	if (*filename)
		add_string(d, "fn", filename);
	add_lines(d, p, "Content-Description");
	sum_add(d->sum, "b", 2);
}

void digest_bytes(struct digest *d, struct slice piece)
{
	sum_add(d->sum, piece.p, piece.len);
}

/* Take the "\r" before each "\n" out. */
static struct slice plain_lines(struct digest *d, struct slice s)
{
	if (!d->cr && !memchr(s.p, '\r', s.len))
		return s;
	buf_reset(&d->plain);
	while (s.len > 0) {
		if (d->cr && *s.p != '\n')
			buf_addc(&d->plain, '\r');
		const char *cr = memchr(s.p, '\r', s.len);
		size_t n = cr ? (size_t)(cr - s.p) : s.len;
		buf_add(&d->plain, s.p, n);
		d->cr = cr != NULL;
		n += cr ? 1 : 0;
		s.p += n;
		s.len -= n;
	}
	return slice_of(&d->plain);
}

void digest_text(struct digest *d, struct slice piece)
{
	struct slice s = plain_lines(d, piece);
	size_t end = s.len;
	while (end > 0 && is_blank(s.p[end - 1]))
		end--;
	if (end > 0 || d->space.len > SPACE_MAX) {
		sum_add(d->sum, d->space.data, d->space.len);
		buf_reset(&d->space);
		sum_add(d->sum, s.p, end);
	}
	buf_add(&d->space, s.p + end, s.len - end);
}

void digest_text_end(struct digest *d)
{
	d->cr = false;
	buf_reset(&d->space);
}

int digest_close(struct digest *d, uint8_t ret[32])
{
	guint8 sum[64];
	gsize len = sizeof sum;
	bool ok = buf_ok(&d->plain) && buf_ok(&d->space);
	g_checksum_get_digest(d->sum, sum, &len);
	g_checksum_free(d->sum);
	buf_free(&d->plain);
	buf_free(&d->space);
	if (!ok)
		return -ENOMEM;
	memcpy(ret, sum, 32);
	return 0;
}

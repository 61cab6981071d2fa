#include "message_explain.h"

#include "message_decode.h"
#include "message_fields.h"
#include "message_identity.h"
#include "message_ids.h"
#include "message_leaf.h"

#include <errno.h>
#include <string.h>

struct explain {
	struct buf *out;
	GChecksum *sum;
	struct buf line, value, piece;
};

/* ---- how it is written: a list of lines, each quoted as Perl does ---- */

static void add_quoted(struct buf *out, struct slice s)
{
	static const char from[] = "\a\b\t\n\f\r\x1b", to[] = "abtnfre";
	buf_addc(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];
		const char *known = c != 0 ? strchr(from, c) : NULL;
		bool digit = i + 1 < s.len && g_ascii_isdigit(s.p[i + 1]);
		if (known != NULL)
			buf_addf(out, "\\%c", to[known - from]);
		else if (c < ' ' || c >= 0x7f)
			buf_addf(out, digit ? "\\%03o" : "\\%o", c);
		else if (strchr("\"\\$@", c) != NULL)
			buf_addf(out, "\\%c", c);
		else
			buf_addc(out, (char)c);
	}
	buf_addc(out, '"');
}

/* What Perl takes for a number it does not quote. */
static bool is_number(struct slice s)
{
	bool minus = s.len > 1 && *s.p == '-';
	const char *p = s.p + minus;
	size_t n = s.len - minus;
	if (n == 1 && *p == '0' && !minus)
		return true;
	if (n == 0 || n > 9 || *p == '0')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!g_ascii_isdigit(p[i]))
			return false;
	}
	return true;
}

static void add_list(struct buf *out, struct slice s)
{
	const char *sep = "\n  ";
	buf_addc(out, '[');
	while (s.len > 0) {
		const char *nl = memchr(s.p, '\n', s.len);
		struct slice line = { s.p, nl != NULL ? (size_t)(nl - s.p) + 1 : s.len };
		buf_adds(out, sep);
		if (is_number(line))
			buf_add(out, line.p, line.len);
		else
			add_quoted(out, line);
		sep = ",\n  ";
		s.p += line.len;
		s.len -= line.len;
	}
	buf_adds(out, *sep == ',' ? "\n]\n" : "]\n");
}

static void take(struct explain *x, const char *p, size_t len)
{
	g_checksum_update(x->sum, (const guchar *)p, (gssize)len);
	add_list(x->out, (struct slice){ p, len });
}

static void take_named(struct explain *x, const char *name, struct slice value)
{
	buf_reset(&x->piece);
	buf_add(&x->piece, name, strlen(name) + 1);
	buf_add(&x->piece, value.p, value.len);
	buf_addc(&x->piece, '\0');
	take(x, slice_of(&x->piece).p, x->piece.len);
}

/* ---- header ---- */

/* False when there is no line called `name`. */
static bool take_lines(struct explain *x, const struct head *h, const char *name, bool addresses)
{
	size_t at = 0;
	struct slice v;
	struct buf plain = { 0 };
	bool any = false;
	for (; head_next(h, name, &at, &v); any = true) {
		buf_reset(&x->line);
		buf_reset(&x->value);
		buf_reset(&plain);
		head_unfold(v, &x->line);
		(addresses ? field_decode_addresses : field_decode)(buf_cstr(&x->line), &x->value);
		if (addresses)
			identity_address(buf_cstr(&x->value), &plain);
		take_named(x, name, slice_of(addresses ? &plain : &x->value));
	}
	x->out->failed |= plain.failed;
	buf_free(&plain);
	return any;
}

static void take_head(struct explain *x, const struct head *h)
{
	struct buf own = { 0 }, refs = { 0 };
	ids_own(h, &own);
	ids_refs(h, &own, &refs);
	for (size_t at = 0; at < refs.len; at += strlen(refs.data + at) + 1) {
		const char *id = refs.data + at;
		if (!ids_has(&own, id))
			take_named(x, "ref", (struct slice){ id, strlen(id) });
	}
	if (!take_lines(x, h, "From", true))
		take_lines(x, h, "Sender", true);
	take_lines(x, h, "Subject", false);
	take_lines(x, h, "Date", false);
	take_lines(x, h, "To", true);
	take_lines(x, h, "Cc", true);
	x->out->failed |= own.failed || refs.failed;
	buf_free(&own);
	buf_free(&refs);
}

/* ---- parts ---- */

static void take_text(struct explain *x, const char *p, size_t len)
{
	buf_reset(&x->piece);
	for (size_t i = 0; i < len; i++) {
		if (p[i] != '\r' || i + 1 == len || p[i + 1] != '\n')
			buf_addc(&x->piece, p[i]);
	}
	while (x->piece.len > 0 && is_blank(x->piece.data[x->piece.len - 1]))
		x->piece.len--;
	take(x, slice_of(&x->piece).p, x->piece.len);
}

static int take_part(void *rock, const struct leaf *l)
{
	struct explain *x = rock;
	struct head head;
	buf_reset(&x->piece);
	buf_addc(&x->piece, '\0');
	buf_addf(&x->piece, "%u:%s", l->depth, l->index);
	buf_addc(&x->piece, '\0');
	take(x, slice_of(&x->piece).p, x->piece.len);
	if (*l->name != '\0')
		take_named(x, "fn", (struct slice){ l->name, strlen(l->name) });
	if (head_parse((struct slice){ l->head, l->head_len }, &head) < 0)
		return -ENOMEM;
	size_t at = 0;
	for (struct slice v; head_next(&head, "Content-Description", &at, &v);) {
		buf_reset(&x->line);
		head_unfold(v, &x->line);
		take_named(x, "d", slice_of(&x->line));
	}
	head_done(&head);
	take(x, "b", 2);
	if (l->is_text)
		take_text(x, l->body, l->len);
	else
		take(x, l->body, l->len);
	return 0;
}

int message_explain(const char *raw, size_t len, struct buf *out)
{
	struct explain x = { .out = out };
	struct part top;
	if (part_open((struct slice){ raw ? raw : "", len }, &top) < 0)
		return -ENOMEM;
	x.sum = g_checksum_new(G_CHECKSUM_SHA256);
	take_head(&x, &top.head);
	part_done(&top);
	int rc = message_leaves(raw, len, take_part, &x);
	buf_addf(out, "\n%s\n", g_checksum_get_string(x.sum));
	g_checksum_free(x.sum);
	bool ok = buf_ok(out) && buf_ok(&x.line) && buf_ok(&x.value) && buf_ok(&x.piece);
	buf_free(&x.line);
	buf_free(&x.value);
	buf_free(&x.piece);
	return rc < 0 ? rc : ok ? 0 : -ENOMEM;
}

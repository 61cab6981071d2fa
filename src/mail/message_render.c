/* A message as text for a person: what -f text and lcat show. */
#include "message_decode.h"
#include "message_fields.h"
#include "message_ids.h"
#include "message_text.h"
#include "message_view.h"
#include "palette.h"

#include <errno.h>
#include <string.h>

/* ---- what may reach a terminal ---- */

static void add_control(struct buf *out, unsigned char c)
{
	static const char letters[] = "abtnvfr";
	if (c == '\0')
		buf_adds(out, "\\0");
	else if (c >= '\a' && c <= '\r')
		buf_addf(out, "\\%c", letters[c - '\a']);
	else if (c == 0x1b)
		buf_adds(out, "^[");
	else
		buf_addf(out, "\\x%02x", c);
}

/* Text that calls itself Latin-1 is mostly Windows-1252; the C1 controls that it seems to hold
 * are commands to a terminal. */
static void add_c1(struct buf *out, unsigned char c)
{
	static const uint16_t windows[32] = {
		0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
		0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
		0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
		0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
	};
	char utf8[6];
	if (windows[c - 0x80])
		buf_add(out, utf8, (size_t)g_unichar_to_utf8(windows[c - 0x80], utf8));
	else
		add_control(out, c);
}

void view_add(struct buf *out, struct slice text)
{
	const char *p = text.p;
	size_t len = text.len;
	size_t start = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];
		bool c1 = c == 0xc2 && i + 1 < len && (p[i + 1] & 0xe0) == 0x80;
		if (!c1 && c != 0x7f && (c >= ' ' || c == '\t' || c == '\n'))
			continue;
		buf_add(out, p + start, i - start);
		if (c1)
			add_c1(out, (unsigned char)p[++i]);
		else
			add_control(out, c);
		start = i + 1;
	}
	buf_add(out, p + start, len - start);
}

/* ---- header ---- */

static void show_lines(struct view *v, const struct head *h, const char *name, bool addresses)
{
	struct buf line = { 0 };
	size_t at = 0;
	for (struct slice s; head_next(h, name, &at, &s);) {
		buf_reset(&line);
		buf_reset(&v->scratch);
		head_unfold(s, &line);
		(addresses ? field_decode_addresses : field_decode)(buf_cstr(&line), &v->scratch);
		if (addresses && v->scratch.len == 0)
			continue;
		buf_addf(v->out, "%s: ", name);
		if (addresses)
			view_add_folded(v->out, slice_of(&v->scratch));
		else
			view_add(v->out, slice_of(&v->scratch));
		buf_addc(v->out, '\n');
	}
	buf_free(&line);
}

static void add_id(struct buf *out, const char *id)
{
	buf_addc(out, '<');
	view_add(out, (struct slice){ id, strlen(id) });
	buf_addc(out, '>');
}

/* Without In-Reply-To the last reference says the same. */
static void show_refs(struct view *v, const struct head *h)
{
	size_t at = 0, last = 0;
	struct slice s;
	if (head_next(h, "In-Reply-To", &at, &s)) {
		show_lines(v, h, "In-Reply-To", false);
		return;
	}
	struct buf own = { 0 }, refs = { 0 };
	ids_refs(h, &own, &refs);
	for (at = 0; at < refs.len; at += strlen(refs.data + at) + 1)
		last = at;
	if (refs.len > 0) {
		buf_adds(v->out, "In-Reply-To: ");
		add_id(v->out, refs.data + last);
		buf_addc(v->out, '\n');
	}
	for (at = 0; at < last; at += strlen(refs.data + at) + 1) {
		buf_adds(v->out, at == 0 ? "References: " : "\n\t");
		add_id(v->out, refs.data + at);
	}
	if (last > 0)
		buf_addc(v->out, '\n');
	buf_free(&refs);
}

static void show_head(struct view *v, const struct head *h)
{
	size_t from = v->out->len;
	static const char *const addresses[] = { "From", "To", "Cc" };
	static const char *const others[] = { "Subject", "Date", "Newsgroups", "Message-ID",
		                              "X-Message-ID" };
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
		show_lines(v, h, addresses[i], true);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		show_lines(v, h, others[i], false);
	show_refs(v, h);
	buf_addc(v->out, '\n');
	palette_paint(v->opts->palette, COLOR_HEADER, v->out, from);
}

/* ---- parts ---- */

static uint64_t decoded_size(struct view *v, const struct part *p)
{
	struct decode d;
	struct slice piece;
	uint64_t size = 0;
	decode_open(&d, p, false);
	while (decode_next(&d, &piece))
		size += piece.len;
	v->failed |= d.failed;
	decode_close(&d);
	return size;
}

/* "[-- Attachment #2: name --]" and a line with its type and size, or both in one line. */
static void show_note(struct view *v, const struct part *p)
{
	struct buf about = { 0 }, line = { 0 };
	size_t from = v->out->len;
	const char *description = head_first(&p->head, "Content-Description", &line);
	if (description)
		field_decode(description, &about);
	else
		part_filename(p, &about);
	buf_addf(v->out, "[-- Attachment #%s: ", p->index);
	view_add(v->out, slice_of(&about));
	buf_adds(v->out, about.len > 0 ? " --]\n[-- Type: " : "Type: ");
	const char *type = head_first(&p->head, "Content-Type", &line);
	type = type ? type : "text/plain";
	buf_reset(&about);
	utf8_add(&about, type, strlen(type));
	view_add(v->out, slice_of(&about));
	buf_addf(v->out, ", Size: %llu bytes --]\n", (unsigned long long)decoded_size(v, p));
	if (v->opts->oid)
		buf_addf(v->out, "[-- lei blob %s:%s --]\n", v->opts->oid, p->index);
	palette_paint(v->opts->palette, COLOR_ATTACHMENT, v->out, from);
	buf_free(&about);
	buf_free(&line);
}

/* Text with the "\r" of its line breaks dropped. */
static void show_piece(struct view *v, struct slice s)
{
	while (s.len > 0) {
		if (v->cr && *s.p != '\n' && *s.p != '\r')
			buf_adds(v->out, "\\r");
		const char *cr = memchr(s.p, '\r', s.len);
		size_t n = cr ? (size_t)(cr - s.p) : s.len;
		v->cr = cr != NULL || (n == 0 && v->cr);
		view_add(v->out, (struct slice){ s.p, n });
		n += cr ? 1 : 0;
		s.p += n;
		s.len -= n;
	}
}

static void show_text(struct view *v, const struct part *p)
{
	struct decode d;
	struct slice piece;
	size_t from = v->out->len;
	decode_open(&d, p, true);
	v->cr = false;
	while (decode_next(&d, &piece))
		show_piece(v, piece);
	v->failed |= d.failed;
	decode_close(&d);
	if (v->out->len > 0 && v->out->data[v->out->len - 1] != '\n')
		buf_addc(v->out, '\n');
	palette_paint_text(v->opts->palette, v->out, from);
}

static int show_part(void *rock, const struct part *p)
{
	struct view *v = rock;
	bool text = !p->container && part_text_kind(p) == PART_TEXT;
	buf_reset(&v->scratch);
	bool named = part_filename(p, &v->scratch);
	if (text && p->embedded)
		show_head(v, &p->head);
	if (!text || named || (p->depth > 0 && !p->embedded)) {
		show_note(v, p);
		if (text)
			buf_addc(v->out, '\n');
	}
	if (!text && p->embedded)
		show_head(v, &p->head);
	if (text)
		show_text(v, p);
	return v->failed || !buf_ok(v->out) ? -ENOMEM : 0;
}

int view_parts(struct view *v, struct part *top)
{
	int rc = part_walk(top, show_part, v);
	return rc < 0 || v->failed ? -ENOMEM : 0;
}

static int open_view(const char *raw, size_t len, const struct view_opts *opts, struct buf *out,
                     struct view *v, struct part *top)
{
	static const struct view_opts plain;
	*v = (struct view){ .out = out, .opts = opts ? opts : &plain };
	return part_open((struct slice){ raw ? raw : "", len }, top);
}

static int close_view(struct view *v, struct part *top, int rc)
{
	part_done(top);
	bool ok = rc == 0 && !v->failed && buf_ok(&v->scratch) && buf_ok(v->out);
	buf_free(&v->scratch);
	return ok ? 0 : -ENOMEM;
}

int message_render(const char *raw, size_t len, const struct view_opts *opts, struct buf *out)
{
	struct view v;
	struct part top;
	if (open_view(raw, len, opts, out, &v, &top) < 0)
		return -ENOMEM;
	show_head(&v, &top.head);
	return close_view(&v, &top, view_parts(&v, &top));
}

int message_reply(const char *raw, size_t len, const struct view_opts *opts, struct buf *out)
{
	struct view v;
	struct part top;
	if (open_view(raw, len, opts, out, &v, &top) < 0)
		return -ENOMEM;
	return close_view(&v, &top, view_reply(&v, &top));
}

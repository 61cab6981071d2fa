/* Colours go around the text of a line, never around its end, as a pager wants it; which lines get
 * which is the original's way. */
#include "palette.h"

#include "message_diff.h"

#include <string.h>

static size_t line_len(struct slice s)
{
	const char *nl = s.len > 0 ? memchr(s.p, '\n', s.len) : NULL;
	return nl ? (size_t)(nl - s.p) + 1 : s.len;
}

static void skip(struct slice *s, size_t n)
{
	s->p += n;
	s->len -= n;
}

static void add_painted(const struct palette *p, enum color_slot slot, struct buf *b,
                        struct slice text)
{
	while (text.len > 0) {
		size_t n = line_len(text), shown = n - (text.p[n - 1] == '\n');
		bool on = shown > 0 && p->on[slot][0] != '\0';
		if (on)
			buf_adds(b, p->on[slot]);
		buf_add(b, text.p, shown);
		if (on)
			buf_adds(b, "\033[0m");
		buf_add(b, text.p + shown, n - shown);
		skip(&text, n);
	}
}

/* Take away what b holds from `from` on: it comes back painted. */
static struct buf take_tail(struct buf *b, size_t from)
{
	struct buf old = { 0 };
	if (b->len > from)
		buf_add(&old, b->data + from, b->len - from);
	if (buf_ok(&old))
		b->len = from;
	b->failed |= old.failed;
	return old;
}

void palette_paint(const struct palette *p, enum color_slot slot, struct buf *b, size_t from)
{
	if (!p || p->on[slot][0] == '\0')
		return;
	struct buf old = take_tail(b, from);
	add_painted(p, slot, b, slice_of(&old));
	buf_free(&old);
}

/* ---- patches ---- */

static bool starts(struct slice s, const char *with)
{
	size_t n = strlen(with);
	return s.len >= n && memcmp(s.p, with, n) == 0;
}

/* Take a line that begins so off *s. */
static bool take_line(struct slice *s, const char *with)
{
	if (!starts(*s, with))
		return false;
	skip(s, line_len(*s));
	return true;
}

static bool is_index_line(struct slice s)
{
	static const char digits[] = "0123456789abcdef";
	if (!starts(s, "index "))
		return false;
	skip(&s, 6);
	for (int side = 0; side < 2; side++) {
		size_t n = 0;
		while (n < s.len && s.p[n] != '\0' && strchr(digits, s.p[n]))
			n++;
		if (n < 7)
			return false;
		skip(&s, n);
		if (side == 0 && !starts(s, ".."))
			return false;
		if (side == 0)
			skip(&s, 2);
	}
	return true;
}

/* Bytes of the lines that open a file in a patch: from "diff --git" or "index" to "+++"; 0 for none. */
static size_t file_head(struct slice text)
{
	struct slice s = text;
	if (take_line(&s, "diff --git "))
		while (s.len > 0 && *s.p >= 'a' && *s.p <= 'z' && !is_index_line(s))
			skip(&s, line_len(s));
	if (!is_index_line(s))
		return 0;
	skip(&s, line_len(s));
	return take_line(&s, "--- ") && take_line(&s, "+++ ") ? text.len - s.len : 0;
}

/* Bytes of "@@ -1,2 +1,3 @@ " and the blanks after it; 0 for another line. */
static size_t hunk_len(struct slice s)
{
	if (!starts(s, "@@ "))
		return 0;
	const char *end = memmem(s.p + 3, line_len(s) - 3, " @@", 3);
	const char *blank = end ? memchr(s.p + 3, ' ', (size_t)(end - s.p) - 3) : NULL;
	if (!blank || memchr(blank + 1, ' ', (size_t)(end - blank) - (end > blank)))
		return 0;
	size_t n = (size_t)(end - s.p) + 3;
	for (size_t line = line_len(s); n < line && is_blank(s.p[n]);)
		n++;
	return n;
}

struct patch {
	bool inside; /* after the head of a file */
	bool minus; /* the line before was one that goes */
};

static void paint_diff_line(const struct palette *p, struct patch *d, struct buf *b,
                            struct slice line)
{
	bool minus = d->minus;
	size_t hunk = hunk_len(line);
	d->minus = *line.p == '-';
	if (d->inside && !minus && line.len == 4 && starts(line, "-- \n"))
		d->inside = false; /* a signature */
	if (!d->inside) {
		buf_add(b, line.p, line.len);
	} else if (hunk > 0) {
		add_painted(p, COLOR_FRAG, b, (struct slice){ line.p, hunk });
		add_painted(p, COLOR_FUNC, b, (struct slice){ line.p + hunk, line.len - hunk });
	} else {
		enum color_slot slot = *line.p == '+' ? COLOR_NEW
		                       : d->minus     ? COLOR_OLD
		                                      : COLOR_CONTEXT;
		add_painted(p, slot, b, line);
	}
}

static void paint_patch(const struct palette *p, struct buf *b, struct slice text)
{
	struct patch d = { false, false };
	while (text.len > 0) {
		size_t n = file_head(text);
		if (n > 0) {
			add_painted(p, COLOR_META, b, (struct slice){ text.p, n });
			d = (struct patch){ true, false };
		} else {
			n = line_len(text);
			paint_diff_line(p, &d, b, (struct slice){ text.p, n });
		}
		skip(&text, n);
	}
}

/* ---- the text of a mail ---- */

/* Bytes of lines that are all quoted, or all not. */
static size_t run_len(struct slice s, bool quoted)
{
	size_t n = 0;
	while (n < s.len && (s.p[n] == '>') == quoted)
		n += line_len((struct slice){ s.p + n, s.len - n });
	return n;
}

void palette_paint_text(const struct palette *p, struct buf *b, size_t from)
{
	if (!p)
		return;
	struct buf old = take_tail(b, from);
	struct slice text = slice_of(&old);
	bool patch = diff_in(text);
	while (text.len > 0) {
		bool quoted = *text.p == '>';
		struct slice run = { text.p, run_len(text, quoted) };
		if (quoted)
			add_painted(p, COLOR_QUOTED, b, run);
		else if (patch)
			paint_patch(p, b, run);
		else
			buf_add(b, run.p, run.len);
		skip(&text, run.len);
	}
	buf_free(&old);
}

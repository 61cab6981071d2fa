/* Lists of addresses in lines of a width that people like, as the original breaks them: behind the comma
 * of an address that ends in ">" or the like, else behind any comma, else at a blank. */
#include "message_view.h"

#include <glib.h>
#include <string.h>

enum {
	FOLD_FROM = 72, /* characters; what is longer is folded */
	FOLD_AT = 64,
	AHEAD = FOLD_AT + 3 /* characters that decide about a line */
};

struct window {
	struct slice s;
	size_t at[AHEAD + 1]; /* where characters begin */
	size_t n; /* characters in sight */
	bool all; /* and nothing behind them */
};

/* Of the character at p[0]; bytes that are none count one by one. */
static size_t char_len(const char *p, size_t len)
{
	gunichar c = g_utf8_get_char_validated(p, (gssize)len);
	return c == (gunichar)-1 || c == (gunichar)-2 ? 1 : (size_t)(g_utf8_next_char(p) - p);
}

static void look(struct window *w, struct slice s)
{
	size_t pos = 0;
	w->s = s;
	for (w->n = 0; w->n < AHEAD && pos < s.len; w->n++) {
		w->at[w->n] = pos;
		pos += char_len(s.p + pos, s.len - pos);
	}
	w->at[w->n] = pos;
	w->all = pos == s.len;
}

static bool is_end(const struct window *w, size_t i)
{
	return w->all && i == w->n;
}

static bool is_comma(const struct window *w, size_t i)
{
	return i < w->n && w->s.p[w->at[i]] == ',';
}

/* A line may end before this character. */
static bool may_end(const struct window *w, size_t i)
{
	return is_end(w, i) || (i < w->n && is_blank(w->s.p[w->at[i]]));
}

static bool is_sign(const struct window *w, size_t i)
{
	if (i >= w->n)
		return false;
	const char *p = w->s.p + w->at[i];
	gunichar c = g_utf8_get_char_validated(p, (gssize)(w->s.len - w->at[i]));
	bool valid = c != (gunichar)-1 && c != (gunichar)-2;
	return !valid || !(g_unichar_isalnum(c) || c == '_');
}

/* Bytes of the first line. */
static size_t fold_point(struct slice s)
{
	struct window w;
	look(&w, s);
	for (size_t i = FOLD_AT + 1; i-- > 0;) {
		if (is_sign(&w, i) && is_comma(&w, i + 1) && may_end(&w, i + 2))
			return w.at[i + 2];
		if (is_sign(&w, i) && is_end(&w, i + 1))
			return s.len;
	}
	for (size_t i = FOLD_AT; i > 0; i--) {
		if (is_comma(&w, i) && may_end(&w, i + 1))
			return w.at[i + 1];
		if (is_end(&w, i))
			return s.len;
	}
	for (size_t i = FOLD_AT; i > 0; i--) {
		if (i <= w.n && may_end(&w, i))
			return w.at[i];
	}
	size_t n = w.at[w.n < FOLD_AT + 1 ? w.n : FOLD_AT + 1];
	while (n < s.len && !is_blank(s.p[n]))
		n++;
	return n;
}

static size_t characters(struct slice s)
{
	size_t n = 0;
	for (size_t pos = 0; pos < s.len && n <= FOLD_FROM; n++)
		pos += char_len(s.p + pos, s.len - pos);
	return n;
}

void view_add_folded(struct buf *out, struct slice s)
{
	if (characters(s) <= FOLD_FROM) {
		view_add(out, s);
		return;
	}
	while (s.len > 0 && is_blank(s.p[s.len - 1]))
		s.len--;
	while (s.len > 0) {
		size_t n = fold_point(s);
		view_add(out, (struct slice){ s.p, n });
		n += n < s.len; /* one blank */
		s.p += n;
		s.len -= n;
		if (s.len > 0)
			buf_adds(out, "\n\t");
	}
}

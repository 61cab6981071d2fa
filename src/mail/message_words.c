#include "message_words.h"

#include "message_decode.h"

#include <string.h>

enum { CHARSET_MAX = 63 };

struct word {
	struct slice charset, text;
	bool base64;
	size_t len; /* from "=?" to "?=" */
};

struct run { /* neighbouring words of one charset */
	char charset[CHARSET_MAX + 1];
	struct buf bytes;
	bool open;
};

static size_t span_to_mark(const char *p, size_t len) /* the "?" */
{
	const char *mark = len ? memchr(p, '?', len) : NULL;
	return mark ? (size_t)(mark - p) : len;
}

/* Is there an encoded word at s? */
static bool read_word(struct slice s, struct word *ret)
{
	if (s.len < 8 || s.p[0] != '=' || s.p[1] != '?')
		return false;
	size_t name = span_to_mark(s.p + 2, s.len - 2);
	size_t at = 2 + name;
	if (name == 0 || name > CHARSET_MAX || s.len - at < 5 || s.p[at + 2] != '?')
		return false;
	char how = g_ascii_toupper(s.p[at + 1]);
	if (how != 'B' && how != 'Q')
		return false;
	const char *star = memchr(s.p + 2, '*', name); /* RFC 2231: a language follows */
	ret->charset = (struct slice){ s.p + 2, star ? (size_t)(star - s.p) - 2 : name };
	ret->base64 = how == 'B';
	at += 3;
	ret->text = (struct slice){ s.p + at, span_to_mark(s.p + at, s.len - at) };
	at += ret->text.len;
	ret->len = at + 2;
	return s.len - at >= 2 && s.p[at + 1] == '=';
}

static void add_base64(struct slice s, struct buf *out)
{
	int state = 0;
	guint32 save = 0;
	char *to = buf_room(out, s.len + 4);
	if (to)
		out->len += g_mime_encoding_base64_decode_step((const unsigned char *)s.p, s.len,
		                                               (unsigned char *)to, &state, &save);
}

static void add_q(struct slice s, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '=' && i + 2 < s.len && g_ascii_isxdigit(s.p[i + 1]) &&
		    g_ascii_isxdigit(s.p[i + 2])) {
			buf_addc(out, (char)(g_ascii_xdigit_value(s.p[i + 1]) << 4 |
			                     g_ascii_xdigit_value(s.p[i + 2])));
			i += 2;
		} else {
			buf_addc(out, s.p[i] == '_' ? ' ' : s.p[i]);
		}
	}
}

static void close_run(struct run *r, struct buf *out)
{
	if (r->open)
		charset_add(out, r->charset, slice_of(&r->bytes).p, r->bytes.len);
	buf_reset(&r->bytes);
	r->open = false;
}

static void add_word(struct run *r, const struct word *w, struct buf *out)
{
	if (!r->open || !slice_is(w->charset, r->charset))
		close_run(r, out);
	memcpy(r->charset, w->charset.p, w->charset.len);
	r->charset[w->charset.len] = '\0';
	r->open = true;
	if (w->base64)
		add_base64(w->text, &r->bytes);
	else
		add_q(w->text, &r->bytes);
}

void words_decode(struct slice s, struct buf *out)
{
	struct run r = { 0 };
	struct word w;
	while (s.len > 0) {
		const char *open = memmem(s.p, s.len, "=?", 2);
		size_t plain = open ? (size_t)(open - s.p) : s.len;
		struct slice between = { s.p, plain };
		bool word = open && read_word((struct slice){ open, s.len - plain }, &w);
		/* Blanks between two words only separate them. */
		if (!word || !r.open || slice_trim(between).len > 0) {
			close_run(&r, out);
			if (!word && open)
				plain += 2;
			buf_add(out, s.p, plain);
		}
		if (word)
			add_word(&r, &w, out);
		plain += word ? w.len : 0;
		s.p += plain;
		s.len -= plain;
	}
	close_run(&r, out);
	if (!buf_ok(&r.bytes))
		out->failed = true;
	buf_free(&r.bytes);
}

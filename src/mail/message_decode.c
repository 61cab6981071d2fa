#include "message_decode.h"

#include <errno.h>
#include <string.h>

enum { PIECE = 64 << 10 }; /* encoded bytes taken at a time */

/* ---- UTF-8 ---- */

/* Bytes of the character at p: 0 when it is none, SIZE_MAX when it may go on after the end. */
static size_t char_len(const unsigned char *p, size_t len)
{
	static const struct {
		unsigned char first, last, low, high; /* first byte; range of the second */
		unsigned char len;
	} forms[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	if (p[0] < 0x80)
		return 1;
	for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
		if (p[0] < forms[f].first || p[0] > forms[f].last)
			continue;
		for (size_t i = 1; i < forms[f].len; i++) {
			if (i == len)
				return SIZE_MAX;
			unsigned char low = i == 1 ? forms[f].low : 0x80;
			unsigned char high = i == 1 ? forms[f].high : 0xbf;
			if (p[i] < low || p[i] > high)
				return 0;
		}
		return forms[f].len;
	}
	return 0;
}

static size_t ascii_run(const char *p, size_t len)
{
	size_t i = 0;
	for (uint64_t word; i + sizeof word <= len; i += sizeof word) {
		memcpy(&word, p + i, sizeof word);
		if (word & 0x8080808080808080u)
			break;
	}
	while (i < len && !(p[i] & 0x80))
		i++;
	return i;
}

size_t utf8_valid(const char *p, size_t len)
{
	size_t at = 0;
	for (;;) {
		at += ascii_run(p + at, len - at);
		size_t n = at < len ? char_len((const unsigned char *)p + at, len - at) : 0;
		if (n == 0 || n == SIZE_MAX)
			return at;
		at += n;
	}
}

size_t utf8_cut(const char *p, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && ((unsigned char)p[max] & 0xc0) == 0x80)
		max--;
	return max;
}

static void add_latin1(struct buf *out, char c)
{
	unsigned char u = (unsigned char)c;
	if (u < 0x80) {
		buf_addc(out, c);
	} else {
		char two[2] = { (char)(0xc0 | u >> 6), (char)(0x80 | (u & 0x3f)) };
		buf_add(out, two, 2);
	}
}

/* Returns what was left over: the start of a character, unless `last`. */
static size_t add_utf8(struct buf *out, const char *p, size_t len, bool last)
{
	for (size_t at = 0; at < len;) {
		size_t n = utf8_valid(p + at, len - at);
		buf_add(out, p + at, n);
		at += n;
		if (at == len)
			break;
		if (!last && char_len((const unsigned char *)p + at, len - at) == SIZE_MAX)
			return len - at;
		add_latin1(out, p[at++]);
	}
	return 0;
}

void utf8_add(struct buf *out, const char *p, size_t len)
{
	add_utf8(out, p, len, true);
}

/* ---- a part's body ---- */

static void set_transfer(struct decode *d, const struct part *p)
{
	struct buf line = { 0 };
	const char *text = head_first(&p->head, "Content-Transfer-Encoding", &line);
	GMimeContentEncoding e = GMIME_CONTENT_ENCODING_BINARY;
	if (text) {
		/* Anything may stand around the word. */
		while (*text && !g_ascii_isalnum(*text))
			text++;
		size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		                        "0123456789-");
		struct slice word = { text, n };
		if (slice_is(word, "base64"))
			e = GMIME_CONTENT_ENCODING_BASE64;
		else if (slice_is(word, "quoted-printable") || slice_is(word, "quotedprint") ||
		         slice_is(word, "qp"))
			e = GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
	}
	d->encoded = e != GMIME_CONTENT_ENCODING_BINARY;
	if (d->encoded)
		g_mime_encoding_init_decode(&d->transfer, e);
	d->failed |= line.failed;
	buf_free(&line);
}

static void set_charset(struct decode *d, const char *name)
{
	d->charset = (iconv_t)-1;
	if (!name || !*name || !d->to_utf8)
		return;
	const char *canon = g_mime_charset_canon_name(name);
	if (!canon)
		return;
	if (g_ascii_strcasecmp(canon, "iso-8859-1") == 0)
		d->latin1 = true;
	else if (g_ascii_strcasecmp(canon, "us-ascii") != 0 &&
	         g_ascii_strcasecmp(canon, "utf-8") != 0)
		d->charset = g_mime_iconv_open("UTF-8", name);
}

void decode_open(struct decode *d, const struct part *p, bool to_utf8)
{
	*d = (struct decode){ .left = p->body, .to_utf8 = to_utf8 };
	set_transfer(d, p);
	set_charset(d, p->charset);
}

void decode_close(struct decode *d)
{
	if (d->charset != (iconv_t)-1)
		g_mime_iconv_close(d->charset);
	buf_free(&d->raw);
	buf_free(&d->joined);
	buf_free(&d->out);
}

static struct slice take_piece(struct decode *d)
{
	size_t n = d->left.len < PIECE ? d->left.len : PIECE;
	struct slice s = { d->left.p, n };
	d->left.p += n;
	d->left.len -= n;
	if (!d->encoded)
		return s;
	buf_reset(&d->raw);
	char *to = buf_room(&d->raw, g_mime_encoding_outlen(&d->transfer, n) + 16);
	if (!to) {
		d->failed = true;
		return (struct slice){ s.p, 0 };
	}
	return (struct slice){ to, g_mime_encoding_step(&d->transfer, s.p, n, to) };
}

static size_t convert(struct decode *d, struct slice s, bool last)
{
	char *in = (char *)s.p; /* iconv's prototype; it does not write there */
	size_t left = s.len;
	while (left > 0) {
		size_t room = left * 2 + 64;
		char *to = buf_room(&d->out, room);
		if (!to)
			return 0;
		char *start = to;
		size_t rc = iconv(d->charset, &in, &left, &to, &room);
		int error = errno;
		d->out.len += (size_t)(to - start);
		if (rc != (size_t)-1 || error == E2BIG)
			continue;
		if (error == EINVAL && !last && left <= sizeof d->held)
			return left;
		add_latin1(&d->out, *in++);
		left--;
	}
	return 0;
}

static struct slice join_held(struct decode *d, struct slice s)
{
	if (d->nheld == 0)
		return s;
	buf_reset(&d->joined);
	buf_add(&d->joined, d->held, d->nheld);
	buf_add(&d->joined, s.p, s.len);
	d->failed |= !buf_ok(&d->joined);
	return slice_of(&d->joined);
}

static struct slice to_utf8(struct decode *d, struct slice in)
{
	bool last = d->left.len == 0;
	struct slice s = join_held(d, in);
	size_t held = 0;
	if (d->failed)
		return (struct slice){ "", 0 };
	if (d->charset == (iconv_t)-1 &&
	    (d->latin1 ? ascii_run : utf8_valid)(s.p, s.len) == s.len) {
		d->nheld = 0;
		return s;
	}
	buf_reset(&d->out);
	if (d->charset != (iconv_t)-1)
		held = convert(d, s, last);
	else if (!d->latin1)
		held = add_utf8(&d->out, s.p, s.len, last);
	else
		for (size_t i = 0; i < s.len; i++)
			add_latin1(&d->out, s.p[i]);
	memcpy(d->held, s.p + s.len - held, held);
	d->nheld = held;
	d->failed |= !buf_ok(&d->out);
	return slice_of(&d->out);
}

void charset_add(struct buf *out, const char *charset, const char *p, size_t len)
{
	struct decode d = { .to_utf8 = true };
	set_charset(&d, charset);
	struct slice s = to_utf8(&d, (struct slice){ p, len });
	buf_add(out, s.p, s.len);
	out->failed |= d.failed;
	decode_close(&d);
}

bool decode_next(struct decode *d, struct slice *ret)
{
	while (d->left.len > 0 && !d->failed) {
		struct slice s = take_piece(d);
		if (d->to_utf8)
			s = to_utf8(d, s);
		if (s.len > 0 && !d->failed) {
			*ret = s;
			return true;
		}
	}
	return false;
}

#include "terms.h"

#include <glib.h>
#include <string.h>

#define BIT(type) (1u << G_UNICODE_##type)

enum { SUFFIX_MAX = 3, UTF8_MAX = 6 };

static const unsigned letters = BIT(LOWERCASE_LETTER) | BIT(TITLECASE_LETTER) |
                                BIT(MODIFIER_LETTER) | BIT(OTHER_LETTER);
static const unsigned word_types = BIT(UPPERCASE_LETTER) | BIT(LOWERCASE_LETTER) |
                                   BIT(TITLECASE_LETTER) | BIT(MODIFIER_LETTER) |
                                   BIT(OTHER_LETTER) | BIT(NON_SPACING_MARK) | BIT(ENCLOSING_MARK) |
                                   BIT(SPACING_MARK) | BIT(DECIMAL_NUMBER) | BIT(LETTER_NUMBER) |
                                   BIT(OTHER_NUMBER) | BIT(CONNECT_PUNCTUATION);

/* ---- characters ---- */

size_t char_at(const char *p, size_t n, unsigned *ret)
{
	unsigned char first = (unsigned char)*p;

	if (first < 0x80) {
		*ret = first;
		return 1;
	}
	gunichar c = g_utf8_get_char_validated(p, n < UTF8_MAX ? (gssize)n : UTF8_MAX);
	if (c == (gunichar)-1 || c == (gunichar)-2) {
		*ret = first;
		return 1;
	}
	*ret = c;
	return (size_t)g_utf8_skip[first];
}

static bool is_word(unsigned c)
{
	if (c < 0x80)
		return g_ascii_isalnum((char)c) || c == '_';
	return word_types >> g_unichar_type(c) & 1;
}

static bool is_digit(unsigned c)
{
	return c < 0x80 ? g_ascii_isdigit((char)c) : g_unichar_type(c) == G_UNICODE_DECIMAL_NUMBER;
}

/* Scripts that write words without blanks between them, and Korean, whose words take endings:
 * each character is a word. */
static bool is_joined(unsigned c)
{
	static const struct {
		unsigned from, to;
	} ranges[] = {
		{ 0xe00, 0xeff },   { 0x1000, 0x109f },   { 0x1100, 0x11ff }, { 0x1780, 0x17ff },
		{ 0x2e80, 0x9fff }, { 0xa960, 0xa97f },   { 0xac00, 0xd7ff }, { 0xf900, 0xfaff },
		{ 0xff66, 0xffdc }, { 0x20000, 0x3ffff },
	};

	for (size_t i = 0; c >= ranges[0].from && i < sizeof(ranges) / sizeof(*ranges); i++)
		if (c >= ranges[i].from && c <= ranges[i].to)
			return true;
	return false;
}

bool term_begins(const char *p, size_t n)
{
	unsigned c = ' ';

	if (n > 0)
		char_at(p, n, &c);
	return is_word(c);
}

static void add_lower(struct buf *out, unsigned c)
{
	char utf8[UTF8_MAX];

	if (c < 0x80)
		buf_addc(out, g_ascii_tolower((char)c));
	else
		buf_add(out, utf8, (size_t)g_unichar_to_utf8(g_unichar_tolower(c), utf8));
}

/* ---- one word ---- */

/* "U.N.C.L.E." is "uncle": how many bytes it takes, or 0. */
static size_t read_acronym(const char *p, size_t n, struct buf *out)
{
	size_t at = 0, letters_seen = 0, from = out->len;

	while (at < n && g_ascii_isupper(p[at])) {
		buf_addc(out, g_ascii_tolower(p[at]));
		letters_seen++;
		at++;
		if (at == n || p[at] != '.')
			break;
		at++;
	}
	if (letters_seen > 1 && !term_begins(p + at, n - at))
		return at;
	out->len = from;
	return 0;
}

/* What may stand inside a word, as in "don't", "AT&T" or "3.14"; 0 for what ends it.  *ret_drop:
 * it may, but is not seen. */
static unsigned infix(unsigned c, bool digits, bool *ret_drop)
{
	*ret_drop = (c >= 0x200b && c <= 0x200d) || c == 0x2060 || c == 0xfeff;
	if (*ret_drop)
		return c;
	if (digits)
		return c == ',' || c == '.' || c == ';' || c == 0x37e || c == 0x589 || c == 0x60d ||
		               c == 0x7f8 || c == 0x2044 || c == 0xfe10 || c == 0xfe13 ||
		               c == 0xfe14
		           ? c
		           : 0;
	if (c == 0x2019 || c == 0x201b)
		return '\'';
	return c == '\'' || c == '&' || c == 0xb7 || c == 0x5f4 || c == 0x2027 ? c : 0;
}

/* The infix at p, if there is one and the word goes on after it: its length, else 0. */
static size_t read_infix(const char *p, size_t n, unsigned before, struct buf *out)
{
	unsigned c, next;
	bool drop;

	if (n == 0)
		return 0;
	size_t len = char_at(p, n, &c);
	if (len == n)
		return 0;
	char_at(p + len, n - len, &next);
	if (!is_word(next) || is_joined(next))
		return 0;
	c = infix(c, is_digit(before) && is_digit(next), &drop);
	if (!c)
		return 0;
	if (!drop)
		add_lower(out, c);
	return len;
}

/* "C++", "C#" */
static size_t read_suffix(const char *p, size_t n, struct buf *out)
{
	size_t len = 0;

	while (len < n && (p[len] == '+' || p[len] == '#'))
		len++;
	if (len > SUFFIX_MAX || term_begins(p + len, n - len))
		return 0;
	buf_add(out, p, len);
	return len;
}

size_t term_read(const char *p, size_t n, struct buf *out, struct term *ret)
{
	unsigned c, before = ' ';
	size_t at = char_at(p, n, &c), len;

	*ret = (struct term){ .joined = is_joined(c) };
	ret->plain = c < 0x80 ? g_ascii_islower((char)c) : (letters >> g_unichar_type(c) & 1) != 0;
	if (ret->joined) {
		add_lower(out, c);
		return at;
	}
	if (g_ascii_isupper(*p) && (len = read_acronym(p, n, out)) > 0) {
		ret->acronym = true;
		return len;
	}
	for (at = 0;;) {
		while (at < n) {
			len = char_at(p + at, n - at, &c);
			if (!is_word(c) || is_joined(c))
				break;
			add_lower(out, c);
			before = c;
			at += len;
		}
		len = read_infix(p + at, n - at, before, out);
		if (len == 0)
			break;
		at += len;
	}
	return at + read_suffix(p + at, n - at, out);
}

/* Most words are ASCII letters and digits alone: the length of such a one at p, or 0. */
static size_t simple_word(const char *p, size_t n)
{
	size_t len = 0;

	while (len < n && (g_ascii_isalnum(p[len]) || p[len] == '_'))
		len++;
	if (len == 0 || len == n)
		return 0;
	unsigned char after = (unsigned char)p[len];
	if (after == '.' || after == ',' || after == ';') /* a number or an acronym? */
		return g_ascii_islower(p[len - 1]) ? len : 0;
	return after == '\0' || after >= 0x80 || after == '\'' || after == '&' || after == '+' ||
	               after == '#'
	           ? 0
	           : len;
}

static void add_simple(struct buf *out, const char *p, size_t n)
{
	char *to = n <= TERM_MAX ? buf_room(out, n + 1) : NULL;

	if (!to)
		return;
	for (size_t i = 0; i < n; i++)
		to[i] = (char)(p[i] | (p[i] >= 'A' && p[i] <= 'Z' ? 0x20 : 0));
	to[n] = ' ';
	out->len += n + 1;
}

void terms_add(const char *p, size_t n, struct buf *out)
{
	struct term t;

	for (size_t at = 0; at < n && !out->failed;) {
		unsigned c;
		size_t simple = simple_word(p + at, n - at);
		if (simple > 0) {
			add_simple(out, p + at, simple);
			at += simple + 1; /* what follows neither begins a word nor is a NUL */
			continue;
		}
		size_t len = char_at(p + at, n - at, &c);
		size_t from = out->len;
		if (is_word(c)) {
			at += term_read(p + at, n - at, out, &t);
			if (out->len - from > TERM_MAX)
				out->len = from;
			else
				buf_addc(out, ' ');
			continue;
		}
		if (c == '\0')
			buf_adds(out, TERM_GAP " ");
		at += len;
	}
}

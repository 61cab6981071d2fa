/* See lcat_words.h.  The original finds these with patterns; what they take is taken here, too. */
#include "lcat_words.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool is_space(char c)
{
	return isspace((unsigned char)c);
}

/* Where `word` (ASCII letters in any case if `nocase`) begins in text, and no letter or digit is
 * before it. */
static const char *find_word(const char *text, const char *word, bool nocase)
{
	size_t n = strlen(word);
	for (const char *p = text; *p != '\0'; p++) {
		bool same = nocase ? strncasecmp(p, word, n) == 0 : strncmp(p, word, n) == 0;
		if (same && (p == text || !is_word(p[-1])))
			return p;
	}
	return NULL;
}

static size_t until_space(const char *p)
{
	size_t n = 0;
	while (p[n] != '\0' && !is_space(p[n]))
		n++;
	return n;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %00 stays: no Message-ID has a NUL, and what follows it would be lost. */
static void add_unescaped(struct buf *out, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int hi = p[i] == '%' && i + 2 < n ? hex(p[i + 1]) : -1;
		int lo = hi >= 0 ? hex(p[i + 2]) : -1;
		bool escaped = lo >= 0 && (hi | lo) != 0;
		buf_addc(out, escaped ? (char)(unsigned char)(hi * 16 + lo) : p[i]);
		i += escaped ? 2 : 0;
	}
}

/* ---- URLs ---- */

struct url {
	const char *start, *path, *end; /* the path is without what follows "?" or "#" */
	size_t scheme;
};

static bool find_url(const char *text, struct url *ret)
{
	for (const char *p = strstr(text, "://"); p != NULL; p = strstr(p + 1, "://")) {
		const char *start = p, *end = p + 3 + until_space(p + 3);
		while (start > text && isalpha((unsigned char)start[-1]))
			start--;
		if (start == p || end == p + 3 || (start > text && is_word(start[-1])))
			continue;
		*ret = (struct url){ .start = start, .scheme = (size_t)(p - start) };
		while (end > p + 3 && strchr(">]),.;", end[-1]) != NULL)
			end--;
		ret->path = p + 3;
		while (ret->path < end && strchr("/?#", *ret->path) == NULL)
			ret->path++;
		ret->end = ret->path;
		while (ret->end < end && *ret->end != '?' && *ret->end != '#')
			ret->end++;
		return true;
	}
	return false;
}

static bool scheme_is(const struct url *u, const char *name)
{
	return strlen(name) == u->scheme && strncasecmp(u->start, name, u->scheme) == 0;
}

static size_t segment(const struct url *u, const char *p)
{
	size_t n = 0;
	while (p + n < u->end && p[n] != '/')
		n++;
	return n;
}

/* A part of the path that has an "@" inside. */
static const char *find_at(const struct url *u, size_t *ret_len)
{
	for (const char *p = u->path; p < u->end; p++) {
		size_t n = segment(u, p);
		const char *at = n > 2 ? memchr(p + 1, '@', n - 2) : NULL;
		if (at != NULL) {
			*ret_len = n;
			return p;
		}
		p += n;
	}
	return NULL;
}

static bool names_thread(const char *p, size_t n)
{
	static const char *const names[] = { "T", "t", "t.mbox.gz", "t.atom" };
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strlen(names[i]) == n && memcmp(p, names[i], n) == 0)
			return true;
	}
	return false;
}

/* "/INBOX/MESSAGE-ID/raw", also where the Message-ID has no "@". */
static const char *find_before_last(const struct url *u, size_t *ret_len, bool *ret_thread)
{
	const char *end = u->end, *last;
	bool slash = end > u->path && end[-1] == '/';
	end -= slash;
	for (last = end; last > u->path && last[-1] != '/'; last--)
		;
	size_t n = (size_t)(end - last);
	bool raw = !slash && n == 3 && memcmp(last, "raw", 3) == 0;
	if (last == u->path || !(raw || (names_thread(last, n) && (!slash || n == 1))))
		return NULL;
	const char *p = last - 1;
	while (p > u->path && p[-1] != '/')
		p--;
	*ret_len = (size_t)(last - 1 - p);
	*ret_thread = !raw;
	return *ret_len > 0 && p > u->path ? p : NULL;
}

static enum lcat_kind read_url(const struct url *u, struct buf *out, bool *ret_thread)
{
	bool web = scheme_is(u, "http") || scheme_is(u, "https");
	bool news = scheme_is(u, "news") || scheme_is(u, "snews") || scheme_is(u, "nntp") ||
	            scheme_is(u, "nntps");
	bool imap = scheme_is(u, "imap") || scheme_is(u, "imaps");
	size_t len = 0;
	const char *mid = imap ? NULL : find_at(u, &len);
	if (mid != NULL && web) {
		for (const char *p = mid + len; p < u->end; p += segment(u, p)) {
			p++;
			*ret_thread = *ret_thread || names_thread(p, segment(u, p));
		}
	} else if (mid == NULL && web) {
		mid = find_before_last(u, &len, ret_thread);
	}
	if (mid != NULL)
		add_unescaped(out, mid, len);
	else if (imap || news)
		buf_add(out, u->start, (size_t)(u->end - u->start));
	return mid != NULL ? LCAT_MID : imap || news ? LCAT_REMOTE : LCAT_NOTHING;
}

/* ---- other words ---- */

static bool read_brackets(const char *text, struct buf *out)
{
	for (const char *p = strchr(text, '<'); p != NULL; p = strchr(p + 1, '<')) {
		const char *end = strchr(p, '>');
		if (end != NULL && end > p + 1) {
			buf_add(out, p + 1, (size_t)(end - p - 1));
			return true;
		}
	}
	return false;
}

/* What follows `prefix`, up to a blank. */
static bool read_prefixed(const char *text, const char *prefix, struct buf *out)
{
	size_t n = strlen(prefix);
	for (const char *p = text; (p = find_word(p, prefix, false)) != NULL; p++) {
		size_t len = until_space(p + n);
		if (len > 0) {
			buf_add(out, p + n, len);
			return true;
		}
	}
	return false;
}

static bool read_blob(const char *text, struct buf *out)
{
	enum { DIGITS_MIN = 7 };
	for (const char *p = text; (p = find_word(p, "blob:", false)) != NULL; p++) {
		size_t n = strspn(p + 5, "0123456789abcdef");
		if (n >= DIGITS_MIN && !is_word(p[5 + n])) {
			buf_add(out, p + 5, n);
			return true;
		}
	}
	return false;
}

/* m: and mid:, whichever is first. */
static enum lcat_kind read_terms(const char *text, struct buf *out)
{
	const char *m = find_word(text, "m:", false), *mid = find_word(text, "mid:", false);
	if (mid != NULL && (m == NULL || mid < m) && read_prefixed(mid, "mid:", out))
		return LCAT_MID;
	if (m == NULL || until_space(m + 2) == 0)
		return LCAT_NOTHING;
	buf_add(out, m, 2 + until_space(m + 2));
	return LCAT_TERM;
}

static enum lcat_kind find_kind(const char *text, struct buf *out, bool *ret_thread)
{
	struct url u;
	const char *folder = find_word(text, "maildir:", true);
	if (folder != NULL && folder[8] != '\0' && folder[8] != '\n') {
		buf_add(out, folder, strcspn(folder, "\n"));
		return LCAT_FOLDER;
	}
	if (find_url(text, &u))
		return read_url(&u, out, ret_thread);
	if (read_brackets(text, out))
		return LCAT_MID;
	enum lcat_kind kind = read_terms(text, out);
	if (kind != LCAT_NOTHING)
		return kind;
	if (read_prefixed(text, "id:", out))
		return LCAT_MID;
	return read_blob(text, out) ? LCAT_BLOB : LCAT_NOTHING;
}

enum lcat_kind lcat_word(const char *text, struct buf *out, bool *ret_thread)
{
	*ret_thread = false;
	enum lcat_kind kind = find_kind(text, out, ret_thread);
	buf_cstr(out);
	return kind;
}

#include "patch_words.h"

#include "message_head.h"

#include <glib.h>
#include <string.h>

/* ---- phrases ---- */

void phrases_free(struct phrases *p)
{
	if (p->seen != NULL)
		g_hash_table_destroy(p->seen);
	buf_free(&p->list);
	*p = (struct phrases){ 0 };
}

static void add_once(struct phrases *p, const char *s, size_t len)
{
	if (len == 0 || memchr(s, '\0', len) != NULL)
		return;
	if (p->seen == NULL)
		p->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (!g_hash_table_add(p->seen, g_strndup(s, len)))
		return;
	buf_add(&p->list, s, len);
	buf_addc(&p->list, '\0');
}

/* The character at p, of *ret_len bytes; what is no UTF-8 stands for itself. */
static gunichar character(const char *p, size_t len, size_t *ret_len)
{
	gunichar c = g_utf8_get_char_validated(p, (gssize)len);
	bool odd = c == (gunichar)-1 || c == (gunichar)-2;
	*ret_len = odd ? 1 : (size_t)(g_utf8_next_char(p) - p);
	return odd ? 0xfffd : c;
}

static bool is_word(gunichar c)
{
	return g_unichar_isalnum(c) || g_unichar_ismark(c) ||
	       g_unichar_type(c) == G_UNICODE_CONNECT_PUNCTUATION;
}

static bool is_space(gunichar c)
{
	return g_unichar_isspace(c) || c == '\v';
}

static bool is_in(gunichar c, const char *set)
{
	return c != 0 && c < 0x80 && strchr(set, (int)c) != NULL;
}

/* Characters of text from *at on that may be in a phrase; *ret_quotes: some of them need quotes. */
static size_t run(const char *text, size_t len, bool *ret_quotes)
{
	size_t at = 0, n;
	*ret_quotes = false;
	for (; at < len; at += n) {
		gunichar c = character(text + at, len - at, &n);
		bool bare = is_word(c) || is_in(c, "./:\\@-");
		if (!bare && !is_space(c) && !is_in(c, "|=><,"))
			break;
		*ret_quotes = *ret_quotes || !bare;
	}
	return at;
}

static size_t without_trailing_space(const char *text, size_t len)
{
	while (len > 0) {
		const char *last = g_utf8_find_prev_char(text, text + len);
		size_t n;
		if (last == NULL)
			break;
		if (!is_space(character(last, len - (size_t)(last - text), &n)))
			break;
		len = (size_t)(last - text);
	}
	return len;
}

static void add_phrase(struct phrases *p, const char *text, size_t len)
{
	bool quotes;
	len = without_trailing_space(text, len);
	run(text, len, &quotes);
	if (!quotes) {
		add_once(p, text, len);
		return;
	}
	struct buf b = { 0 };
	buf_addc(&b, '"');
	buf_add(&b, text, len);
	buf_addc(&b, '"');
	if (buf_ok(&b))
		add_once(p, b.data, b.len);
	p->list.failed |= b.failed;
	buf_free(&b);
}

void phrases_add(struct phrases *p, const char *text, size_t len)
{
	for (size_t at = 0, first; at < len;) {
		bool quotes;
		if (!is_word(character(text + at, len - at, &first))) {
			at += first;
			continue;
		}
		size_t rest = run(text + at + first, len - at - first, &quotes);
		if (rest > 0)
			add_phrase(p, text + at, first + rest);
		at += first + rest;
	}
}

/* ---- patches ---- */

static bool starts(struct slice s, const char *word)
{
	size_t n = strlen(word);
	return s.len >= n && memcmp(s.p, word, n) == 0;
}

static struct slice after(struct slice s, size_t n)
{
	return (struct slice){ s.p + n, s.len - n };
}

static size_t hex_len(struct slice s)
{
	size_t n = 0;
	while (n < s.len && ((s.p[n] >= '0' && s.p[n] <= '9') || (s.p[n] >= 'a' && s.p[n] <= 'f')))
		n++;
	return n;
}

/* "index 0123456..789abcd 100644" */
static bool index_line(struct phrases *to, struct slice line)
{
	if (!starts(line, "index "))
		return false;
	struct slice pre = after(line, strlen("index "));
	size_t n = hex_len(pre);
	if (n == 0 || !starts(after(pre, n), ".."))
		return false;
	struct slice post = after(pre, n + 2);
	size_t m = hex_len(post), unused;
	if (m == 0 || (m < post.len && is_word(character(post.p + m, post.len - m, &unused))))
		return false;
	add_once(&to[PATCH_DFPRE], pre.p, n);
	add_once(&to[PATCH_DFPOST], post.p, m);
	return true;
}

/* "a/x", perhaps with a quote before it: what stands behind the first slash. */
static struct slice below(struct slice name)
{
	const char *slash = name.len > 1 && *name.p != '/' ? memchr(name.p + 1, '/', name.len - 1)
	                                                   : NULL;
	return slash != NULL ? after(name, (size_t)(slash + 1 - name.p)) : (struct slice){ "", 0 };
}

void patch_unquote(const char *p, size_t len, struct buf *out)
{
	struct slice s = { p, len };
	static const char from[] = "abtnvfr\"\\", to[] = "\a\b\t\n\v\f\r\"\\";
	for (size_t i = 0; i < s.len; i++) {
		const char *known = s.p[i] == '\\' && i + 1 < s.len && s.p[i + 1] != '\0'
		                        ? strchr(from, s.p[i + 1])
		                        : NULL;
		bool octal = s.p[i] == '\\' && i + 3 < s.len && s.p[i + 1] >= '0' &&
		             s.p[i + 1] <= '3';
		for (size_t k = 2; octal && k < 4; k++)
			octal = s.p[i + k] >= '0' && s.p[i + k] <= '7';
		if (known != NULL) {
			buf_addc(out, to[known - from]);
			i++;
		} else if (octal) {
			buf_addc(out, (char)((s.p[i + 1] - '0') << 6 | (s.p[i + 2] - '0') << 3 |
			                     (s.p[i + 3] - '0')));
			i += 3;
		} else {
			buf_addc(out, s.p[i]);
		}
	}
}

/* "--- a/x" and "+++ b/x" */
static bool file_line(struct phrases *to, struct slice line)
{
	struct buf plain = { 0 };
	if (!starts(line, "--- ") && !starts(line, "+++ "))
		return false;
	struct slice name = after(line, 4);
	if (starts(name, "/dev/null"))
		return true;
	if (below(name).len == 0)
		return false;
	if (name.len > 2 && name.p[0] == '"' && name.p[name.len - 1] == '"') {
		patch_unquote(name.p + 1, name.len - 2, &plain);
		name = slice_of(&plain);
	}
	name = below(name);
	phrases_add(&to[PATCH_DFN], name.p, name.len);
	to[PATCH_DFN].list.failed |= plain.failed;
	buf_free(&plain);
	return true;
}

/* "diff --git a/x b/x" */
static bool git_line(struct slice line)
{
	if (!starts(line, "diff --git "))
		return false;
	struct slice both = after(line, strlen("diff --git "));
	for (size_t i = 1; i + 1 < both.len; i++) {
		struct slice a = { both.p, i }, b = after(both, i + 1);
		if (both.p[i] == ' ' && (below(a).len > 0 || starts(a, "/dev/null")) &&
		    (below(b).len > 0 || starts(b, "/dev/null")))
			return true;
	}
	return false;
}

/* "@@ -1,2 +3,4 @@ function" */
static bool hunk_line(struct phrases *to, struct slice line)
{
	if (!starts(line, "@@ "))
		return false;
	struct slice rest = after(line, 3);
	for (int i = 0; i < 2; i++) {
		const char *blank = rest.len > 0 ? memchr(rest.p, ' ', rest.len) : NULL;
		if (blank == NULL || blank == rest.p)
			return false;
		rest = after(rest, (size_t)(blank + 1 - rest.p));
	}
	if (!starts(rest, "@@"))
		return false;
	rest = slice_trim(after(rest, 2));
	phrases_add(&to[PATCH_DFHH], rest.p, rest.len);
	return true;
}

static bool is_note(struct slice line)
{
	static const char *const notes[] = {
		"similarity index",
		"dissimilarity index",
		"old mode",
		"new mode",
		"new file mode",
		"deleted file mode",
		"copy from ",
		"copy to ",
		"rename from ",
		"rename to ",
		"\\ No newline at end of file",
		"Binary files ",
	};
	for (size_t i = 0; i < sizeof(notes) / sizeof(*notes); i++) {
		if (starts(line, notes[i]))
			return true;
	}
	return false;
}

/* Is what comes next in a patch? */
static bool add_line(struct phrases *to, struct slice line, bool in_diff)
{
	char c = line.len > 0 ? line.p[0] : '\0';
	struct slice rest = after(line, line.len > 0);
	if (in_diff && c == ' ') {
		phrases_add(&to[PATCH_DFCTX], rest.p, rest.len);
		return true;
	}
	if (line.len == 3 && starts(line, "-- "))
		return false; /* a signature */
	if (git_line(line))
		return true;
	if (index_line(to, line) || file_line(to, line))
		return in_diff;
	if (in_diff && (c == '+' || c == '-')) {
		phrases_add(&to[c == '+' ? PATCH_DFB : PATCH_DFA], rest.p, rest.len);
		return true;
	}
	return (hunk_line(to, line) || is_note(line) || line.len == 0) && in_diff;
}

void patch_words_add(struct phrases *to, const char *text, size_t len)
{
	bool in_diff = false;
	while (len > 0) {
		const char *nl = memchr(text, '\n', len);
		struct slice line = { text, nl != NULL ? (size_t)(nl - text) : len };
		size_t whole = line.len + (nl != NULL);
		if (line.len > 0 && line.p[line.len - 1] == '\r')
			line.len--;
		in_diff = add_line(to, line, in_diff);
		text += whole;
		len -= whole;
	}
}

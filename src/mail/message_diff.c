/* As in the original: a file name is indexed once per text, each line of a patch on its own, so
 * that no phrase reaches over two of them, and any line that fits nowhere ends the patch. */
#include "message_diff.h"

#include "message_text.h"

#include <string.h>

enum state {
	OUTSIDE, /* a "+" or "-" means nothing */
	DOUBTFUL, /* after "--- old" and "+++ new" that name different files: it may still begin */
	INSIDE,
	AFTER_OLD, /* after "--- old" without a directory */
};

enum { OID_MIN = 7, NAME_MAX_BYTES = 4096 };

struct diff {
	struct message *m;
	enum state state;
	struct slice old; /* AFTER_OLD */
	struct buf seen; /* names, each ended by a NUL */
	struct buf plain; /* lines for TEXT_BODY */
	struct buf name; /* without its quotes */
};

static bool starts(struct slice s, const char *word)
{
	size_t n = strlen(word);
	return s.len >= n && memcmp(s.p, word, n) == 0;
}

static struct slice after(struct slice s, size_t n)
{
	return (struct slice){ s.p + n, s.len - n };
}

static struct slice next_line(struct slice *text)
{
	const char *nl = memchr(text->p, '\n', text->len);
	struct slice line = { text->p, nl ? (size_t)(nl - text->p) : text->len };
	*text = after(*text, line.len + (nl != NULL));
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

bool diff_in(struct slice text)
{
	while (text.len > 0) {
		struct slice line = next_line(&text);
		if (starts(line, "diff ") || starts(line, "--- ") || starts(line, "+++ "))
			return true;
	}
	return false;
}

/* ---- columns ---- */

static void flush_plain(struct diff *d)
{
	text_add(d->m, TEXT_BODY, slice_of(&d->plain).p, d->plain.len);
	buf_reset(&d->plain);
}

static void add_plain(struct diff *d, struct slice line)
{
	buf_add(&d->plain, line.p, line.len);
	buf_addc(&d->plain, '\n');
}

static void add(struct diff *d, enum text_field f, struct slice s)
{
	flush_plain(d);
	text_add(d->m, f, s.p, s.len);
}

static void add_name(struct diff *d, struct slice name)
{
	const struct buf *seen = &d->seen;
	for (size_t at = 0; at < seen->len; at += strlen(seen->data + at) + 1)
		if (strlen(seen->data + at) == name.len &&
		    memcmp(seen->data + at, name.p, name.len) == 0)
			return;
	if (name.len == 0 || name.len > NAME_MAX_BYTES || memchr(name.p, '\0', name.len))
		return;
	buf_add(&d->seen, name.p, name.len);
	buf_addc(&d->seen, '\0');
	add(d, TEXT_DIFF_NAME, name);
}

/* ---- names ---- */

/* "a/x" but not "/x", "a/" or "x". */
static bool is_path(struct slice s)
{
	const char *slash = s.len ? memchr(s.p, '/', s.len) : NULL;
	return slash && slash > s.p && slash + 1 < s.p + s.len;
}

static char escaped(struct slice *s)
{
	static const char from[] = "abtnvfr", to[] = "\a\b\t\n\v\f\r";
	char c = *s->p;
	const char *known = strchr(from, c);
	int v = 0;
	if (c < '0' || c > '7') {
		*s = after(*s, 1);
		return known && c ? to[known - from] : c;
	}
	for (int i = 0; i < 3 && s->len > 0 && *s->p >= '0' && *s->p <= '7'; i++) {
		v = v * 8 + (*s->p - '0');
		*s = after(*s, 1);
	}
	return (char)v;
}

/* git puts odd names in quotes, as C does. */
static struct slice unquote(struct diff *d, struct slice s)
{
	if (s.len < 2 || s.p[0] != '"' || s.p[s.len - 1] != '"')
		return s;
	s = (struct slice){ s.p + 1, s.len - 2 };
	buf_reset(&d->name);
	while (s.len > 0) {
		char c = *s.p;
		s = after(s, 1);
		buf_addc(&d->name, c == '\\' && s.len > 0 ? escaped(&s) : c);
	}
	return slice_of(&d->name);
}

/* Without the "a/" or "b/" before it. */
static void add_git_name(struct diff *d, struct slice quoted)
{
	struct slice s = unquote(d, quoted);
	const char *slash = s.len ? memchr(s.p, '/', s.len) : NULL;
	if (slash)
		add_name(d, after(s, (size_t)(slash + 1 - s.p)));
}

static struct slice first_word(struct slice s)
{
	size_t n = 0;
	while (n < s.len && !is_blank(s.p[n]))
		n++;
	return (struct slice){ s.p, n };
}

/* Traditional patches compare two trees: the name is what both paths end in. */
static enum state add_common_name(struct diff *d, struct slice a, struct slice b)
{
	while (a.len > 0 && b.len > 0) {
		if (a.len == b.len && memcmp(a.p, b.p, a.len) == 0) {
			add_name(d, a);
			return INSIDE;
		}
		const char *sa = memchr(a.p, '/', a.len), *sb = memchr(b.p, '/', b.len);
		if (!sa || !sb)
			break;
		a = after(a, (size_t)(sa + 1 - a.p));
		b = after(b, (size_t)(sb + 1 - b.p));
	}
	return DOUBTFUL;
}

/* ---- lines ---- */

/* "diff --git a/x b/x": a name may have blanks, the last one that makes two paths counts. */
static bool git_header(struct diff *d, struct slice line)
{
	struct slice both;
	if (!starts(line, "diff --git "))
		return false;
	both = after(line, strlen("diff --git "));
	for (size_t at = both.len; at-- > 0;) {
		struct slice a = { both.p, at }, b = after(both, at + (at < both.len));
		if (both.p[at] != ' ' || !is_path(a) || !is_path(b))
			continue;
		add_plain(d, line);
		d->state = INSIDE;
		add_git_name(d, a);
		add_git_name(d, b);
		return true;
	}
	return false;
}

/* "diff -ru a/x b/x" */
static bool old_header(struct diff *d, struct slice line)
{
	struct slice rest, a, b;
	size_t at[2], n = 0;
	if (!starts(line, "diff -"))
		return false;
	rest = after(line, strlen("diff -"));
	for (size_t i = rest.len; i-- > 0 && n < 2;)
		if (rest.p[i] == ' ')
			at[n++] = i;
	if (n < 2 || at[1] == 0)
		return false;
	a = (struct slice){ rest.p + at[1] + 1, at[0] - at[1] - 1 };
	b = after(rest, at[0] + 1);
	if (a.len == 0 || b.len == 0)
		return false;
	add_plain(d, line);
	if (memchr(rest.p, 'u', at[1]) || memchr(rest.p, 'U', at[1]))
		d->state = add_common_name(d, a, b);
	return true;
}

/* "--- a/x" and "+++ b/x" */
static bool file_line(struct diff *d, struct slice line)
{
	bool old = starts(line, "--- ");
	struct slice name, word;
	if (!old && !starts(line, "+++ "))
		return false;
	name = after(line, 4);
	word = first_word(name);
	if (is_path(name)) {
		add_git_name(d, name);
		d->state = INSIDE;
	} else if (word.len == 0) {
		return false;
	} else if (old) {
		d->state = AFTER_OLD;
		d->old = word;
		add_plain(d, line);
	} else if (d->state == OUTSIDE) {
		return false;
	} else {
		d->state = add_common_name(
		    d, d->state == AFTER_OLD ? d->old : (struct slice){ "", 0 }, word);
	}
	return true;
}

static size_t hex_len(struct slice s)
{
	size_t n = 0;
	while (n < s.len && ((s.p[n] >= '0' && s.p[n] <= '9') || (s.p[n] >= 'a' && s.p[n] <= 'f')))
		n++;
	return n;
}

/* "index 0123456..789abcd 100644" */
static bool index_line(struct diff *d, struct slice line)
{
	struct slice rest;
	if (!starts(line, "index "))
		return false;
	rest = after(line, strlen("index "));
	struct slice pre = { rest.p, hex_len(rest) };
	rest = after(rest, pre.len);
	if (pre.len == 0 || !starts(rest, ".."))
		return false;
	rest = after(rest, 2);
	struct slice post = { rest.p, hex_len(rest) };
	if (post.len == 0)
		return false;
	if (pre.len >= OID_MIN)
		text_add(d->m, TEXT_DIFF_PRE, pre.p, pre.len);
	if (post.len >= OID_MIN)
		text_add(d->m, TEXT_DIFF_POST, post.p, post.len);
	d->state = INSIDE;
	return true;
}

/* "@@ -1,2 +3,4 @@ function" */
static bool hunk_line(struct diff *d, struct slice line)
{
	struct slice rest = line;
	if (!starts(line, "@@ "))
		return false;
	rest = after(rest, 3);
	for (int i = 0; i < 2; i++) {
		size_t n = first_word(rest).len;
		if (n == 0 || n == rest.len || rest.p[n] != ' ')
			return false;
		rest = after(rest, n + 1);
	}
	if (!starts(rest, "@@"))
		return false;
	rest = slice_trim(after(rest, 2));
	if (rest.len > 0)
		add(d, TEXT_DIFF_HUNK, rest);
	return true;
}

static bool is_note(struct slice line)
{
	static const char *const notes[] = {
		"similarity index ", "dissimilarity index ",
		"old mode",          "new mode",
		"deleted file mode", "new file mode",
		"copy from ",        "copy to ",
		"rename from ",      "rename to ",
		"Binary files ",     "\\ No newline at end of file",
	};
	for (size_t i = 0; i < sizeof(notes) / sizeof(*notes); i++)
		if (starts(line, notes[i]))
			return true;
	return false;
}

/* A whole line of what git encodes binary files in, or one of blanks. */
static bool is_base85(struct slice line)
{
	bool blank = true;
	for (size_t i = 0; i < line.len; i++)
		blank &= is_blank(line.p[i]);
	for (size_t i = 0; !blank && i < line.len; i++)
		if ((unsigned char)line.p[i] <= ' ' || (unsigned char)line.p[i] >= 0x7f ||
		    strchr("\"',./:[\\]", line.p[i]))
			return false;
	return true;
}

/* Nobody looks for encoded bytes, and they would be most of the index. */
static void skip_binary(struct diff *d, struct slice *text)
{
	for (struct slice left = *text, line = next_line(&left);
	     starts(line, "literal ") || starts(line, "delta "); line = next_line(&left)) {
		add_plain(d, line);
		*text = left;
		while (left.len > 0 && is_base85(next_line(&left)))
			*text = left;
		left = *text;
	}
}

static void index_one(struct diff *d, struct slice line, struct slice *text)
{
	bool inside = d->state == INSIDE || d->state == AFTER_OLD;
	char c = line.len ? line.p[0] : '\0';

	if (inside && starts(line, "GIT binary patch")) {
		add_plain(d, line);
		skip_binary(d, text);
	} else if (inside && c == ' ') {
		add(d, TEXT_DIFF_CONTEXT, after(line, 1));
	} else if (line.len == 3 && starts(line, "-- ")) { /* a signature begins */
		d->state = OUTSIDE;
	} else if (git_header(d, line) || old_header(d, line) || file_line(d, line)) {
		;
	} else if (inside && c == '+') {
		add(d, TEXT_DIFF_NEW, after(line, 1));
	} else if (inside && c == '-') {
		add(d, TEXT_DIFF_OLD, after(line, 1));
	} else if (index_line(d, line) || hunk_line(d, line) || line.len == 0) {
		;
	} else {
		if (!is_note(line))
			d->state = OUTSIDE;
		add_plain(d, line);
	}
}

void diff_index(struct message *m, struct slice text)
{
	struct diff d = { .m = m };
	while (text.len > 0) {
		struct slice line = next_line(&text);
		index_one(&d, line, &text);
	}
	flush_plain(&d);
	m->text[TEXT_BODY].failed |= d.plain.failed || d.seen.failed || d.name.failed;
	buf_free(&d.seen);
	buf_free(&d.plain);
	buf_free(&d.name);
}

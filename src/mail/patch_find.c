#include "patch_find.h"

#include "message_head.h"
#include "patch_words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ID_MIN = 7 };

static bool starts(struct slice s, const char *word)
{
	size_t n = strlen(word);
	return s.len >= n && memcmp(s.p, word, n) == 0;
}

static struct slice after(struct slice s, size_t n)
{
	return (struct slice){ s.p + n, s.len - n };
}

/* The line at *at, without its end; *at moves behind it. */
static struct slice line_at(struct slice text, size_t *at)
{
	const char *nl = memchr(text.p + *at, '\n', text.len - *at);
	size_t n = nl != NULL ? (size_t)(nl - text.p) - *at : text.len - *at;
	struct slice line = { text.p + *at, n };
	*at += n + (nl != NULL);
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

bool patch_name(const char *name, size_t len, struct buf *out)
{
	struct buf plain = { 0 };
	struct slice s = { name, len };
	if (len > 2 && name[0] == '"' && name[len - 1] == '"') {
		patch_unquote(name + 1, len - 2, &plain);
		s = slice_of(&plain);
	}
	if (s.len > 0 && s.p[s.len - 1] == '\t' && plain.len == 0)
		s.len--; /* git ends names with blanks like that */
	const char *slash = s.len > 0 && *s.p != '/' ? memchr(s.p, '/', s.len) : NULL;
	bool ok = slash != NULL && slash + 1 < s.p + s.len;
	if (ok)
		buf_add(out, slash + 1, s.len - (size_t)(slash + 1 - s.p));
	out->failed |= plain.failed;
	buf_cstr(out);
	buf_free(&plain);
	return ok;
}

void found_patch_free(struct found_patch *p)
{
	buf_free(&p->path_a);
	buf_free(&p->path_b);
	buf_free(&p->text);
	*p = (struct found_patch){ 0 };
}

static size_t take_id(struct slice s, char ret[65])
{
	size_t n = 0;
	while (n < s.len && n < 64 && strchr("0123456789abcdef", s.p[n]) != NULL && s.p[n] != '\0')
		n++;
	memcpy(ret, s.p, n);
	ret[n] = '\0';
	return n;
}

static bool is_mode(struct slice s)
{
	static const char *const modes[] = { "100644", "120000", "100755" };
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		if (starts(s, modes[i]))
			return true;
	}
	return false;
}

static void take_mode(struct slice s, char ret[8])
{
	memcpy(ret, s.p, 6);
	ret[6] = '\0';
}

/* "index 0123456..789abcd 100644" */
static bool read_index(struct slice line, const char *pre, const char *post, struct found_patch *p)
{
	if (!starts(line, "index "))
		return false;
	struct slice rest = after(line, strlen("index "));
	size_t n = take_id(rest, p->pre);
	if (n < ID_MIN || !starts(after(rest, n), ".."))
		return false;
	rest = after(rest, n + 2);
	size_t m = take_id(rest, p->post);
	if (m < ID_MIN || strncmp(p->post, post, strlen(post)) != 0 ||
	    (pre != NULL && strncmp(p->pre, pre, strlen(pre)) != 0))
		return false;
	rest = after(rest, m);
	p->mode[0] = '\0';
	if (rest.len == 7 && *rest.p == ' ' && is_mode(after(rest, 1)))
		take_mode(after(rest, 1), p->mode);
	return rest.len == 0 || p->mode[0] != '\0';
}

/* What may stand between "diff --git" and "index". */
static bool is_extended(struct slice line)
{
	static const char *const words[] = { "old mode ",      "new mode ",  "new file mode ",
		                             "copy ",          "rename ",    "deleted ",
		                             "dissimilarity ", "similarity " };
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (starts(line, words[i]))
			return true;
	}
	return false;
}

static void read_extended(struct slice line, struct found_patch *p)
{
	static const char *const words[] = { "old mode ", "new mode ", "new file mode " };
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t n = strlen(words[i]);
		if (starts(line, words[i]) && line.len >= n + 6 && is_mode(after(line, n)) &&
		    p->mode[0] == '\0')
			take_mode(after(line, n), p->mode);
	}
}

static bool is_safe(const struct buf *path)
{
	const char *s = path->data;
	if (memchr(s, '\0', path->len) != NULL)
		return false;
	for (;;) {
		size_t n = strcspn(s, "/");
		if (n == 0 || (n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.'))
			return false;
		if (s[n] == '\0')
			return true;
		s += n + 1;
	}
}

/* "--- a/x" or "+++ b/x": 1 with the path, 0 for /dev/null, -1 for another line. */
static int read_name(struct slice line, const char *mark, struct buf *path)
{
	if (!starts(line, mark))
		return -1;
	struct slice name = after(line, 4);
	if (name.len == 9 && starts(name, "/dev/null"))
		return 0;
	return patch_name(name.p, name.len, path) ? 1 : -1;
}

static bool is_body(struct slice line)
{
	return line.len == 0 || strchr("@+ -\\", *line.p) != NULL;
}

/* The patch whose index line is read, from `head` on; `at` is behind that line. */
static int read_patch(struct slice text, size_t head, size_t at, struct found_patch *p)
{
	int a = read_name(line_at(text, &at), "--- ", &p->path_a);
	int b = a >= 0 ? read_name(line_at(text, &at), "+++ ", &p->path_b) : -1;
	size_t end = at;
	while (end < text.len) {
		size_t next = end;
		struct slice line = line_at(text, &next);
		if (!is_body(line) || (line.len == 3 && starts(line, "-- ")))
			break;
		end = next;
	}
	bool ok = b > 0 && end > at && is_safe(&p->path_b) && (a == 0 || is_safe(&p->path_a));
	if (ok) {
		buf_add(&p->text, text.p + head, end - head);
		if (p->text.data != NULL && p->text.data[p->text.len - 1] != '\n')
			buf_addc(&p->text, '\n');
	}
	if (!buf_ok(&p->path_a) || !buf_ok(&p->path_b) || !buf_ok(&p->text))
		return -ENOMEM;
	return ok;
}

int patch_find(const char *text, size_t len, const char *pre, const char *post,
               struct found_patch *ret)
{
	struct slice all = { text, len };
	struct found_patch modes = { .mode = "" };
	bool in_head = false;
	size_t head = 0;
	for (size_t at = 0; at < len;) {
		struct found_patch p = { .mode = "" };
		size_t start = at;
		struct slice line = line_at(all, &at);
		if (starts(line, "diff --git ")) {
			in_head = true;
			head = start;
			modes.mode[0] = '\0';
		} else if (in_head && is_extended(line)) {
			read_extended(line, &modes);
		} else if (read_index(line, pre, post, &p)) {
			if (in_head && modes.mode[0] != '\0' && p.mode[0] == '\0')
				memcpy(p.mode, modes.mode, sizeof(p.mode));
			int rc = read_patch(all, in_head ? head : start, at, &p);
			if (rc > 0)
				*ret = p;
			else
				found_patch_free(&p);
			if (rc != 0)
				return rc;
			in_head = false;
		} else {
			in_head = false;
		}
	}
	return 0;
}

/* ---- heads ---- */

void patch_head_free(struct patch_head *h)
{
	buf_free(&h->path_a);
	buf_free(&h->path_b);
	*h = (struct patch_head){ 0 };
}

static void head_modes(struct slice line, struct patch_head *h)
{
	static const struct {
		const char *word;
		bool a, b;
	} words[] = { { "old mode ", true, false },
		      { "new mode ", false, true },
		      { "new file mode ", true, true },
		      { "deleted file mode ", true, true } };
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t n = strlen(words[i].word);
		if (!starts(line, words[i].word) || line.len < n + 6)
			continue;
		struct slice mode = after(line, n);
		if (!is_mode(mode) && !starts(mode, "160000"))
			continue;
		if (words[i].a)
			take_mode(mode, h->mode_a);
		if (words[i].b)
			take_mode(mode, h->mode_b);
	}
}

/* "index ..." and the two lines behind it; *at moves behind them. */
static bool head_body(struct slice text, struct slice line, size_t *at, struct patch_head *h)
{
	if (!starts(line, "index "))
		return false;
	struct slice rest = after(line, strlen("index "));
	size_t n = take_id(rest, h->a);
	if (n < ID_MIN || !starts(after(rest, n), ".."))
		return false;
	rest = after(rest, n + 2);
	n = take_id(rest, h->b);
	rest = after(rest, n);
	if (n < ID_MIN)
		return false;
	size_t next = *at;
	if (read_name(line_at(text, &next), "--- ", &h->path_a) < 0 ||
	    read_name(line_at(text, &next), "+++ ", &h->path_b) < 0)
		return false;
	if (rest.len >= 7 && *rest.p == ' ' &&
	    (is_mode(after(rest, 1)) || starts(after(rest, 1), "160000"))) {
		take_mode(after(rest, 1), h->mode_a);
		take_mode(after(rest, 1), h->mode_b);
	}
	*at = next;
	return true;
}

static void default_modes(struct patch_head *h)
{
	if (h->mode_a[0] == '\0')
		snprintf(h->mode_a, sizeof(h->mode_a), "%s",
		         h->mode_b[0] != '\0' ? h->mode_b : "100644");
	if (h->mode_b[0] == '\0')
		memcpy(h->mode_b, h->mode_a, sizeof(h->mode_b));
}

int patch_head_next(const char *text, size_t len, size_t at, struct patch_head *ret)
{
	struct slice all = { text, len };
	struct patch_head h = { .start = 0 };
	bool in_head = false;
	while (at < len) {
		size_t start = at;
		struct slice line = line_at(all, &at);
		if (starts(line, "diff --git ")) {
			h.start = start;
			h.mode_a[0] = h.mode_b[0] = '\0';
			in_head = true;
			continue;
		}
		if (in_head && is_extended(line)) {
			head_modes(line, &h);
			continue;
		}
		if (!in_head) {
			h.start = start;
			h.mode_a[0] = h.mode_b[0] = '\0';
		}
		in_head = false;
		if (head_body(all, line, &at, &h)) {
			h.end = at;
			default_modes(&h);
			*ret = h;
			return buf_ok(&h.path_a) && buf_ok(&h.path_b) ? 1 : -ENOMEM;
		}
		buf_reset(&h.path_a);
		buf_reset(&h.path_b);
	}
	patch_head_free(&h);
	return 0;
}

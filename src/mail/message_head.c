#include "message_head.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool slice_is(struct slice s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.p, word, s.len) == 0;
}

struct slice slice_trim(struct slice s)
{
	while (s.len > 0 && is_blank(s.p[s.len - 1]))
		s.len--;
	while (s.len > 0 && is_blank(*s.p)) {
		s.p++;
		s.len--;
	}
	return s;
}

static size_t line_len(const char *p, size_t len) /* with its "\n" */
{
	const char *nl = memchr(p, '\n', len);
	return nl ? (size_t)(nl - p) + 1 : len;
}

/* Length of the name when a line opens with one, else 0: "Name:" and, for recognising a header
 * at all, "Name :". */
static size_t name_len(const char *p, size_t len, bool blank_ok)
{
	size_t n = 0;
	while (n < len && (unsigned char)p[n] > ' ' && p[n] != ':' && p[n] != 0x7f)
		n++;
	size_t colon = n;
	while (blank_ok && colon < len && (p[colon] == ' ' || p[colon] == '\t'))
		colon++;
	return colon < len && p[colon] == ':' ? n : 0;
}

static bool has_header_line(struct slice raw)
{
	while (raw.len > 0) {
		if (name_len(raw.p, raw.len, true) > 0)
			return true;
		size_t n = line_len(raw.p, raw.len);
		raw.p += n;
		raw.len -= n;
	}
	return false;
}

/* Length of the empty line at p, 0 when it is none. */
static size_t empty_line(const char *p, size_t len)
{
	if (len > 0 && p[0] == '\n')
		return 1;
	return len > 1 && p[0] == '\r' && p[1] == '\n' ? 2 : 0;
}

static struct slice cut_block(const char *p, size_t len)
{
	if (len > HEAD_MAX) {
		const char *nl = memrchr(p, '\n', HEAD_MAX);
		len = nl ? (size_t)(nl - p) + 1 : HEAD_MAX;
	}
	return (struct slice){ p, len };
}

void head_split(struct slice raw, bool part, struct slice *ret_block, struct slice *ret_body)
{
	size_t lead = part ? empty_line(raw.p, raw.len) : 0;
	if (lead > 0) {
		*ret_block = (struct slice){ raw.p, 0 };
		*ret_body = (struct slice){ raw.p + lead, raw.len - lead };
		return;
	}
	for (size_t at = 0; at < raw.len;) {
		at += line_len(raw.p + at, raw.len - at);
		size_t gap = empty_line(raw.p + at, raw.len - at);
		if (gap > 0) {
			*ret_block = cut_block(raw.p, at);
			*ret_body = (struct slice){ raw.p + at + gap, raw.len - at - gap };
			return;
		}
	}
	bool headed = has_header_line(raw);
	*ret_block = headed ? cut_block(raw.p, raw.len) : (struct slice){ raw.p, 0 };
	*ret_body = headed ? (struct slice){ raw.p + raw.len, 0 } : raw;
}

/* A line that continues the one before: a blank comes before any colon. */
static bool continues(const char *p, size_t len)
{
	for (size_t i = 0; i < len && p[i] != ':' && p[i] != '\n'; i++)
		if (p[i] == ' ' || p[i] == '\t')
			return true;
	return false;
}

static int add_line(struct head *h, struct slice name, const char *value)
{
	if ((h->n & (h->n - 1)) == 0 && (h->n == 0 || h->n >= 32)) {
		size_t cap = h->n == 0 ? 32 : h->n * 2;
		struct head_line *lines = realloc(h->lines, cap * sizeof *lines);
		if (!lines)
			return -ENOMEM;
		h->lines = lines;
	}
	h->lines[h->n++] = (struct head_line){ name, { value, 0 } };
	return 0;
}

int head_parse(struct slice block, struct head *ret)
{
	struct head h = { 0 };
	struct head_line *open = NULL; /* the line that a continuation belongs to */
	for (size_t at = 0; at < block.len;) {
		const char *p = block.p + at;
		size_t len = line_len(p, block.len - at);
		size_t name = continues(p, len) ? 0 : name_len(p, len, false);
		at += len;
		if (name > 0) {
			if (add_line(&h, (struct slice){ p, name }, p + name + 1) < 0) {
				head_done(&h);
				return -ENOMEM;
			}
			open = &h.lines[h.n - 1];
		} else if (!continues(p, len)) {
			open = NULL;
		}
		if (open)
			open->value.len = (size_t)(p + len - open->value.p);
	}
	for (size_t i = 0; i < h.n; i++)
		h.lines[i].value = slice_trim(h.lines[i].value);
	*ret = h;
	return 0;
}

void head_done(struct head *h)
{
	free(h->lines);
	*h = (struct head){ 0 };
}

bool head_next(const struct head *h, const char *name, size_t *at, struct slice *ret)
{
	while (*at < h->n) {
		const struct head_line *l = &h->lines[(*at)++];
		if (slice_is(l->name, name)) {
			*ret = l->value;
			return true;
		}
	}
	return false;
}

const char *head_first(const struct head *h, const char *name, struct buf *out)
{
	size_t at = 0;
	struct slice v;
	if (!head_next(h, name, &at, &v))
		return NULL;
	buf_reset(out);
	head_unfold(v, out);
	return buf_cstr(out);
}

void head_unfold(struct slice value, struct buf *out)
{
	while (value.len > 0) {
		const char *nl = memchr(value.p, '\n', value.len);
		if (!nl)
			break;
		size_t n = (size_t)(nl - value.p);
		buf_add(out, value.p, n > 0 && nl[-1] == '\r' ? n - 1 : n);
		buf_addc(out, ' ');
		for (n++; n < value.len && (value.p[n] == ' ' || value.p[n] == '\t'); n++)
			;
		value.p += n;
		value.len -= n;
	}
	buf_add(out, value.p, value.len);
}

/* How a message is cut out of the stream:
 *
 *   mboxrd, mboxo  up to the next line that has the full shape of a "From " line (below); one
 *                  blank line before it belongs to the separator.  A "From " line of another
 *                  shape is text: old mail is full of unescaped ones.
 *   mboxcl, mboxcl2  the header up to its blank line, then as many bytes as Content-Length says.
 *
 * Messages of nothing but white space are skipped, and so are blank lines between messages. */
#include "mbox.h"

#include "eml.h"

#include "../base/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW_MIN = 256 << 10 };

struct mbox {
	struct input *in; /* the caller's */
	enum mail_format format;
	char *data; /* the window: bytes read */
	size_t cap, len;
	size_t at; /* where the next message starts; the byte before it is a '\n' or none */
	uint64_t base; /* position of data[0] in the stream */
	uint64_t count; /* messages found, for error texts */
	bool begun, eof;
};

int mbox_open(struct input *in, enum mail_format f, struct mbox **ret, struct err *e)
{
	if (f < MAIL_MBOXRD || f > MAIL_MBOXCL2)
		return err_set(e, -EINVAL, "%s: %s is not an mbox format", input_name(in),
		               mail_format_name(f));
	struct mbox *m = calloc(1, sizeof(*m));
	if (!m)
		return err_sys(e, ENOMEM, "cannot read %s", input_name(in));
	m->in = in;
	m->format = f;
	*ret = m;
	return 0;
}

void mbox_free(struct mbox *m)
{
	if (!m)
		return;
	free(m->data);
	free(m);
}

uint64_t mbox_offset(const struct mbox *m)
{
	return m->base + m->at;
}

/* ---- the window ------------------------------------------------------------------------- */

/* Make room at the end: forget what is behind, but the line end before `at`; else grow. */
static int make_room(struct mbox *m, struct err *e)
{
	size_t keep = m->at ? m->at - 1 : 0;
	if (m->len < m->cap)
		return 0;
	if (keep > m->cap / 2 || (keep && m->cap >= MAIL_MESSAGE_MAX)) {
		memmove(m->data, m->data + keep, m->len - keep);
		m->len -= keep;
		m->at -= keep;
		m->base += keep;
		return 0;
	}
	if (m->cap >= MAIL_MESSAGE_MAX)
		return err_set(e, -EFBIG, "%s: message %llu (at byte %llu) is larger than %zu MiB",
		               input_name(m->in), (unsigned long long)m->count + 1,
		               (unsigned long long)mbox_offset(m), MAIL_MESSAGE_MAX >> 20);
	size_t cap = m->cap ? m->cap * 2 : WINDOW_MIN;
	char *data = realloc(m->data, cap);
	if (!data)
		return err_sys(e, ENOMEM, "cannot read %s", input_name(m->in));
	m->data = data;
	m->cap = cap;
	return 0;
}

/* More bytes at the end of the window, or m->eof.  Offsets into data may move with m->at. */
static int fill(struct mbox *m, struct err *e)
{
	int rc = make_room(m, e);
	if (rc < 0)
		return rc;
	ssize_t n = input_read(m->in, m->data + m->len, m->cap - m->len, e);
	if (n < 0)
		return (int)n;
	m->len += (size_t)n;
	m->eof = n == 0;
	return 0;
}

/* The '\n' at or after m->at + from: 1 and its distance from m->at, 0 at the end. */
static int find_line_end(struct mbox *m, size_t from, size_t *ret, struct err *e)
{
	for (;;) {
		size_t have = m->len - m->at;
		const char *nl = have > from ? memchr(m->data + m->at + from, '\n', have - from)
		                             : NULL;
		if (nl) {
			*ret = (size_t)(nl - m->data) - m->at;
			return 1;
		}
		if (m->eof)
			return 0;
		from = have > from ? have : from;
		int rc = fill(m, e);
		if (rc < 0)
			return rc;
	}
}

/* ---- "From " lines ---------------------------------------------------------------------- */

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A run of non-space bytes, then blanks: one, or with `many` at least one. */
static const char *word(const char *p, const char *end, bool many)
{
	const char *start = p;
	while (p < end && !is_space(*p))
		p++;
	if (p == start || p == end || *p != ' ')
		return NULL;
	p++;
	while (many && p < end && *p == ' ')
		p++;
	return p;
}

/* Something without a colon, then a colon. */
static const char *clock_part(const char *p, const char *end)
{
	const char *colon = memchr(p, ':', (size_t)(end - p));
	return colon && colon > p ? colon + 1 : NULL;
}

/* "From ADDRESS DAY MONTH DATE HH:MM:SS YEAR" without its '\n'; what stands at each place does
 * not matter. */
static bool is_from_line(const char *p, const char *end)
{
	p = word(p + 5, end, true);
	p = p ? word(p, end, false) : NULL;
	p = p ? word(p, end, true) : NULL;
	p = p ? word(p, end, false) : NULL;
	p = p ? clock_part(p, end) : NULL;
	p = p ? clock_part(p, end) : NULL;
	if (!p || end - p < 3 || memchr(p, ':', (size_t)(end - p)))
		return false;
	return memchr(p + 1, ' ', (size_t)(end - p) - 2) != NULL; /* seconds and year */
}

/* Go to the next "From " line and past it, over blank lines: 1, or 0 at the end.  The first one
 * may have any shape. */
static int open_message(struct mbox *m, struct err *e)
{
	for (;;) {
		while (m->at < m->len && strchr("\r\n \t", m->data[m->at]) && m->data[m->at])
			m->at++;
		if (m->eof || m->len - m->at >= 5)
			break;
		int rc = fill(m, e);
		if (rc < 0)
			return rc;
	}
	if (m->at == m->len)
		return 0;
	bool line_start = m->at == 0 || m->data[m->at - 1] == '\n';
	if (!line_start || m->len - m->at < 5 || memcmp(m->data + m->at, "From ", 5) != 0) {
		if (!m->begun)
			return err_set(e, -EINVAL, "%s: not an mbox (first line is not \"From \")",
			               input_name(m->in));
		return err_set(e, -EBADMSG,
		               "%s: no \"From \" line where message %llu ends by its "
		               "Content-Length (byte %llu)",
		               input_name(m->in), (unsigned long long)m->count,
		               (unsigned long long)mbox_offset(m));
	}
	size_t nl;
	int rc = find_line_end(m, 0, &nl, e);
	m->begun = true;
	if (rc <= 0) {
		m->at = m->len;
		return rc;
	}
	m->at += nl + 1;
	return 1;
}

/* ---- escapes ---------------------------------------------------------------------------- */

/* Take one '>' off each line that starts with ">From ", or with `any` number of '>' before
 * "From ".  In place; returns the new length. */
static size_t unescape(char *data, size_t len, bool any)
{
	size_t from = 0, to = 0; /* data[0..to) is done, data[from..len) is to do */
	const char *hit;
	for (size_t seek = 0; (hit = memmem(data + seek, len - seek, ">From ", 6));) {
		size_t quote = (size_t)(hit - data);
		seek = quote + 6;
		while (any && quote > from && data[quote - 1] == '>')
			quote--;
		if (quote > 0 && data[quote - 1] != '\n')
			continue;
		if (to != from)
			memmove(data + to, data + from, quote - from);
		to += quote - from;
		from = quote + 1;
	}
	if (to != from)
		memmove(data + to, data + from, len - from);
	return to + (len - from);
}

static bool blank(const char *data, size_t len)
{
	size_t i = 0;
	while (i < len && (data[i] == ' ' || data[i] == '\t' || data[i] == '\r' || data[i] == '\n'))
		i++;
	return i == len;
}

/* The empty line at the end of a message belongs to the separator; only one does. */
static size_t without_last_line(const char *data, size_t len)
{
	if (len >= 2 && data[len - 1] == '\n' && data[len - 2] == '\n')
		return len - 1;
	if (len >= 3 && memcmp(data + len - 3, "\n\r\n", 3) == 0)
		return len - 2;
	return len;
}

/* ---- mboxrd, mboxo ---------------------------------------------------------------------- */

/* Length of the message at m->at, and of the "From " line after it (0 at the end). */
static int find_separator(struct mbox *m, size_t *ret_len, size_t *ret_line, struct err *e)
{
	size_t seek = 0; /* from m->at - 1, the '\n' before the message */
	for (;;) {
		size_t have = m->len - m->at + 1;
		const char *start = m->data + m->at - 1;
		const char *hit = have > seek ? memmem(start + seek, have - seek, "\nFrom ", 6)
		                              : NULL;
		if (!hit && m->eof) {
			*ret_len = m->len - m->at;
			*ret_line = 0;
			return 0;
		}
		if (!hit) {
			seek = have > 5 && have - 5 > seek ? have - 5 : seek;
			int rc = fill(m, e);
			if (rc < 0)
				return rc;
			continue;
		}
		size_t line = (size_t)(hit - start), nl;
		int rc = find_line_end(m, line, &nl, e);
		if (rc < 0)
			return rc;
		const char *p = m->data + m->at + line;
		if (rc == 1 && is_from_line(p, m->data + m->at + nl)) {
			*ret_len = line;
			*ret_line = nl + 1 - line;
			return 0;
		}
		seek = line + 1;
	}
}

static int next_separated(struct mbox *m, const char **ret, size_t *ret_len, struct err *e)
{
	size_t len, line;
	if (!m->begun) {
		int rc = open_message(m, e);
		if (rc <= 0)
			return rc;
	}
	for (;;) {
		int rc = find_separator(m, &len, &line, e);
		if (rc < 0)
			return rc;
		char *data = m->data + m->at;
		m->at += len + line;
		if (len && !blank(data, len)) {
			len = without_last_line(data, len);
			*ret = data;
			*ret_len = unescape(data, len, m->format == MAIL_MBOXRD);
			return 1;
		}
		if (!line)
			return 0;
	}
}

/* ---- mboxcl, mboxcl2 -------------------------------------------------------------------- */

static int cut_off(struct mbox *m, const char *where, struct err *e)
{
	return err_set(e, -EBADMSG, "%s: cut off in the %s of message %llu", input_name(m->in),
	               where, (unsigned long long)m->count + 1);
}

static int find_header_end(struct mbox *m, size_t *ret, struct err *e)
{
	for (size_t from = 0, nl;;) {
		int rc = find_line_end(m, from, &nl, e);
		if (rc < 0)
			return rc;
		if (rc == 0)
			return cut_off(m, "header", e);
		size_t n = nl - from;
		bool empty = n == 0 || (n == 1 && m->data[m->at + from] == '\r');
		from = nl + 1;
		if (empty && n != nl) { /* an empty first line ends no header */
			*ret = from;
			return 0;
		}
	}
}

/* A number and nothing else, at most MAIL_MESSAGE_MAX. */
static bool parse_length(const char *p, size_t len, size_t *ret)
{
	size_t n = 0;
	while (len && is_space(*p))
		p++, len--;
	while (len && is_space(p[len - 1]))
		len--;
	if (len == 0)
		return false;
	for (; len; p++, len--) {
		if (*p < '0' || *p > '9')
			return false;
		n = n * 10 + (size_t)(*p - '0');
		if (n > MAIL_MESSAGE_MAX)
			return false;
	}
	*ret = n;
	return true;
}

static int content_length(struct mbox *m, size_t hdr_len, size_t *ret, struct err *e)
{
	struct eml_field f;
	size_t found = 0;
	for (size_t pos = 0; eml_next_field(m->data + m->at, hdr_len, &pos, &f);) {
		if (!eml_field_is(&f, "Content-Length"))
			continue;
		if (++found > 1 || !parse_length(f.value, f.value_len, ret))
			return err_set(e, -EBADMSG, "%s: bad Content-Length in message %llu",
			               input_name(m->in), (unsigned long long)m->count + 1);
	}
	if (!found)
		return err_set(e, -EBADMSG, "%s: no Content-Length in message %llu",
		               input_name(m->in), (unsigned long long)m->count + 1);
	return 0;
}

static int next_counted(struct mbox *m, const char **ret, size_t *ret_len, struct err *e)
{
	size_t hdr = 0, body = 0;
	int rc = open_message(m, e);
	if (rc == 1)
		rc = find_header_end(m, &hdr, e);
	else
		return rc;
	if (rc == 0)
		rc = content_length(m, hdr, &body, e);
	while (rc == 0 && !m->eof && m->len - m->at < hdr + body)
		rc = fill(m, e);
	if (rc < 0)
		return rc;
	if (m->len - m->at < hdr + body)
		return cut_off(m, "body", e);

	char *data = m->data + m->at;
	m->at += hdr + body;
	*ret = data;
	*ret_len = hdr + (m->format == MAIL_MBOXCL ? unescape(data + hdr, body, false) : body);
	return 1;
}

int mbox_next(struct mbox *m, const char **ret, size_t *ret_len, struct err *e)
{
	bool counted = m->format == MAIL_MBOXCL || m->format == MAIL_MBOXCL2;
	int rc = counted ? next_counted(m, ret, ret_len, e) : next_separated(m, ret, ret_len, e);
	if (rc == 1)
		m->count++;
	return rc;
}

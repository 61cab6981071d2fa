/* As the original writes them: a "From " line of fixed date that names the blob, the header with
 * fresh Status fields at its end, the body escaped as the format wants, an empty line.  All of it
 * with the line end of the message itself.
 *
 * We also escape "From " lines in the header of an mboxrd or mboxo: its readers, the original's
 * among them, unescape there too. */
#include "mbox_writer.h"

#include "eml.h"
#include "sink.h"
#include "writer.h"

#include "../base/err.h"

#include <stdio.h>
#include <string.h>

enum escape {
	ESCAPE_NONE,
	ESCAPE_PLAIN, /* "From " */
	ESCAPE_QUOTED, /* that, and with any number of '>' before it */
};

static const struct {
	enum escape header, body;
	bool counted; /* has Content-Length and Lines */
} dress[] = {
	[MAIL_MBOXRD] = { ESCAPE_QUOTED, ESCAPE_QUOTED, false },
	[MAIL_MBOXO] = { ESCAPE_PLAIN, ESCAPE_PLAIN, false },
	[MAIL_MBOXCL] = { ESCAPE_NONE, ESCAPE_PLAIN, true },
	[MAIL_MBOXCL2] = { ESCAPE_NONE, ESCAPE_NONE, true },
};

/* The next line of data[*from..len) that needs a '>'; true and where it starts. */
static bool next_escape(const char *data, size_t len, enum escape how, size_t *from, size_t *ret)
{
	const char *hit;
	/* Ten times as quick as memmem(): a mail has few letters F. */
	while ((hit = memchr(data + *from, 'F', len - *from))) {
		size_t line = (size_t)(hit - data);
		*from = line + 1;
		if (len - line < 5 || memcmp(hit, "From ", 5) != 0)
			continue;
		while (how == ESCAPE_QUOTED && line > 0 && data[line - 1] == '>')
			line--;
		if (line == 0 || data[line - 1] == '\n') {
			*ret = line;
			return true;
		}
	}
	return false;
}

static size_t count_escapes(const char *data, size_t len, enum escape how)
{
	size_t n = 0, line;
	if (how != ESCAPE_NONE)
		for (size_t seek = 0; next_escape(data, len, how, &seek, &line);)
			n++;
	return n;
}

static int add_escaped(struct sink *s, const char *data, size_t len, enum escape how, struct err *e)
{
	size_t done = 0, line;
	int rc = 0;
	if (how != ESCAPE_NONE) {
		for (size_t seek = 0; rc == 0 && next_escape(data, len, how, &seek, &line);) {
			rc = sink_add(s, data + done, line - done, e);
			if (rc == 0)
				rc = sink_add(s, ">", 1, e);
			done = line;
		}
	}
	return rc < 0 ? rc : sink_add(s, data + done, len - done, e);
}

static bool replaced(const struct eml_field *f)
{
	return eml_field_is(f, "Status") || eml_field_is(f, "X-Status") ||
	       eml_field_is(f, "Content-Length") || eml_field_is(f, "Lines") ||
	       eml_field_is(f, "Bytes");
}

/* An old import may have kept the "From " line of its mailbox. */
static size_t stale_from_line(const struct eml *m)
{
	size_t at = 0;
	while (at < m->hdr_len && (m->hdr[at] == '\n' || m->hdr[at] == '\r'))
		at++;
	if (m->hdr_len - at < 5 || memcmp(m->hdr + at, "From ", 5) != 0)
		return 0;
	const char *nl = memchr(m->hdr + at, '\n', m->hdr_len - at);
	return nl ? (size_t)(nl - m->hdr) + 1 : 0;
}

static int add_header(struct sink *s, const struct eml *m, enum escape how, struct err *e)
{
	struct eml_field f;
	size_t from = stale_from_line(m), pos = from;
	int rc = 0;

	while (rc == 0 && eml_next_field(m->hdr, m->hdr_len, &pos, &f)) {
		if (!replaced(&f))
			continue;
		rc = add_escaped(s, m->hdr + from, (size_t)(f.start - m->hdr) - from, how, e);
		from = pos;
	}
	return rc < 0 ? rc : add_escaped(s, m->hdr + from, m->hdr_len - from, how, e);
}

static size_t count_lines(const char *data, size_t len)
{
	size_t n = 0;
	for (const char *p = data, *end = data + len; (p = memchr(p, '\n', (size_t)(end - p))); p++)
		n++;
	return n;
}

static int add_counts(struct sink *s, const struct eml *m, enum escape how, struct err *e)
{
	char buf[96];
	size_t bytes = m->body_len + count_escapes(m->body, m->body_len, how);
	int n = snprintf(buf, sizeof(buf), "Content-Length: %zu%sLines: %zu%s", bytes, m->eol,
	                 count_lines(m->body, m->body_len), m->eol);
	return sink_add(s, buf, (size_t)n, e);
}

int mbox_write(struct sink *s, enum mail_format f, const struct out_mail *m, bool recent,
               struct err *e)
{
	struct eml eml;
	char from[128], status[32];

	eml_split(m->data, m->len, &eml);
	int n = snprintf(from, sizeof(from), "From %.64s@%s Thu Jan  1 00:00:00 1970%s",
	                 m->oid ? m->oid : "lei", mail_format_name(f), eml.eol);
	size_t status_len = kw_to_status(m->kw, recent, eml.eol, status);

	int rc = sink_add(s, from, (size_t)n, e);
	if (rc == 0)
		rc = add_header(s, &eml, dress[f].header, e);
	if (rc == 0)
		rc = sink_add(s, status, status_len, e);
	if (rc == 0 && dress[f].counted)
		rc = add_counts(s, &eml, dress[f].body, e);
	if (rc == 0 && (eml.has_body || dress[f].counted))
		rc = sink_add(s, eml.eol, strlen(eml.eol), e);
	if (rc == 0)
		rc = add_escaped(s, eml.body, eml.body_len, dress[f].body, e);
	return rc < 0 ? rc : sink_add(s, eml.eol, strlen(eml.eol), e);
}

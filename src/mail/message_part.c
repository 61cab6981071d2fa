#include "message_part.h"

#include "message.h"
#include "message_decode.h"

#include <errno.h>
#include <gmime/gmime.h>
#include <stdio.h>
#include <string.h>

enum { BOUNDARY_MAX = 2047 };

struct walk {
	part_fn *fn;
	void *rock;
	unsigned parts;
};

static int visit(struct walk *w, struct part *p);

static char *param(GMimeContentType *ct, const char *name)
{
	return g_strdup(g_mime_content_type_get_parameter(ct, name));
}

static void copy_lower(char *to, size_t cap, const char *from)
{
	snprintf(to, cap, "%s", from ? from : "");
	for (; *to; to++)
		*to = g_ascii_tolower(*to);
}

static bool read_type(struct part *p)
{
	struct buf line = { 0 };
	const char *text = head_first(&p->head, "Content-Type", &line);
	copy_lower(p->type, sizeof p->type, "text");
	copy_lower(p->subtype, sizeof p->subtype, "plain");
	if (text && strchr(text, '/')) {
		GMimeContentType *ct = g_mime_content_type_parse(NULL, text);
		copy_lower(p->type, sizeof p->type, g_mime_content_type_get_media_type(ct));
		copy_lower(p->subtype, sizeof p->subtype,
		           g_mime_content_type_get_media_subtype(ct));
		p->charset = param(ct, "charset");
		p->name = param(ct, "name");
		if (strcmp(p->type, "multipart") == 0)
			p->boundary = param(ct, "boundary");
		g_object_unref(ct);
	}
	bool ok = buf_ok(&line);
	buf_free(&line);
	return ok;
}

static int open_part(struct slice raw, bool part, struct part *ret)
{
	struct part p = { 0 };
	head_split(raw, part, &p.block, &p.body);
	if (head_parse(p.block, &p.head) < 0)
		return -ENOMEM;
	if (!read_type(&p)) {
		part_done(&p);
		return -ENOMEM;
	}
	*ret = p;
	return 0;
}

int part_open(struct slice raw, struct part *ret)
{
	int rc = open_part(raw, false, ret);
	if (rc == 0)
		strcpy(ret->index, "1");
	return rc;
}

void part_done(struct part *p)
{
	head_done(&p->head);
	g_free(p->charset);
	g_free(p->boundary);
	g_free(p->name);
}

bool part_is(const struct part *p, const char *type, const char *subtype)
{
	return strcmp(p->type, type) == 0 && strcmp(p->subtype, subtype) == 0;
}

bool part_filename(const struct part *p, struct buf *out)
{
	struct buf line = { 0 };
	size_t before = out->len;
	const char *text = head_first(&p->head, "Content-Disposition", &line);
	if (text) {
		GMimeContentDisposition *cd = g_mime_content_disposition_parse(NULL, text);
		const char *name = g_mime_content_disposition_get_parameter(cd, "filename");
		if (name)
			utf8_add(out, name, strlen(name));
		g_object_unref(cd);
	}
	if (out->len == before && p->name)
		utf8_add(out, p->name, strlen(p->name));
	out->failed |= line.failed;
	buf_free(&line);
	return out->len > before;
}

/* ---- multipart ---- */

struct delimiter {
	size_t start, end; /* of its line, with the line break before it */
	bool last;
};

/* What follows "--boundary" on its line: 1 opens a part, 2 ends the multipart, 0 is neither. */
static int delimiter_tail(struct slice body, size_t at, size_t *ret_end)
{
	bool last = body.len - at >= 2 && body.p[at] == '-' && body.p[at + 1] == '-';
	at += last ? 2 : 0;
	while (at < body.len && (body.p[at] == ' ' || body.p[at] == '\t'))
		at++;
	if (at < body.len && body.p[at] == '\r')
		at++;
	*ret_end = at < body.len ? at + 1 : at;
	if (at < body.len ? body.p[at] != '\n' : !last)
		return 0;
	return last ? 2 : 1;
}

static bool next_delimiter(struct slice body, size_t at, const char *mark, struct delimiter *ret)
{
	size_t len = strlen(mark);
	for (const char *hit; (hit = memmem(body.p + at, body.len - at, mark, len)); at++) {
		at = (size_t)(hit - body.p);
		if (at > 0 && hit[-1] != '\n')
			continue;
		int tail = delimiter_tail(body, at + len, &ret->end);
		if (tail == 0)
			continue;
		ret->last = tail == 2;
		ret->start = at - (at > 0) - (at > 1 && hit[-2] == '\r');
		return true;
	}
	return false;
}

static int visit_child(struct walk *w, const struct part *p, struct slice raw, bool embedded,
                       unsigned *number)
{
	if (!embedded && slice_trim(raw).len == 0)
		return 0;
	struct part child;
	int rc = open_part(raw, !embedded, &child);
	if (rc < 0)
		return rc;
	++*number;
	if (p->depth == 0)
		snprintf(child.index, sizeof child.index, "%u", *number);
	else
		snprintf(child.index, sizeof child.index, "%.180s.%u", p->index, *number);
	child.depth = p->depth + 1;
	child.embedded = embedded;
	child.inside = embedded || p->inside;
	rc = visit(w, &child);
	part_done(&child);
	return rc;
}

/* A multipart that ends without its last boundary: the empty line before the end is not its. */
static struct slice trim_unfinished(struct slice s)
{
	size_t n = s.len;
	if (n >= 2 && s.p[n - 1] == '\n' && s.p[n - 2] == '\n')
		s.len = n - 1;
	else if (n >= 3 && s.p[n - 1] == '\n' && s.p[n - 2] == '\r' && s.p[n - 3] == '\n')
		s.len = n - 2;
	return s;
}

static int visit_parts(struct walk *w, struct part *p, const char *mark, struct delimiter d)
{
	unsigned number = 0;
	int rc = 0;
	/* What comes before the first boundary belongs to no part, unless it reads like a mail:
	 * old senders put patches there. */
	if (memchr(p->body.p, ':', d.start))
		rc = visit_child(w, p, (struct slice){ p->body.p, d.start }, false, &number);
	while (rc == 0 && !d.last && w->parts < MESSAGE_PARTS_MAX) {
		size_t start = d.end;
		/* The line break after one boundary may be the one before the next. */
		bool more = next_delimiter(p->body, start, mark, &d);
		size_t end = more ? (d.start > start ? d.start : start) : p->body.len;
		struct slice raw = { p->body.p + start, end - start };
		rc = visit_child(w, p, more ? raw : trim_unfinished(raw), false, &number);
		if (!more)
			break;
	}
	return rc;
}

static bool is_embedding(const struct part *p)
{
	static const char *const subtypes[] = { "rfc822", "news", "rfc2822", "global" };
	if (strcmp(p->type, "message") != 0)
		return false;
	for (size_t i = 0; i < sizeof subtypes / sizeof *subtypes; i++)
		if (strcmp(p->subtype, subtypes[i]) == 0)
			return true;
	return false;
}

static int visit_embedding(struct walk *w, struct part *p)
{
	unsigned number = 0;
	p->container = true;
	int rc = w->fn(w->rock, p);
	return rc != 0 ? rc : visit_child(w, p, p->body, true, &number);
}

static int visit_multipart(struct walk *w, struct part *p)
{
	char mark[BOUNDARY_MAX + 3];
	struct delimiter d;
	snprintf(mark, sizeof mark, "--%s", p->boundary);
	if (!next_delimiter(p->body, 0, mark, &d) || d.last)
		return w->fn(w->rock, p);
	p->container = true;
	int rc = p->embedded ? w->fn(w->rock, p) : 0;
	return rc != 0 ? rc : visit_parts(w, p, mark, d);
}

static int visit(struct walk *w, struct part *p)
{
	if (w->parts++ >= MESSAGE_PARTS_MAX)
		return 0;
	if (p->depth < MESSAGE_DEPTH_MAX) {
		if (is_embedding(p))
			return visit_embedding(w, p);
		if (p->boundary && *p->boundary && strlen(p->boundary) <= BOUNDARY_MAX)
			return visit_multipart(w, p);
	}
	return w->fn(w->rock, p);
}

int part_walk(struct part *top, part_fn *fn, void *rock)
{
	struct walk w = { fn, rock, 0 };
	return visit(&w, top);
}

#include "message_text.h"

#include "message_decode.h"
#include "message_diff.h"

#include <string.h>

/* ---- kind ---- */

static bool printable(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];
		if ((c < ' ' && !is_blank(p[i])) || c == 0x7f)
			return false;
		if (c == 0xc2 && i + 1 < len && (unsigned char)p[i + 1] < 0xa0)
			return false; /* U+0080 to U+009F: no character, bytes of something */
	}
	return true;
}

static bool looks_like_text(const struct part *p)
{
	struct decode d;
	struct slice s;
	bool ok = true;
	decode_open(&d, p, true);
	while (ok && decode_next(&d, &s))
		ok = printable(s.p, s.len);
	decode_close(&d);
	return ok && !d.failed;
}

enum part_text part_text_kind(const struct part *p)
{
	if (part_is(p, "text", "html") || part_is(p, "text", "xhtml"))
		return PART_HTML;
	if (strcmp(p->type, "text") == 0)
		return PART_TEXT;
	if (p->container)
		return PART_BINARY;
	/* A multipart that has no parts is somebody's plain text. */
	if (part_is(p, "multipart", "mixed") && !p->embedded)
		return PART_TEXT;
	if (p->charset || part_is(p, "application", "octet-stream"))
		return looks_like_text(p) ? PART_TEXT : PART_BINARY;
	return PART_BINARY;
}

/* ---- columns ---- */

size_t text_room(const struct message *m)
{
	size_t used = 0;
	for (size_t f = 0; f < TEXT_FIELDS; f++)
		used += m->text[f].len;
	return used < MESSAGE_TEXT_MAX ? MESSAGE_TEXT_MAX - used : 0;
}

void text_add(struct message *m, enum text_field f, const char *p, size_t len)
{
	size_t room = text_room(m);
	len = room > 1 ? utf8_cut(p, len, room - 2) : 0;
	if (len == 0)
		return;
	if (m->text[f].len > 0)
		buf_addc(&m->text[f], '\0');
	buf_add(&m->text[f], p, len);
	if (p[len - 1] != '\n')
		buf_addc(&m->text[f], '\n');
}

static size_t line_len(const char *p, size_t len)
{
	const char *nl = memchr(p, '\n', len);
	return nl ? (size_t)(nl - p) + 1 : len;
}

static void add_section(struct message *m, bool quoted, struct slice s)
{
	if (!quoted && diff_in(s))
		diff_index(m, s);
	else
		text_add(m, quoted ? TEXT_QUOTED : TEXT_BODY, s.p, s.len);
}

void text_add_lines(struct message *m, struct slice text)
{
	char id[41];
	size_t start = 0; /* of the run of lines that are quoted, or are not */
	bool quoted = false;

	if (diff_in(text) && patch_id(text, id))
		text_add(m, TEXT_PATCH_ID, id, strlen(id));
	for (size_t at = 0; at < text.len; at += line_len(text.p + at, text.len - at)) {
		bool q = text.p[at] == '>';
		if (q == quoted)
			continue;
		add_section(m, quoted, (struct slice){ text.p + start, at - start });
		quoted = q;
		start = at;
	}
	add_section(m, quoted, (struct slice){ text.p + start, text.len - start });
}

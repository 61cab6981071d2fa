#include "eml.h"

#include <string.h>
#include <strings.h>

/* The line at data[at..len), its end included. */
static size_t line_len(const char *data, size_t len, size_t at)
{
	const char *nl = memchr(data + at, '\n', len - at);
	return nl ? (size_t)(nl - data) + 1 - at : len - at;
}

static bool name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-';
}

/* "Name:" or "Name :" at the start of the line. */
static bool looks_like_field(const char *line, size_t len)
{
	size_t i = 0;
	while (i < len && name_byte(line[i]))
		i++;
	if (i == 0)
		return false;
	while (i < len && (line[i] == ' ' || line[i] == '\t'))
		i++;
	return i < len && line[i] == ':';
}

static bool any_field(const char *data, size_t len)
{
	for (size_t at = 0; at < len; at += line_len(data, len, at))
		if (looks_like_field(data + at, len - at))
			return true;
	return false;
}

static const char *last_eol(const char *data, size_t len)
{
	return len > 1 && data[len - 2] == '\r' ? "\r\n" : "\n";
}

/* No blank line: a header alone when some line looks like a field and the last line is complete;
 * else a body alone, which is stored with a blank line before it. */
static void split_undivided(const char *data, size_t len, struct eml *ret)
{
	const char *first = len ? memchr(data, '\n', len) : NULL;

	if (len && data[len - 1] == '\n' && any_field(data, len)) {
		*ret = (struct eml){
			.hdr = data, .hdr_len = len, .eol = last_eol(data, len), .body = data + len
		};
		return;
	}
	*ret = (struct eml){ .hdr = data,
		             .eol = first ? last_eol(data, (size_t)(first - data) + 1) : "\n",
		             .body = data,
		             .body_len = len,
		             .has_body = true };
}

/* The header ends at the first empty line that follows another line: leading empty lines belong
 * to the header, so one needs two of them to end it. */
void eml_split(const char *data, size_t len, struct eml *ret)
{
	for (size_t at = 0; at < len;) {
		at += line_len(data, len, at);
		size_t eol = at < len && data[at] == '\n'                               ? 1
		             : len - at > 1 && data[at] == '\r' && data[at + 1] == '\n' ? 2
		                                                                        : 0;
		if (!eol)
			continue;
		*ret = (struct eml){ .hdr = data,
			             .hdr_len = at,
			             .eol = eol == 2 ? "\r\n" : "\n",
			             .body = data + at + eol,
			             .body_len = len - at - eol,
			             .has_body = true };
		return;
	}
	split_undivided(data, len, ret);
}

/* Any line with white space before its first colon continues the one before it, indented or
 * not: "From x" or "Subject : y" inside a header too. */
static bool continues(const char *line, size_t len)
{
	for (size_t i = 0; i < len && line[i] != ':'; i++)
		if (line[i] == ' ' || line[i] == '\t')
			return true;
	return false;
}

bool eml_next_field(const char *hdr, size_t len, size_t *pos, struct eml_field *ret)
{
	size_t at = *pos;
	if (at >= len)
		return false;

	size_t end = at + line_len(hdr, len, at);
	const char *colon = memchr(hdr + at, ':', end - at);
	while (end < len) {
		size_t n = line_len(hdr, len, end);
		if (!continues(hdr + end, n))
			break;
		end += n;
	}
	*ret = (struct eml_field){ .start = hdr + at, .len = end - at };
	if (colon) {
		ret->name_len = (size_t)(colon - ret->start);
		ret->value = colon + 1;
		ret->value_len = ret->len - ret->name_len - 1;
	}
	*pos = end;
	return true;
}

bool eml_field_is(const struct eml_field *f, const char *name)
{
	return strlen(name) == f->name_len && strncasecmp(f->start, name, f->name_len) == 0;
}

#include "format.h"

#include "eml.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

static const char *const names[] = {
	[MAIL_UNKNOWN] = "unknown", [MAIL_EML] = "eml",       [MAIL_MBOXRD] = "mboxrd",
	[MAIL_MBOXO] = "mboxo",     [MAIL_MBOXCL] = "mboxcl", [MAIL_MBOXCL2] = "mboxcl2",
	[MAIL_MAILDIR] = "maildir",
};
enum { FORMATS = sizeof(names) / sizeof(*names), HEAD_MAX = 64 << 10 };

enum mail_format mail_format_by_name(const char *name, size_t len)
{
	for (unsigned f = MAIL_EML; f < FORMATS; f++)
		if (strlen(names[f]) == len && strncasecmp(names[f], name, len) == 0)
			return (enum mail_format)f;
	return MAIL_UNKNOWN;
}

const char *mail_format_name(enum mail_format f)
{
	return (unsigned)f < FORMATS ? names[f] : names[MAIL_UNKNOWN];
}

enum mail_format mail_format_split(const char *arg, const char **ret_path)
{
	const char *colon = strchr(arg, ':');
	enum mail_format f = colon ? mail_format_by_name(arg, (size_t)(colon - arg)) : MAIL_UNKNOWN;
	*ret_path = f == MAIL_UNKNOWN ? arg : colon + 1;
	return f;
}

bool mail_format_is_mbox(enum mail_format f)
{
	return f >= MAIL_MBOXRD && f <= MAIL_MBOXCL2;
}

/* Digits between white space; SIZE_MAX for anything else. */
static size_t number(const char *p, size_t len)
{
	size_t n = 0, digits = 0;
	while (len && strchr(" \t\r\n", p[len - 1]))
		len--;
	for (size_t i = 0; i < len; i++) {
		if (digits == 0 && (p[i] == ' ' || p[i] == '\t'))
			continue;
		if (p[i] < '0' || p[i] > '9' || ++digits > 15)
			return SIZE_MAX;
		n = n * 10 + (size_t)(p[i] - '0');
	}
	return digits ? n : SIZE_MAX;
}

/* Does a body of the announced length end where the next message or the end can be? */
static bool length_fits(const char *head, size_t len, bool more)
{
	struct eml m;
	struct eml_field f;
	size_t cl = SIZE_MAX;

	eml_split(head, len, &m);
	if (!m.has_body)
		return false;
	for (size_t pos = 0; eml_next_field(m.hdr, m.hdr_len, &pos, &f);)
		if (eml_field_is(&f, "Content-Length"))
			cl = number(f.value, f.value_len);
	if (cl == SIZE_MAX)
		return false;
	if (cl > m.body_len) /* out of sight: believe it only when we could not see more */
		return more;
	const char *p = m.body + cl, *end = head + len;
	while (p < end && (*p == '\n' || *p == '\r'))
		p++;
	size_t left = (size_t)(end - p);
	return memcmp(p, "From ", left < 5 ? left : 5) == 0;
}

static bool name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.';
}

/* A field name as people use them (RFC 5322 would even take JSON for one), then a colon. */
static bool header_line(const char *p, size_t len)
{
	size_t i = 0;
	while (i < len && name_byte(p[i]))
		i++;
	size_t name = i;
	while (i < len && (p[i] == ' ' || p[i] == '\t'))
		i++;
	return name > 0 && i < len && p[i] == ':';
}

/* Many files begin with a word and a colon: mail has a field that mail has. */
static bool has_mail_field(const char *head, size_t len)
{
	static const char *const fields[] = {
		"From",         "To",          "Cc",          "Bcc",         "Subject",
		"Date",         "Message-ID",  "Received",    "Return-Path", "Sender",
		"Reply-To",     "In-Reply-To", "References",  "List-Id",     "Delivered-To",
		"MIME-Version", "Envelope-To", "Resent-From", "Newsgroups",  "Content-Type"
	};
	struct eml m;
	struct eml_field f;

	eml_split(head, len, &m);
	for (size_t pos = 0; eml_next_field(m.hdr, m.hdr_len, &pos, &f);)
		for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
			if (eml_field_is(&f, fields[i]))
				return true;
	return false;
}

enum mail_format mail_format_sniff(const char *head, size_t len)
{
	size_t at = 0;
	while (at < len && (head[at] == '\n' || head[at] == '\r'))
		at++;
	if (len - at < 5 || memcmp(head + at, "From ", 5) != 0)
		return header_line(head + at, len - at) && has_mail_field(head + at, len - at)
		           ? MAIL_EML
		           : MAIL_UNKNOWN;

	const char *nl = memchr(head + at, '\n', len - at);
	if (!nl)
		return MAIL_MBOXRD;
	at = (size_t)(nl - head) + 1;
	return length_fits(head + at, len - at, len >= HEAD_MAX) ? MAIL_MBOXCL2 : MAIL_MBOXRD;
}

#include "keywords.h"

#include <stdbool.h>
#include <string.h>

/* The letters by which mailboxes know a keyword; 0 where they do not. */
static const struct {
	const char *name;
	char status, x_status; /* mbox: in Status:, in X-Status: */
	char maildir;
} keywords[KW_COUNT] = {
	{ "seen", 'R', 0, 'S' },  { "answered", 0, 'A', 'R' }, { "flagged", 0, 'F', 'F' },
	{ "draft", 0, 'T', 'D' }, { "forwarded", 0, 0, 'P' },  { "phishing", 0, 0, 0 },
	{ "junk", 0, 0, 0 },      { "notjunk", 0, 0, 0 },
};

const char *kw_name(unsigned bit)
{
	return keywords[bit].name;
}

size_t kw_names(kw_set kw, const char *ret_names[KW_COUNT])
{
	size_t n = 0;
	for (unsigned bit = 0; bit < KW_COUNT; bit++) {
		if ((kw & (1u << bit)) == 0)
			continue;
		size_t at = n++;
		for (; at > 0 && strcmp(ret_names[at - 1], kw_name(bit)) > 0; at--)
			ret_names[at] = ret_names[at - 1];
		ret_names[at] = kw_name(bit);
	}
	return n;
}

kw_set kw_by_name(const char *name, size_t len)
{
	for (unsigned i = 0; i < KW_COUNT; i++)
		if (strlen(keywords[i].name) == len && memcmp(keywords[i].name, name, len) == 0)
			return 1u << i;
	return 0;
}

/* Programs disagree on which letter goes into which of the two headers, so both are read alike.
 * O (old) and D (deleted) are no keywords. */
kw_set kw_from_status(const char *value, size_t len)
{
	kw_set kw = 0;
	for (size_t i = 0; i < len; i++)
		for (unsigned k = 0; k < KW_COUNT; k++)
			if (value[i] &&
			    (value[i] == keywords[k].status || value[i] == keywords[k].x_status))
				kw |= 1u << k;
	return kw;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

kw_set kw_from_maildir(const char *basename)
{
	const char *p = strrchr(basename, ':');
	kw_set kw = 0;
	if (!p || strncmp(p, ":2,", 3) != 0)
		return 0;
	for (p += 3; *p; p++) {
		if (!is_letter(*p))
			return 0;
		for (unsigned k = 0; k < KW_COUNT; k++)
			if (*p == keywords[k].maildir)
				kw |= 1u << k;
	}
	return kw;
}

size_t kw_to_maildir(kw_set kw, char buf[8])
{
	size_t n = 0;
	for (int c = 'A'; c <= 'Z'; c++)
		for (unsigned k = 0; k < KW_COUNT; k++)
			if ((kw & 1u << k) && keywords[k].maildir == c)
				buf[n++] = (char)c;
	buf[n] = '\0';
	return n;
}

static size_t put(char *buf, size_t at, const char *s)
{
	size_t n = strlen(s);
	memcpy(buf + at, s, n + 1);
	return at + n;
}

size_t kw_to_status(kw_set kw, bool recent, const char *eol, char buf[32])
{
	size_t n = 0;
	buf[0] = '\0';
	if ((kw & KW_SEEN) || !recent) {
		n = put(buf, n, "Status: ");
		n = put(buf, n, kw & KW_SEEN ? "R" : "");
		n = put(buf, n, recent ? "" : "O");
		n = put(buf, n, eol);
	}
	if (kw & (KW_ANSWERED | KW_FLAGGED | KW_DRAFT)) {
		n = put(buf, n, "X-Status: ");
		n = put(buf, n, kw & KW_ANSWERED ? "A" : "");
		n = put(buf, n, kw & KW_FLAGGED ? "F" : "");
		n = put(buf, n, kw & KW_DRAFT ? "T" : "");
		n = put(buf, n, eol);
	}
	return n;
}

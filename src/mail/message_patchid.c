/* The id of a patch, as `git patch-id --stable` counts it: for each file SHA-1 over its lines
 * without blanks and without line numbers, and the sum of all these, so that their order does
 * not matter. */
#include "message_diff.h"

#include <gmime/gmime.h>
#include <stdio.h>
#include <string.h>

enum { SHA1 = 20, OID_MAX = 64 };

struct patch {
	GChecksum *file;
	unsigned char sum[SHA1];
	size_t hashed; /* bytes, of all files */
	/* Lines left of the hunk; both 0 between hunks, both -1 in a file's header. */
	long before, after;
	bool binary;
	char pre[OID_MAX + 1], post[OID_MAX + 1];
};

static bool starts(struct slice s, const char *word)
{
	size_t n = strlen(word);
	return s.len >= n && memcmp(s.p, word, n) == 0;
}

static void flush_file(struct patch *p)
{
	unsigned char one[SHA1];
	gsize n = sizeof(one);
	unsigned carry = 0;

	g_checksum_get_digest(p->file, one, &n);
	g_checksum_reset(p->file);
	for (int i = 0; i < SHA1; i++) {
		carry += (unsigned)p->sum[i] + one[i];
		p->sum[i] = (unsigned char)carry;
		carry >>= 8;
	}
}

static void hash(struct patch *p, const char *s, size_t n)
{
	if (n > 0)
		g_checksum_update(p->file, (const guchar *)s, (gssize)n);
}

static void hash_without_blanks(struct patch *p, struct slice line)
{
	size_t from = 0;
	for (size_t i = 0; i <= line.len; i++) {
		if (i < line.len && !is_blank(line.p[i]))
			continue;
		hash(p, line.p + from, i - from);
		p->hashed += i - from;
		from = i + 1;
	}
}

static void keep_oid(char *to, const char *p, size_t n)
{
	n = n < OID_MAX ? n : OID_MAX;
	memcpy(to, p, n);
	to[n] = '\0';
}

static void read_index(struct patch *p, struct slice line)
{
	struct slice rest = { line.p + 6, line.len - 6 };
	const char *dots = memmem(rest.p, rest.len, "..", 2);
	if (!dots)
		return;
	keep_oid(p->pre, rest.p, (size_t)(dots - rest.p));
	rest.len -= (size_t)(dots + 2 - rest.p);
	rest.p = dots + 2;
	const char *end = memchr(rest.p, ' ', rest.len);
	keep_oid(p->post, rest.p, end ? (size_t)(end - rest.p) : rest.len);
}

static bool number(struct slice *s, long *ret)
{
	size_t n = 0;
	long v = 0;
	while (n < s->len && g_ascii_isdigit(s->p[n]) && n < 9)
		v = v * 10 + (s->p[n++] - '0');
	s->p += n;
	s->len -= n;
	*ret = v;
	return n > 0;
}

/* "-1,2" or "-1": how many lines. */
static bool extent(struct slice *s, char sign, long *ret)
{
	long line, count = 1;
	if (s->len == 0 || *s->p != sign)
		return false;
	s->p++;
	s->len--;
	if (!number(s, &line))
		return false;
	if (s->len > 0 && *s->p == ',') {
		s->p++;
		s->len--;
		if (!number(s, &count))
			return false;
	}
	*ret = count;
	return true;
}

static void read_hunk(struct patch *p, struct slice line)
{
	struct slice s = { line.p + 3, line.len - 3 };
	long before, after;
	if (!extent(&s, '-', &before) || s.len == 0 || *s.p != ' ')
		return;
	s.p++;
	s.len--;
	if (!extent(&s, '+', &after))
		return;
	p->before = before;
	p->after = after;
}

enum verdict { HASH, SKIP, END };

static enum verdict in_header(struct patch *p, struct slice line)
{
	if (starts(line, "GIT binary patch") || starts(line, "Binary files")) {
		p->binary = true;
		p->before = 0;
		hash(p, p->pre, strlen(p->pre));
		hash(p, p->post, strlen(p->post));
		flush_file(p);
		return SKIP;
	}
	if (starts(line, "index ")) {
		read_index(p, line);
		return SKIP;
	}
	if (starts(line, "--- "))
		p->before = p->after = 1;
	else if (line.len == 0 || !g_ascii_isalpha(line.p[0]))
		return END;
	return HASH;
}

static enum verdict judge(struct patch *p, struct slice line)
{
	if (starts(line, "\\ ") && line.len > 11)
		return SKIP;
	if (p->hashed == 0 && !starts(line, "diff "))
		return SKIP;
	if (p->before == -1) {
		enum verdict v = in_header(p, line);
		if (v != HASH)
			return v;
	}
	if (p->binary) {
		if (starts(line, "diff ")) {
			p->binary = false;
			p->before = -1;
		}
		return SKIP;
	}
	if (p->before == 0 && p->after == 0) {
		if (starts(line, "@@ -")) {
			read_hunk(p, line);
			return SKIP;
		}
		if (!starts(line, "diff "))
			return END;
		flush_file(p);
		p->before = p->after = -1;
	}
	return HASH;
}

bool patch_id(struct slice text, char ret[41])
{
	struct patch p = { .file = g_checksum_new(G_CHECKSUM_SHA1), .before = -1, .after = -1 };

	while (text.len > 0) {
		const char *nl = memchr(text.p, '\n', text.len);
		struct slice line = { text.p, nl ? (size_t)(nl - text.p) : text.len };
		text.p += line.len + (nl != NULL);
		text.len -= line.len + (nl != NULL);
		enum verdict v = judge(&p, line);
		if (v == END)
			break;
		if (v == SKIP)
			continue;
		char c = line.len ? line.p[0] : '\0';
		p.before -= c == '-' || c == ' ';
		p.after -= c == '+' || c == ' ';
		hash_without_blanks(&p, line);
	}
	flush_file(&p);
	g_checksum_free(p.file);
	for (int i = 0; i < SHA1; i++)
		snprintf(ret + 2 * i, 3, "%02x", p.sum[i]);
	return p.hashed > 0;
}

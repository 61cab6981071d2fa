/* See filter.h: patterns become extended regular expressions. */
#include "filter.h"

#include "../base/buf.h"
#include "../base/err.h"

#include <errno.h>
#include <string.h>

static void add_literal(struct buf *out, char c)
{
	if (strchr("\\^$.|?*+()[]{}", c) != NULL)
		buf_addc(out, '\\');
	buf_addc(out, c);
}

/* From '[' to its ']', as it is: the length, 0 when there is no end. */
static size_t bracket_length(const char *p)
{
	const char *end = strchr(p + 1 + (p[1] == ']'), ']');
	return end != NULL ? (size_t)(end - p) + 1 : 0;
}

static int translate(const char *text, struct buf *out)
{
	unsigned braces = 0;
	for (const char *p = text; *p != '\0'; p++) {
		size_t n = *p == '[' ? bracket_length(p) : 0;
		if (*p == '\\' && p[1] != '\0') {
			add_literal(out, *++p);
		} else if (*p == '*' || *p == '?') {
			buf_adds(out, *p == '*' ? "[^/]*" : "[^/]");
		} else if (*p == '[') {
			if (n == 0)
				return -EINVAL;
			buf_add(out, p, n);
			p += n - 1;
		} else if (*p == '{' || (*p == '}' && braces > 0)) {
			braces += *p == '{' ? 1U : -1U;
			buf_addc(out, *p == '{' ? '(' : ')');
		} else if (*p == ',' && braces > 0) {
			buf_addc(out, '|');
		} else {
			add_literal(out, *p);
		}
	}
	return braces > 0 ? -EINVAL : 0;
}

int filter_compile(const char *text, bool plain, struct filter *ret, struct err *e)
{
	struct buf re = { 0 };
	int rc = 0;
	if (plain) {
		for (const char *p = text; *p != '\0'; p++)
			add_literal(&re, *p);
	} else {
		rc = translate(text, &re);
	}
	if (rc == 0 && regcomp(&ret->re, buf_cstr(&re), REG_EXTENDED | REG_NOSUB) != 0)
		rc = -EINVAL;
	bool full = !buf_ok(&re);
	buf_free(&re);
	if (rc == 0 && full) {
		filter_free(ret);
		rc = -ENOMEM;
	}
	return rc < 0 ? err_set(e, rc, "`%s' is not a pattern", text) : 0;
}

bool filter_fits(const struct filter *f, const char *location)
{
	return regexec(&f->re, location, 0, NULL, 0) == 0;
}

void filter_free(struct filter *f)
{
	regfree(&f->re);
}

/* kit: the words of a script.  Its author is nobody we know: every number and name has bounds. */
#include "kit_internal.h"

#include <inttypes.h>
#include <string.h>

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool parts(char c)
{
	return c == ';' || c == '|';
}

bool next_word(struct line *l, struct word *ret)
{
	while (l->at < l->end && blank(*l->at))
		l->at++;
	if (l->at == l->end || l->k->over)
		return false;
	const char *p = l->at;
	if (parts(*p))
		p++;
	else
		while (p < l->end && !blank(*p) && !parts(*p))
			p++;
	*ret = (struct word){ l->at, (size_t)(p - l->at) };
	l->at = p;
	return true;
}

bool is_word(struct word w, const char *text)
{
	return w.len == strlen(text) && !memcmp(w.at, text, w.len);
}

static bool wrong(struct line *l, const char *what, struct word w)
{
	malformed(l->k, what, w);
	return false;
}

bool take_word(struct line *l, struct word *ret, const char *what)
{
	return next_word(l, ret) || wrong(l, what, (struct word){ "", 0 });
}

bool take_end(struct line *l)
{
	struct word w;
	return !next_word(l, &w) || wrong(l, "nothing more", w);
}

bool take_name(struct line *l, char ret[KIT_NAME_MAX + 1], const char *what)
{
	struct word w;
	if (!take_word(l, &w, what))
		return false;
	if (w.len > KIT_NAME_MAX || parts(*w.at))
		return wrong(l, what, w);
	memcpy(ret, w.at, w.len);
	ret[w.len] = '\0';
	return true;
}

/* Digits into ns, each worth a tenth of the one before; false for none, or more than fit. */
static bool digits(const char **p, const char *end, int64_t *ns, int64_t worth, size_t most)
{
	const char *begin = *p;
	for (; *p < end && **p >= '0' && **p <= '9'; ++*p) {
		if ((size_t)(*p - begin) >= most)
			return false;
		if (worth)
			*ns += (**p - '0') * (worth /= 10);
		else
			*ns = *ns * 10 + (**p - '0');
	}
	return *p > begin;
}

static bool parse_time(struct word w, int64_t *ret)
{
	const char *p = w.at, *end = w.at + w.len;
	int64_t whole = 0, fraction = 0;
	bool minus = p < end && *p == '-';
	if (p < end && (*p == '-' || *p == '+'))
		p++;
	if (!digits(&p, end, &whole, 0, 10) || whole >= KIT_TIME_MAX / KIT_SECOND)
		return false;
	if (p < end && (*p++ != '.' || !digits(&p, end, &fraction, KIT_SECOND, 9)))
		return false;
	*ret = whole * KIT_SECOND + fraction;
	if (minus)
		*ret = -*ret;
	return p == end;
}

bool take_time(struct line *l, int64_t *ret, const char *what)
{
	struct word w;
	return take_word(l, &w, what) && (parse_time(w, ret) || wrong(l, what, w));
}

bool take_span(struct line *l, int64_t *ret, const char *what)
{
	struct word w;
	return take_word(l, &w, what) && ((parse_time(w, ret) && *ret >= 0) || wrong(l, what, w));
}

bool take_limit(struct line *l, int64_t *ret)
{
	struct word w;
	if (!take_word(l, &w, "a limit"))
		return false;
	if (is_word(w, "none")) {
		*ret = KIT_NEVER;
		return true;
	}
	return (parse_time(w, ret) && *ret >= 0) || wrong(l, "a limit", w);
}

bool take_count(struct line *l, int64_t *ret, const char *what)
{
	struct word w;
	int64_t n = 0;
	if (!take_word(l, &w, what))
		return false;
	const char *p = w.at, *end = w.at + w.len;
	if (!digits(&p, end, &n, 0, 5) || p != end || n > KIT_BYTES_MAX)
		return wrong(l, what, w);
	*ret = n;
	return true;
}

bool take_switch(struct line *l, bool *ret)
{
	struct word w;
	if (!take_word(l, &w, "on or off"))
		return false;
	*ret = is_word(w, "on");
	return *ret || is_word(w, "off") || wrong(l, "on or off", w);
}

bool take_mark(struct line *l, struct mark *ret)
{
	struct word w;
	if (!take_word(l, &w, "a mark"))
		return false;
	*ret = (struct mark){ .relative = is_word(w, "now") };
	if (is_word(w, "min"))
		ret->ns = KIT_ALWAYS;
	else if (is_word(w, "max"))
		ret->ns = KIT_NEVER;
	else if (!ret->relative) {
		ret->relative = *w.at == '+' || *w.at == '-';
		return parse_time(w, &ret->ns) || wrong(l, "a mark", w);
	}
	return true;
}

void show_time(int64_t ns, char ret[32])
{
	/* The kit's times are far from the ends of their type. */
	int64_t whole = ns / KIT_SECOND, fraction = ns % KIT_SECOND;
	const char *sign = ns < 0 ? "-" : "";
	int n = snprintf(ret, 32, "%s%" PRId64 ".%09" PRId64, sign, ns < 0 ? -whole : whole,
	                 ns < 0 ? -fraction : fraction);
	while (n > 0 && ret[n - 1] == '0')
		ret[--n] = '\0';
	if (n > 0 && ret[n - 1] == '.')
		ret[n - 1] = '\0';
}

/* What stands behind a prefix with an exact meaning: a range, a name, an id. */
#include "query_parse.h"

#include "../base/err.h"

#include <errno.h>
#include <string.h>

static int parse_number(const char *s, size_t n, int64_t *ret)
{
	int64_t v = 0;

	if (n == 0 || n > 15)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -EINVAL;
		v = v * 10 + (s[i] - '0');
	}
	*ret = v;
	return 0;
}

static int parse_bound(struct parser *p, const char *s, size_t n, int64_t *lo, int64_t *hi)
{
	int rc;

	if (p->tok.filter == FILTER_SIZE) {
		rc = parse_number(s, n, lo);
		if (!rc)
			*hi = *lo;
	} else {
		rc = query_date(s, n, p->tok.filter, p->now, lo, hi);
	}
	if (rc)
		err_put(p->e, "query: cannot understand \"%.*s\" as a %s at column %zu",
		        n > 60 ? 60 : (int)n, s, p->tok.filter == FILTER_SIZE ? "size" : "date",
		        p->tok.column);
	return rc;
}

static int parse_range(struct parser *p, struct node *n)
{
	const char *s = p->tok.p;
	const char *dots = memmem(s, p->tok.n, "..", 2);
	int64_t unused;
	int rc = 0;

	n->filter = p->tok.filter;
	if (!dots) {
		rc = parse_bound(p, s, p->tok.n, &n->lo, &n->hi);
		/* A moment alone means the day that begins with it, as in the original. */
		if (!rc && n->filter != FILTER_SIZE && n->lo == n->hi)
			n->hi += 86399;
		return rc;
	}
	n->lo = INT64_MIN;
	n->hi = INT64_MAX;
	size_t left = (size_t)(dots - s), right = p->tok.n - left - 2;
	if (left == 0 && right == 0)
		return parse_bad(p, "a range without ends");
	if (left)
		rc = parse_bound(p, s, left, &n->lo, &unused);
	if (!rc && right)
		rc = parse_bound(p, dots + 2, right, &unused, &n->hi);
	return rc;
}

static void strip_angles(const char **s, size_t *n)
{
	if (*n >= 2 && (*s)[0] == '<' && (*s)[*n - 1] == '>') {
		*s += 1;
		*n -= 2;
	}
}

static void lower(char *s)
{
	for (; *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s | 0x20);
}

static int parse_name(struct parser *p, struct node *n)
{
	const char *s = p->tok.p;
	size_t len = p->tok.n;

	if (n->kind != NODE_LABEL)
		strip_angles(&s, &len);
	char *copy = arena_str(p->a, s, len);
	if (!copy)
		return err_sys(p->e, ENOMEM, "query");
	if (n->kind == NODE_LIST)
		lower(copy);
	n->str = copy;
	return 0;
}

/* A blob is known by the first digits of its id, too. */
static int parse_id(struct parser *p, struct node *n)
{
	static const unsigned columns[FILTERS] = {
		[FILTER_BLOB_PRE] = 1u << TEXT_DIFF_PRE,
		[FILTER_BLOB_POST] = 1u << TEXT_DIFF_POST,
		[FILTER_BLOB] = 1u << TEXT_DIFF_PRE | 1u << TEXT_DIFF_POST,
		[FILTER_PATCH] = 1u << TEXT_PATCH_ID,
	};
	struct word *w = arena_get(p->a, sizeof(*w));
	char *id = arena_str(p->a, p->tok.p, p->tok.n);

	if (!w || !id)
		return err_sys(p->e, ENOMEM, "query");
	lower(id);
	if (p->tok.n == 0 || strspn(id, "0123456789abcdef") != p->tok.n)
		return err_set(p->e, -EINVAL, "query: \"%.*s\" is not an id in hex at column %zu",
		               p->tok.n > 60 ? 60 : (int)p->tok.n, p->tok.p, p->tok.column);
	w->str = id;
	n->words = w;
	n->columns = columns[p->tok.filter];
	n->wildcard = p->tok.filter != FILTER_PATCH;
	return 0;
}

int parse_filter(struct parser *p, struct node **ret)
{
	static const enum node_kind kinds[FILTERS] = {
		[FILTER_KW] = NODE_KW,          [FILTER_LABEL] = NODE_LABEL,
		[FILTER_MID] = NODE_MID,        [FILTER_LIST] = NODE_LIST,
		[FILTER_DAY] = NODE_RANGE,      [FILTER_SENT] = NODE_RANGE,
		[FILTER_RECEIVED] = NODE_RANGE, [FILTER_SIZE] = NODE_RANGE,
		[FILTER_BLOB_PRE] = NODE_TEXT,  [FILTER_BLOB_POST] = NODE_TEXT,
		[FILTER_BLOB] = NODE_TEXT,      [FILTER_PATCH] = NODE_TEXT,
	};
	struct node *n = NULL;
	int rc = parse_node(p, kinds[p->tok.filter], &n);

	if (rc)
		return rc;
	if (n->kind == NODE_RANGE)
		rc = parse_range(p, n);
	else if (n->kind == NODE_TEXT)
		rc = parse_id(p, n);
	else if (n->kind == NODE_KW)
		n->kw = kw_by_name(p->tok.p, p->tok.n);
	else
		rc = parse_name(p, n);
	if (!rc)
		*ret = n;
	return rc;
}

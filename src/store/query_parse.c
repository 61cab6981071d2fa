/* Grammar, loosest first; as in Xapian a run of terms binds tighter than any operator:
 *
 *   expr  = xor *( "OR" xor )
 *   xor   = and *( "XOR" and )
 *   and   = [ "NOT" ] run *( ( "AND" [ "NOT" ] / "NOT" ) run )
 *   run   = 1*( [ "+" / "-" ] ( text / filter / "(" expr ")" ) )
 *
 * In a run, text and groups are joined by AND, filters of one prefix by OR, and what has "-"
 * is excluded. */
#include "query.h"

#include "../base/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	struct lexer lex;
	struct token tok; /* the next one */
	struct arena *a;
	struct err *e;
	int64_t now;
	unsigned columns; /* for text without a prefix */
	size_t depth, nodes;
};

static int parse_or(struct parser *p, struct node **ret);

static int advance(struct parser *p)
{
	return query_lex(&p->lex, &p->tok, p->e);
}

static int bad(struct parser *p, const char *what)
{
	return err_set(p->e, -EINVAL, "query: %s at column %zu", what, p->tok.column);
}

static int node_new(struct parser *p, enum node_kind kind, struct node **ret)
{
	if (++p->nodes > QUERY_NODES_MAX)
		return err_set(p->e, -E2BIG, "query: more than %d terms", QUERY_NODES_MAX);
	struct node *n = arena_get(p->a, sizeof(*n));
	if (!n)
		return err_sys(p->e, ENOMEM, "query");
	n->kind = kind;
	*ret = n;
	return 0;
}

static int node_add(struct parser *p, struct node *n, struct node *kid)
{
	if (n->nkids == n->cap) {
		size_t cap = n->cap ? n->cap * 2 : 4;
		struct node **kids = arena_get(p->a, cap * sizeof(struct node *));
		if (!kids)
			return err_sys(p->e, ENOMEM, "query");
		if (n->nkids)
			memcpy(kids, n->kids, n->nkids * sizeof(struct node *));
		n->kids = kids;
		n->cap = cap;
	}
	n->kids[n->nkids++] = kid;
	return 0;
}

/* *left = *left KIND right; chains of AND and OR grow in breadth, not in depth. */
static int join(struct parser *p, enum node_kind kind, struct node **left, struct node *right)
{
	struct node *n = NULL;
	int rc = 0;

	if (!*left || !right) {
		*left = *left ? *left : right;
		return 0;
	}
	if (kind == NODE_XOR || (*left)->kind != kind) {
		rc = node_new(p, kind, &n);
		if (!rc)
			rc = node_add(p, n, *left);
		if (rc)
			return rc;
		*left = n;
	}
	return node_add(p, *left, right);
}

static int negate(struct parser *p, struct node **n)
{
	struct node *inverse = NULL;
	int rc = node_new(p, NODE_NOT, &inverse);

	if (!rc)
		rc = node_add(p, inverse, *n);
	if (!rc)
		*n = inverse;
	return rc;
}

/* ---- leaves ---- */

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
		return bad(p, "a range without ends");
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

static int parse_filter(struct parser *p, struct node **ret)
{
	static const enum node_kind kinds[] = {
		[FILTER_KW] = NODE_KW,          [FILTER_LABEL] = NODE_LABEL,
		[FILTER_MID] = NODE_MID,        [FILTER_LIST] = NODE_LIST,
		[FILTER_DAY] = NODE_RANGE,      [FILTER_SENT] = NODE_RANGE,
		[FILTER_RECEIVED] = NODE_RANGE, [FILTER_SIZE] = NODE_RANGE,
	};
	const char *s = p->tok.p;
	size_t len = p->tok.n;
	struct node *n = NULL;
	int rc = node_new(p, kinds[p->tok.filter], &n);

	if (rc)
		return rc;
	if (n->kind == NODE_RANGE) {
		rc = parse_range(p, n);
	} else if (n->kind == NODE_KW) {
		n->kw = kw_by_name(s, len);
	} else {
		if (n->kind != NODE_LABEL)
			strip_angles(&s, &len);
		char *copy = arena_str(p->a, s, len);
		for (char *c = copy; copy && n->kind == NODE_LIST && *c; c++)
			if (*c >= 'A' && *c <= 'Z')
				*c = (char)(*c | 0x20);
		n->str = copy;
		rc = copy ? 0 : err_sys(p->e, ENOMEM, "query");
	}
	if (!rc)
		*ret = n;
	return rc;
}

static int parse_text(struct parser *p, struct node **ret)
{
	struct node *n = NULL;

	if (!query_has_word(p->tok.p, p->tok.n))
		return 0; /* nothing but punctuation: as if it were not there */
	int rc = node_new(p, NODE_TEXT, &n);
	if (rc)
		return rc;
	n->columns = p->tok.columns ? p->tok.columns : p->columns;
	n->wildcard = p->tok.wildcard;
	n->str = arena_str(p->a, p->tok.p, p->tok.n);
	if (!n->str)
		return err_sys(p->e, ENOMEM, "query");
	*ret = n;
	return 0;
}

static int parse_group(struct parser *p, struct node **ret)
{
	unsigned outer = p->columns;
	size_t opened = p->tok.column;

	if (++p->depth > QUERY_DEPTH_MAX)
		return err_set(p->e, -E2BIG, "query: nested more than %d deep at column %zu",
		               QUERY_DEPTH_MAX, opened);
	if (p->tok.columns)
		p->columns = p->tok.columns;
	int rc = advance(p);
	if (!rc && p->tok.kind != TOK_CLOSE)
		rc = parse_or(p, ret);
	if (!rc && p->tok.kind != TOK_CLOSE) {
		p->tok.column = opened;
		rc = bad(p, "unbalanced \"(\"");
	}
	p->columns = outer;
	p->depth--;
	return rc;
}

/* ---- runs and operators ---- */

struct run {
	struct node *all; /* joined by AND */
	struct node *filters[FILTER_SIZE + 1]; /* each joined by OR */
	struct node *none; /* joined by OR, excluded */
};

static int parse_element(struct parser *p, struct run *r, bool *ret_any)
{
	enum token_kind sign = p->tok.kind;
	struct node *n = NULL;
	int rc = 0;

	if (sign == TOK_PLUS || sign == TOK_MINUS)
		rc = advance(p);
	if (rc)
		return rc;
	bool filter = p->tok.kind == TOK_FILTER;
	enum filter which = p->tok.filter;
	if (filter)
		rc = parse_filter(p, &n);
	else if (p->tok.kind == TOK_TEXT)
		rc = parse_text(p, &n);
	else if (p->tok.kind == TOK_OPEN)
		rc = parse_group(p, &n);
	else /* a sign before an operator or the like says nothing */
		return 0;
	*ret_any = true;
	if (!rc && sign == TOK_MINUS)
		rc = join(p, NODE_OR, &r->none, n);
	else if (!rc && filter)
		rc = join(p, NODE_OR, &r->filters[which], n);
	else if (!rc)
		rc = join(p, NODE_AND, &r->all, n);
	return rc ? rc : advance(p);
}

static bool starts_element(enum token_kind k)
{
	return k == TOK_TEXT || k == TOK_FILTER || k == TOK_OPEN || k == TOK_PLUS || k == TOK_MINUS;
}

/* *ret NULL: the run had nothing to search for, as in `""`. */
static int parse_run(struct parser *p, struct node **ret)
{
	struct run r = { 0 };
	bool any = false;
	int rc = 0;

	while (!rc && starts_element(p->tok.kind))
		rc = parse_element(p, &r, &any);
	if (!rc && !any)
		rc = bad(p, "a term is missing");
	for (size_t i = 0; !rc && i < sizeof(r.filters) / sizeof(*r.filters); i++)
		rc = join(p, NODE_AND, &r.all, r.filters[i]);
	if (!rc && r.none)
		rc = negate(p, &r.none);
	if (!rc)
		rc = join(p, NODE_AND, &r.all, r.none);
	if (!rc)
		*ret = r.all;
	return rc;
}

static int parse_and(struct parser *p, struct node **ret)
{
	struct node *left = NULL, *right;
	bool more = true;
	int rc = 0;

	while (!rc && more) {
		bool negative = false;
		right = NULL;
		if (p->tok.kind == TOK_NOT) {
			negative = true;
			rc = advance(p);
		}
		if (!rc)
			rc = parse_run(p, &right);
		if (!rc && right && negative)
			rc = negate(p, &right);
		if (!rc)
			rc = join(p, NODE_AND, &left, right);
		more = p->tok.kind == TOK_AND || p->tok.kind == TOK_NOT;
		if (!rc && p->tok.kind == TOK_AND)
			rc = advance(p);
	}
	if (!rc)
		*ret = left;
	return rc;
}

static int parse_xor(struct parser *p, struct node **ret)
{
	struct node *left = NULL, *right;
	size_t n = 0;
	int rc = parse_and(p, &left);

	while (!rc && p->tok.kind == TOK_XOR) {
		if (++n > QUERY_DEPTH_MAX)
			return bad(p, "too many XOR");
		right = NULL;
		rc = advance(p);
		if (!rc)
			rc = parse_and(p, &right);
		if (!rc)
			rc = join(p, NODE_XOR, &left, right);
	}
	if (!rc)
		*ret = left;
	return rc;
}

static int parse_or(struct parser *p, struct node **ret)
{
	struct node *left = NULL, *right;
	int rc = parse_xor(p, &left);

	while (!rc && p->tok.kind == TOK_OR) {
		right = NULL;
		rc = advance(p);
		if (!rc)
			rc = parse_xor(p, &right);
		if (!rc)
			rc = join(p, NODE_OR, &left, right);
	}
	if (!rc)
		*ret = left;
	return rc;
}

int query_parse(const char *text, size_t len, int64_t now, struct arena *a, struct node **ret,
                struct err *e)
{
	struct parser p = { .lex = { .text = text, .len = len }, .a = a, .e = e, .now = now };
	struct node *root = NULL;

	if (len > QUERY_BYTES_MAX)
		return err_set(e, -E2BIG, "query: longer than %d bytes", QUERY_BYTES_MAX);
	p.columns = 1u << TEXT_MID | 1u << TEXT_SUBJECT | 1u << TEXT_FROM | 1u << TEXT_QUOTED |
	            1u << TEXT_FILENAME | 1u << TEXT_BODY;
	int rc = advance(&p);
	if (!rc && p.tok.kind != TOK_END)
		rc = parse_or(&p, &root);
	if (!rc && p.tok.kind == TOK_CLOSE)
		rc = bad(&p, "unbalanced \")\"");
	if (!rc && !root)
		rc = err_set(e, -EINVAL, "query: nothing to search for");
	if (!rc)
		*ret = root;
	return rc;
}

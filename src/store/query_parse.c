/* Grammar, loosest first; as in Xapian a run of terms binds tighter than any operator:
 *
 *   expr  = xor *( "OR" xor )
 *   xor   = and *( "XOR" and )
 *   and   = [ "NOT" ] run *( ( "AND" [ "NOT" ] / "NOT" ) run )
 *   run   = 1*( [ "+" / "-" ] ( near / filter / "(" expr ")" ) )
 *   near  = text *( ( "NEAR" / "ADJ" ) [ "/" number ] text )
 *
 * In a run, text and groups are joined by AND, filters of one prefix by OR, and what has "-"
 * is excluded. */
#include "query_parse.h"

#include "../base/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int parse_or(struct parser *p, struct node **ret);

static int advance(struct parser *p)
{
	return query_lex(&p->lex, &p->tok, p->e);
}

int parse_bad(struct parser *p, const char *what)
{
	return err_set(p->e, -EINVAL, "query: %s at column %zu", what, p->tok.column);
}

int parse_node(struct parser *p, enum node_kind kind, struct node **ret)
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

int parse_add(struct parser *p, struct node *n, struct node *kid)
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
		rc = parse_node(p, kind, &n);
		if (!rc)
			rc = parse_add(p, n, *left);
		if (rc)
			return rc;
		*left = n;
	}
	return parse_add(p, *left, right);
}

static int negate(struct parser *p, struct node **n)
{
	struct node *inverse = NULL;
	int rc = parse_node(p, NODE_NOT, &inverse);

	if (!rc)
		rc = parse_add(p, inverse, *n);
	if (!rc)
		*n = inverse;
	return rc;
}

/* ---- leaves ---- */

static int parse_text(struct parser *p, struct node **ret)
{
	struct node *n = NULL;

	if (!p->tok.words)
		return 0; /* nothing but punctuation: as if it were not there */
	int rc = parse_node(p, NODE_TEXT, &n);
	if (rc)
		return rc;
	n->columns = p->tok.columns ? p->tok.columns : p->columns;
	n->words = p->tok.words;
	n->stem = p->tok.stem;
	n->wildcard = p->tok.wildcard;
	*ret = n;
	return 0;
}

/* The left side has been read, and the operator is at hand.  Words near others are meant as they
 * stand; the last distance that was said holds for all, as in Xapian. */
static int parse_near(struct parser *p, struct node **left)
{
	struct node *near = NULL, *text;
	bool ordered = p->tok.ordered;
	int rc = parse_node(p, NODE_NEAR, &near);

	if (rc)
		return rc;
	near->ordered = ordered;
	near->columns = (*left)->columns;
	near->window = QUERY_NEAR;
	(*left)->stem = false;
	rc = parse_add(p, near, *left);
	while (!rc && p->tok.kind == TOK_NEAR) {
		if (p->tok.ordered != ordered)
			return parse_bad(p, "NEAR and ADJ in one chain");
		if (p->tok.window > QUERY_PHRASE_MAX)
			return parse_bad(p, "words too far apart");
		near->window = p->tok.window ? p->tok.window : near->window;
		text = NULL;
		rc = advance(p);
		if (!rc && p->tok.kind == TOK_TEXT)
			rc = parse_text(p, &text);
		if (!rc && !text)
			return parse_bad(p, "NEAR or ADJ without a word after it");
		if (!rc && text->columns != near->columns)
			return parse_bad(p, "NEAR or ADJ between different prefixes");
		if (!rc && near->nkids >= QUERY_PHRASE_MAX)
			return parse_bad(p, "too many words near each other");
		if (!rc) {
			text->stem = false;
			rc = parse_add(p, near, text);
		}
		if (!rc)
			rc = advance(p);
	}
	*left = near;
	return rc;
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
		rc = parse_bad(p, "unbalanced \"(\"");
	}
	p->columns = outer;
	p->depth--;
	return rc;
}

/* ---- runs and operators ---- */

struct run {
	struct node *all; /* joined by AND */
	struct node *filters[FILTERS]; /* each joined by OR */
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
	bool text = n && p->tok.kind == TOK_TEXT;
	if (!rc)
		rc = advance(p);
	if (!rc && text && p->tok.kind == TOK_NEAR)
		rc = parse_near(p, &n);
	if (!rc && sign == TOK_MINUS)
		rc = join(p, NODE_OR, &r->none, n);
	else if (!rc && filter)
		rc = join(p, NODE_OR, &r->filters[which], n);
	else if (!rc)
		rc = join(p, NODE_AND, &r->all, n);
	return rc;
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
	if (!rc && p->tok.kind == TOK_NEAR)
		rc = parse_bad(p, "NEAR or ADJ without a word before it");
	if (!rc && !any)
		rc = parse_bad(p, "a term is missing");
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
			return parse_bad(p, "too many XOR");
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
	struct parser p = {
		.lex = { .text = text, .len = len, .a = a }, .a = a, .e = e, .now = now
	};
	struct node *root = NULL;

	if (len > QUERY_BYTES_MAX)
		return err_set(e, -E2BIG, "query: longer than %d bytes", QUERY_BYTES_MAX);
	p.columns = ~(1u << TEXT_TO | 1u << TEXT_CC | 1u << TEXT_LIST) & ((1u << TEXT_FIELDS) - 1);
	int rc = advance(&p);
	if (!rc && p.tok.kind != TOK_END)
		rc = parse_or(&p, &root);
	if (!rc && p.tok.kind == TOK_CLOSE)
		rc = parse_bad(&p, "unbalanced \")\"");
	if (!rc && !root)
		rc = err_set(e, -EINVAL, "query: nothing to search for");
	buf_free(&p.lex.scratch);
	if (!rc)
		*ret = root;
	return rc;
}

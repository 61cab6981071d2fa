/* The tree as one SQL condition.  Neighbouring text becomes a single full-text expression, all
 * values are bound parameters, and long chains are written as balanced trees, for SQLite bounds
 * the depth of an expression. */
#include "newest.h"
#include "query_fts.h"

#include "../base/err.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#define WITHIN_SPAN " AND rowid BETWEEN ?2 AND ?3" /* newest.h */

enum { FTS_DEPTH_MAX = 12 }; /* nesting inside one full-text expression; its parser is small */

/* ---- parameters ---- */

static size_t param_add(struct query *q, struct param p)
{
	if (q->nparams == q->params_cap) {
		size_t cap = q->params_cap ? q->params_cap * 2 : 8;
		struct param *params = realloc(q->params, cap * sizeof(*params));
		if (!params) {
			q->where.failed = true;
			return 0;
		}
		q->params = params;
		q->params_cap = cap;
	}
	q->params[q->nparams++] = p;
	return SPAN_PARAMS + q->nparams;
}

static size_t param_text(struct query *q, const char *text)
{
	return param_add(q, (struct param){ .text = text });
}

static size_t param_num(struct query *q, int64_t num)
{
	return param_add(q, (struct param){ .num = num });
}

/* ---- full text ---- */

/* Nesting of a subtree that is text only, or 0 when it is not or is too deep. */
static int text_depth(const struct node *n)
{
	int depth = 0;

	if (n->kind == NODE_TEXT || (n->kind == NODE_NEAR && !n->ordered))
		return 1;
	if (n->kind != NODE_AND && n->kind != NODE_OR)
		return 0;
	for (size_t i = 0; i < n->nkids; i++) {
		int d = text_depth(n->kids[i]);
		if (d == 0 || d >= FTS_DEPTH_MAX)
			return 0;
		depth = d > depth ? d : depth;
	}
	return depth + 1;
}

static const char *buf_keep(struct query *q, struct buf *b)
{
	char *s = buf_ok(b) ? arena_str(&q->arena, b->data, b->len) : NULL;

	if (!s)
		q->where.failed = true;
	buf_free(b);
	return s;
}

static void match(struct query *q, struct buf *expr)
{
	size_t i = param_add(q, (struct param){ .text = buf_keep(q, expr), .match = true });

	buf_addf(&q->where,
	         "m.docid IN (SELECT rowid FROM fts WHERE fts MATCH ?%zu" WITHIN_SPAN ")", i);
	q->words = true;
}

/* FTS5 does not ask for the order. */
static void emit_ordered(struct query *q, const struct node *n)
{
	struct buf expr = { 0 };

	fts_near(&expr, n);
	size_t i = param_add(q, (struct param){ .text = buf_keep(q, &expr), .match = true });
	size_t window = param_num(q, (int64_t)(n->nkids + n->window - 1));
	buf_addf(&q->where,
	         "m.docid IN (SELECT rowid FROM fts WHERE fts MATCH ?%zu" WITHIN_SPAN
	         " AND adj(fts, ?%zu, ?%zu))",
	         i, window, param_num(q, n->columns & ~FTS_IDS));
	q->words = q->adj = true;
}

/* ---- conditions ---- */

static void emit(struct query *q, const struct node *n);

/* One look into a table of names for all of these nodes, which are of one kind. */
static void emit_lookup(struct query *q, const struct node *const *nodes, size_t n)
{
	static const char *const tables[] = {
		[NODE_LABEL] = "label WHERE name",
		[NODE_MID] = "mid WHERE mid",
		[NODE_LIST] = "list WHERE name",
	};

	buf_addf(&q->where, "m.docid IN (SELECT docid FROM %s IN (", tables[nodes[0]->kind]);
	for (size_t i = 0; i < n; i++)
		buf_addf(&q->where, i ? ",?%zu" : "?%zu", param_text(q, nodes[i]->str));
	buf_adds(&q->where, "))");
}

static void emit_range(struct query *q, const struct node *n)
{
	static const char *const columns[] = {
		[FILTER_DAY] = "sent",
		[FILTER_SENT] = "sent",
		[FILTER_RECEIVED] = "received",
		[FILTER_SIZE] = "size",
	};

	buf_addf(&q->where, "m.%s BETWEEN ?%zu", columns[n->filter], param_num(q, n->lo));
	buf_addf(&q->where, " AND ?%zu", param_num(q, n->hi));
}

static void emit_balanced(struct query *q, struct node *const *kids, size_t n, const char *op)
{
	if (n == 1) {
		emit(q, *kids);
		return;
	}
	buf_addc(&q->where, '(');
	emit_balanced(q, kids, n / 2, op);
	buf_adds(&q->where, op);
	emit_balanced(q, kids + n / 2, n - n / 2, op);
	buf_addc(&q->where, ')');
}

/* Move the nodes of this kind from `nodes` to `picked`. */
static size_t pick(struct node **nodes, size_t *n, enum node_kind kind, struct node **picked)
{
	size_t kept = 0, got = 0;

	for (size_t i = 0; i < *n; i++)
		if (nodes[i]->kind == kind)
			picked[got++] = nodes[i];
		else
			nodes[kept++] = nodes[i];
	*n = kept;
	return got;
}

/* Alternatives of one kind of name are one look into its table. */
static const char *emit_names(struct query *q, struct node **nodes, size_t *n, const char *before)
{
	static const enum node_kind kinds[] = { NODE_LABEL, NODE_MID, NODE_LIST };
	struct node **picked = arena_get(&q->arena, *n * sizeof(struct node *));

	if (!picked) {
		q->where.failed = true;
		return before;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		size_t got = pick(nodes, n, kinds[i], picked);
		if (got == 0)
			continue;
		buf_adds(&q->where, before);
		emit_lookup(q, (const struct node *const *)picked, got);
		before = " OR ";
	}
	return before;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Unless it is there: a word that is asked for a thousand times is looked for once. */
static void add_text(struct buf *in, const char *op, const struct node *n, void **seen)
{
	struct buf one = { 0 };
	fts_node(&one, n);
	char *text = strdup(buf_cstr(&one));
	char **node = text && buf_ok(&one) ? tsearch(text, seen, by_text) : NULL;
	bool is_new = node && *node == text;

	in->failed |= !node;
	if (is_new) {
		buf_adds(in, in->len ? op : "");
		buf_adds(in, text);
	} else {
		free(text);
	}
	buf_free(&one);
}

/* A chain of AND or OR: its text in one full-text expression, the rest one by one. */
static void emit_chain(struct query *q, const struct node *n)
{
	const char *op = n->kind == NODE_AND ? " AND " : " OR ", *before = "(";
	struct node **rest = arena_get(&q->arena, n->nkids * sizeof(struct node *));
	struct buf in = { 0 };
	size_t nrest = 0;
	void *seen = NULL;

	if (!rest) {
		q->where.failed = true;
		return;
	}
	for (size_t i = 0; i < n->nkids; i++) {
		if (text_depth(n->kids[i])) {
			add_text(&in, op, n->kids[i], &seen);
		} else {
			rest[nrest++] = n->kids[i];
		}
	}
	tdestroy(seen, free);
	if (in.len) {
		buf_adds(&q->where, before);
		match(q, &in);
		before = op;
	}
	if (n->kind == NODE_OR && nrest)
		before = emit_names(q, rest, &nrest, before);
	if (nrest) {
		buf_adds(&q->where, before);
		emit_balanced(q, rest, nrest, op);
	}
	buf_addc(&q->where, ')');
}

static void emit_text(struct query *q, const struct node *n)
{
	struct buf in = { 0 };

	fts_node(&in, n);
	match(q, &in);
}

static void emit(struct query *q, const struct node *n)
{
	switch (n->kind) {
	case NODE_TEXT:
		emit_text(q, n);
		break;
	case NODE_NEAR:
		if (n->ordered)
			emit_ordered(q, n);
		else
			emit_text(q, n);
		break;
	case NODE_KW:
		buf_addf(&q->where, "(m.kw & ?%zu) <> 0", param_num(q, n->kw));
		break;
	case NODE_LABEL:
	case NODE_MID:
	case NODE_LIST:
		emit_lookup(q, &n, 1);
		break;
	case NODE_RANGE:
		emit_range(q, n);
		break;
	case NODE_AND:
	case NODE_OR:
		emit_chain(q, n);
		break;
	case NODE_XOR:
		buf_adds(&q->where, "((");
		emit(q, n->kids[0]);
		buf_adds(&q->where, ") <> (");
		emit(q, n->kids[1]);
		buf_adds(&q->where, "))");
		break;
	case NODE_NOT:
		buf_adds(&q->where, "NOT (");
		emit(q, n->kids[0]);
		buf_addc(&q->where, ')');
		break;
	}
}

/* ---- the whole ---- */

/* Does an index lead to the few rows in question?  Else they are read in order of date. */
static bool is_selective(const struct node *n)
{
	bool all = n->nkids > 0, any = false;

	if (n->kind == NODE_NEAR)
		return true;
	for (size_t i = 0; i < n->nkids; i++) {
		bool one = is_selective(n->kids[i]);
		all = all && one;
		any = any || one;
	}
	switch (n->kind) {
	case NODE_TEXT:
	case NODE_LABEL:
	case NODE_MID:
	case NODE_LIST:
		return true;
	case NODE_AND:
		return any;
	case NODE_OR:
		return all;
	default:
		return false;
	}
}

/* Any wanted text counts towards relevance; what is excluded does not. */
static void gather_wanted(struct buf *out, const struct node *n, void **seen)
{
	if (n->kind == NODE_NOT)
		return;
	if (n->kind == NODE_TEXT)
		add_text(out, " OR ", n, seen);
	for (size_t i = 0; i < n->nkids; i++)
		gather_wanted(out, n->kids[i], seen);
}

int query_to_sql(struct query *q, const struct node *root, struct err *e)
{
	struct buf wanted = { 0 };
	void *seen = NULL;

	emit(q, root);
	q->selective = is_selective(root);
	gather_wanted(&wanted, root, &seen);
	tdestroy(seen, free);
	if (wanted.len)
		q->rank = buf_keep(q, &wanted);
	buf_cstr(&q->where);
	return buf_ok(&q->where) ? 0 : err_sys(e, ENOMEM, "query");
}

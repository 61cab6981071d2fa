#include "query_fts.h"

#include <string.h>

static const char *const column_names[TEXT_FIELDS] = {
	[TEXT_SUBJECT] = "subject",
	[TEXT_FROM] = "from_",
	[TEXT_TO] = "to_",
	[TEXT_CC] = "cc",
	[TEXT_MID] = "mid",
	[TEXT_LIST] = "list",
	[TEXT_FILENAME] = "filename",
	[TEXT_QUOTED] = "quoted",
	[TEXT_BODY] = "body",
	[TEXT_DIFF_NAME] = "dfn",
	[TEXT_DIFF_OLD] = "dfa",
	[TEXT_DIFF_NEW] = "dfb",
	[TEXT_DIFF_HUNK] = "dfhh",
	[TEXT_DIFF_CONTEXT] = "dfctx",
	[TEXT_DIFF_PRE] = "dfpre",
	[TEXT_DIFF_POST] = "dfpost",
	[TEXT_PATCH_ID] = "patchid",
};

/* Of these ids a word in a body may be the beginning. */
static const unsigned blobs = 1u << TEXT_DIFF_PRE | 1u << TEXT_DIFF_POST;

static void fts_columns(struct buf *out, unsigned columns)
{
	const char *before = "{";

	for (unsigned i = 0; i < TEXT_FIELDS; i++)
		if (columns & 1u << i) {
			buf_adds(out, before);
			buf_adds(out, column_names[i]);
			before = " ";
		}
	buf_adds(out, "}:");
}

/* No word has a quote in it. */
static void fts_words(struct buf *out, const struct node *n)
{
	const char *before = "\"";

	for (const struct word *w = n->words; w; w = w->next, before = " ") {
		buf_adds(out, before);
		buf_adds(out, w->str);
	}
	buf_adds(out, n->wildcard ? "\"*" : "\"");
}

static bool may_be_id(const struct node *n)
{
	const char *s = n->words->str;
	size_t len = strlen(s);

	return !n->words->next && !n->stem && len >= 7 && strspn(s, "0123456789abcdef") == len;
}

static void fts_leaf(struct buf *out, const struct node *n)
{
	bool id = n->columns & ~FTS_IDS && n->columns & blobs && !n->wildcard;

	if (id && may_be_id(n)) { /* an id by its beginning, or the word */
		buf_addc(out, '(');
		fts_columns(out, n->columns & blobs);
		fts_words(out, n);
		buf_adds(out, "* OR ");
	}
	fts_columns(out, id && !may_be_id(n) ? n->columns & ~FTS_IDS : n->columns);
	if (n->stem)
		buf_addf(out, QUERY_STEM_FORMAT, n->words->str);
	else
		fts_words(out, n);
	if (id && may_be_id(n))
		buf_addc(out, ')');
}

/* The phrases of a NEAR; FTS5 counts the words between the first and the last. */
void fts_near(struct buf *out, const struct node *n)
{
	size_t between = n->nkids + n->window > 3 ? n->nkids + n->window - 3 : 0;

	fts_columns(out, n->columns & ~FTS_IDS);
	buf_adds(out, "NEAR(");
	for (size_t i = 0; i < n->nkids; i++) {
		fts_words(out, n->kids[i]);
		buf_addc(out, ' ');
	}
	buf_addf(out, ", %zu)", between);
}

void fts_node(struct buf *out, const struct node *n)
{
	if (n->kind == NODE_TEXT) {
		fts_leaf(out, n);
		return;
	}
	if (n->kind == NODE_NEAR) {
		fts_near(out, n);
		return;
	}
	buf_addc(out, '(');
	for (size_t i = 0; i < n->nkids; i++) {
		if (i)
			buf_adds(out, n->kind == NODE_AND ? " AND " : " OR ");
		fts_node(out, n->kids[i]);
	}
	buf_addc(out, ')');
}

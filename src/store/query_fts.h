/* Text of a query as an expression of FTS5. */
#ifndef STORE_QUERY_FTS_H
#define STORE_QUERY_FTS_H

#include "query.h"

/* Columns in which nothing has a place: no phrase is in them. */
#define FTS_IDS (1u << TEXT_DIFF_PRE | 1u << TEXT_DIFF_POST | 1u << TEXT_PATCH_ID)

/* Append a NODE_TEXT, a NODE_NEAR, or any tree of text with AND, OR and NEAR. */
void fts_near(struct buf *out, const struct node *n);
void fts_node(struct buf *out, const struct node *n);

#endif

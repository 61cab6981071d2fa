/* Between the parser of queries and that of filters. */
#ifndef STORE_QUERY_PARSE_H
#define STORE_QUERY_PARSE_H

#include "query.h"

struct parser {
	struct lexer lex;
	struct token tok; /* the next one */
	struct arena *a;
	struct err *e;
	int64_t now;
	unsigned columns; /* for text without a prefix */
	size_t depth, nodes;
};

/* -EINVAL: "query: WHAT at column N", that of the next token. */
int parse_bad(struct parser *p, const char *what);
/* A node in the arena; -E2BIG when there are too many. */
int parse_node(struct parser *p, enum node_kind kind, struct node **ret);
int parse_add(struct parser *p, struct node *n, struct node *kid);
/* Read the filter that is the next token. */
int parse_filter(struct parser *p, struct node **ret);

#endif

/* Inside the query compiler: text -> tokens -> tree -> SQL. */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include "../base/buf.h"
#include "../mail/keywords.h"
#include "../mail/message.h"

#include <stdbool.h>
#include <stdint.h>

struct err;

enum { /* limits */
       QUERY_BYTES_MAX = 256 << 10,
       QUERY_DEPTH_MAX = 30, /* nested parentheses */
       QUERY_NODES_MAX = 20000, /* terms and operators */
};

/* ---- memory of one query, freed at once ---- */

struct arena_block;
struct arena {
	struct arena_block *blocks;
};
void *arena_get(struct arena *a, size_t n); /* zeroed; NULL when out of memory */
char *arena_str(struct arena *a, const char *s, size_t n);
void arena_free(struct arena *a);

/* ---- tokens (query_lex.c) ---- */

enum token_kind {
	TOK_END,
	TOK_TEXT, /* a word or several joined by punctuation; or a quoted phrase */
	TOK_FILTER, /* prefix:value with an exact meaning: kw L mid lid d dt rt z */
	TOK_OPEN, /* "(", with the columns of "s:(", 0 for none */
	TOK_CLOSE,
	TOK_PLUS,
	TOK_MINUS,
	TOK_AND,
	TOK_OR,
	TOK_XOR,
	TOK_NOT,
};

enum filter {
	FILTER_KW,
	FILTER_LABEL,
	FILTER_MID,
	FILTER_LIST,
	FILTER_DAY, /* d: */
	FILTER_SENT, /* dt: */
	FILTER_RECEIVED, /* rt: */
	FILTER_SIZE, /* z: */
};

struct token {
	enum token_kind kind;
	enum filter filter; /* TOK_FILTER */
	unsigned columns; /* TOK_TEXT, TOK_OPEN: bits 1 << enum text_field; 0: as around it */
	bool wildcard; /* TOK_TEXT: ended by "*" */
	const char *p; /* text or value, within the query */
	size_t n;
	size_t column; /* where it starts, counted from 1 in bytes */
};

struct lexer {
	const char *text;
	size_t len, at;
};
/* 0, or -EINVAL with the reason. */
int query_lex(struct lexer *l, struct token *ret, struct err *e);
/* True when the bytes have something that the index can hold. */
bool query_has_word(const char *p, size_t n);

/* ---- tree (query_parse.c) ---- */

enum node_kind {
	NODE_TEXT,
	NODE_KW,
	NODE_LABEL,
	NODE_MID,
	NODE_LIST,
	NODE_RANGE,
	NODE_AND,
	NODE_OR,
	NODE_XOR, /* two children */
	NODE_NOT, /* one child */
};

struct node {
	enum node_kind kind;
	struct node **kids;
	size_t nkids, cap;
	const char *str; /* TEXT, LABEL, MID, LIST: NUL-terminated */
	unsigned columns; /* TEXT */
	bool wildcard; /* TEXT */
	kw_set kw; /* KW; 0 matches nothing */
	enum filter filter; /* RANGE: DAY and SENT both mean sent */
	int64_t lo, hi; /* RANGE: inclusive */
};

/* -EINVAL with the reason; *ret lives in the arena. */
int query_parse(const char *text, size_t len, int64_t now, struct arena *a, struct node **ret,
                struct err *e);

/* ---- dates (query_date.c) ---- */

/* Read a date or time of day, absolute or relative to `now`: the first and last second that it
 * stands for (a day, a month, a second).  The filter decides what a bare number means.  -EINVAL
 * when it cannot be understood.  Whole days in figures are UTC, as in the original; a time
 * without a zone and named days are in the process's zone. */
int query_date(const char *s, size_t n, enum filter f, int64_t now, int64_t *lo, int64_t *hi);

/* ---- SQL (query_sql.c) ---- */

struct param {
	const char *text; /* NULL: num */
	int64_t num;
};

struct query {
	struct arena arena;
	struct buf where; /* an SQL condition on m, with parameters ?1.. ?nparams */
	struct param *params;
	size_t nparams, params_cap;
	bool selective; /* sorting the hits is cheaper than reading all messages in order */
	const char *rank; /* an FTS expression of all wanted text, or NULL */
};

int query_to_sql(struct query *q, const struct node *root, struct err *e);

#endif

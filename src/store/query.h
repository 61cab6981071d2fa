/* Inside the query compiler: text -> tokens -> tree -> SQL. */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include "../base/buf.h"
#include "../mail/keywords.h"
#include "../mail/message.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct err;

enum { /* limits */
       QUERY_BYTES_MAX = 256 << 10,
       QUERY_DEPTH_MAX = 30, /* nested parentheses */
       QUERY_NODES_MAX = 20000, /* terms and operators */
       QUERY_PHRASE_MAX = 500, /* words of a phrase, and how far apart NEAR looks */
       QUERY_NEAR = 10, /* how far it looks when that is not said */
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
	TOK_FILTER, /* prefix:value with an exact meaning: kw L mid lid d dt rt z df... */
	TOK_OPEN, /* "(", with the columns of "s:(", 0 for none */
	TOK_CLOSE,
	TOK_PLUS,
	TOK_MINUS,
	TOK_AND,
	TOK_OR,
	TOK_XOR,
	TOK_NOT,
	TOK_NEAR, /* NEAR and ADJ */
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
	FILTER_BLOB_PRE, /* dfpre: */
	FILTER_BLOB_POST, /* dfpost: */
	FILTER_BLOB, /* dfblob: */
	FILTER_PATCH, /* patchid: */
	FILTERS
};

/* A phrase is several of them. */
struct word {
	const char *str; /* lower case, in the arena */
	struct word *next;
};

struct token {
	enum token_kind kind;
	enum filter filter; /* TOK_FILTER */
	unsigned columns; /* TOK_TEXT, TOK_OPEN: bits 1 << enum text_field; 0: as around it */
	struct word *words; /* TOK_TEXT; NULL: nothing but punctuation */
	bool stem; /* TOK_TEXT: a single word that other forms of it match, too */
	bool wildcard; /* TOK_TEXT: ended by "*" */
	bool ordered; /* TOK_NEAR: ADJ */
	unsigned window; /* TOK_NEAR: how far apart, 0 when it was not said */
	const char *p; /* TOK_FILTER: the value, within the query */
	size_t n;
	size_t column; /* where it starts, counted from 1 in bytes */
};

struct lexer {
	const char *text;
	size_t len, at;
	struct arena *a;
	struct buf scratch; /* freed by who made the lexer */
};
/* 0, -ENOMEM, or -EINVAL or -E2BIG with the reason. */
int query_lex(struct lexer *l, struct token *ret, struct err *e);

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
	NODE_NEAR, /* two or more NODE_TEXT with the same columns, within the window */
};

struct node {
	enum node_kind kind;
	struct node **kids;
	size_t nkids, cap;
	const char *str; /* LABEL, MID, LIST: NUL-terminated */
	const struct word *words; /* TEXT */
	unsigned columns; /* TEXT, NEAR */
	bool stem, wildcard; /* TEXT */
	bool ordered; /* NEAR */
	unsigned window; /* NEAR */
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
	bool match; /* text is a full-text expression */
};

struct query {
	struct arena arena;
	struct buf where; /* an SQL condition on m, with nparams parameters after SPAN_PARAMS */
	struct param *params;
	size_t nparams, params_cap;
	bool selective; /* sorting the hits is cheaper than reading all messages in order */
	const char *rank; /* a full-text expression of all wanted text, or NULL */
	bool words; /* looks into the index of words */
	bool adj; /* needs query_adj */
};

int query_to_sql(struct query *q, const struct node *root, struct err *e);

/* ---- words of a store (query_match.c) ---- */

/* In a full-text expression a word that other forms match, too, stands like this until the store
 * is known. */
#define QUERY_STEM '\x01'
#define QUERY_STEM_FORMAT "\x01%s\x01"

/* Append the expression with the forms that words have in this store. */
int query_match(sqlite3 *db, const char *expr, struct buf *out, struct err *e);
/* Bind all parameters of `where`. */
int query_bind(const struct query *q, sqlite3_stmt *st, struct err *e);
/* Make adj() known to the connection: adj(fts, WINDOW, COLUMNS) is true when the phrases of the
 * expression come in their order, within the window, in one of the columns. */
int query_adj(sqlite3 *db, struct err *e);

#endif

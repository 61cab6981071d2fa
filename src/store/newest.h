/* The newest of many hits.  Mail mostly comes in the order of its dates, so that the newest messages
 * have docids that lie together: a word that they have often enough need not be looked up in all the
 * others. */
#ifndef STORE_NEWEST_H
#define STORE_NEWEST_H

#include <sqlite3.h>
#include <stdint.h>

struct query;
struct search_opts;

/* All messages that were received at `since` or later have docids from `first` to `last`. */
struct span {
	int64_t since, first, last;
};

extern const struct span span_all;

enum { SPAN_PARAMS = 3 }; /* the first ones of a statement made of a query */
void span_bind(sqlite3_stmt *st, const struct span *span);

/* Among how many of the newest messages to look first; 0: among all. */
int64_t newest_first(const struct query *q, const struct search_opts *o);
/* And next, when among n there were so many hits, fewer than are wanted. */
int64_t newest_next(int64_t n, int64_t hits, int64_t wanted);
/* Where the n newest messages are: 1, 0 when it is not worth while, or a negated SQLite code. */
int newest_span(sqlite3 *db, int64_t n, struct span *ret);

#endif

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

/* Where the hits probably are: 1, 0 when it is not worth while, or a negated SQLite code. */
int newest_span(sqlite3 *db, const struct query *q, const struct search_opts *o, struct span *ret);
/* Are there as many hits within the span, to which st is bound, as are wanted?  Then there is no need
 * to look further.  1, 0, or a negated SQLite code. */
int newest_suffice(sqlite3_stmt *st, const struct search_opts *o);

#endif

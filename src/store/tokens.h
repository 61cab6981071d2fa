/* The writer's tokenizer.  The table of words asks for SQLite's own "ascii", so that any SQLite can read
 * it; text comes as words ended by blanks (terms.h), which this one, under the same name, finds in a
 * fraction of the time.  A test compares the two. */
#ifndef STORE_TOKENS_H
#define STORE_TOKENS_H

#include <sqlite3.h>

struct err;

/* FTS5's own interface. */
int fts_api(sqlite3 *db, fts5_api **ret, struct err *e);
/* For this connection; before it touches the table. */
int tokens_setup(sqlite3 *db, struct err *e);

#endif

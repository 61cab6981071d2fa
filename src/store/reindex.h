/* Words for all messages, made again from what is stored of them. */
#ifndef STORE_REINDEX_H
#define STORE_REINDEX_H

#include <sqlite3.h>

struct err;

/* Fill the empty tables of words within the transaction that is open; says on standard error how
 * far it is. */
int reindex_all(sqlite3 *db, struct err *e);

#endif

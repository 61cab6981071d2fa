/* Blobs by their id or the start of it, inside the reader. */
#ifndef STORE_BLOB_H
#define STORE_BLOB_H

#include "store.h"

struct err;

/* Prepare `sql`, whose ?1 and ?2 are the least and the greatest id that begin with these 7 to 40
 * digits, and step to its first row; *ret is the caller's in any case.  -EINVAL, -ENOENT. */
int blob_select(struct store *s, const char *hex, const char *sql, sqlite3_stmt **ret,
                struct err *e);
/* There must be no further row: 0 or -EEXIST. */
int blob_alone(sqlite3_stmt *st, const char *hex, struct err *e);

#endif

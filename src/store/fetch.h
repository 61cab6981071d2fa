/* Rows of messages by their docid, for those who know what they want. */
#ifndef STORE_FETCH_H
#define STORE_FETCH_H

#include "../base/buf.h"
#include "search.h"

#include <sqlite3.h>

struct fetch { /* zeroed but for db and with_blob */
	sqlite3 *db;
	sqlite3_stmt *row, *labels; /* labels NULL: no message has any */
	struct buf names;
	bool with_blob;
};

/* Close it in any case. */
int fetch_open(struct fetch *f, struct err *e);
void fetch_close(struct fetch *f);
/* Fill in the hit, whose docid is set, and call fn with it. */
int fetch(struct fetch *f, struct hit *h, int (*fn)(void *rock, const struct hit *h), void *rock,
          struct err *e);

#endif

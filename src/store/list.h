/* Lists of Message-IDs, List-Ids and labels: entries each ended by a NUL.  As rows have them, the
 * list ends with one NUL more, and no entry is empty. */
#ifndef STORE_LIST_H
#define STORE_LIST_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf;

/* `list` may be NULL, and its last entry must have its NUL. */
#define LIST_EACH(p, list, len)                                                                    \
	for (const char *p = (list); p && p < (list) + (len); p += strlen(p) + 1)

/* `list` as rows have it, in place of what is in `to`; buf_ok(to) says whether there was memory. */
void list_pack(struct buf *to, const struct buf *list);
/* Run `st`, an INSERT of (entry, docid), for each entry that is not empty: an SQLite result code. */
int list_insert(sqlite3_stmt *st, int64_t docid, const char *list, size_t len);

#endif

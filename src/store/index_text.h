/* The writer's rows of words, and the stems that lead to them. */
#ifndef STORE_INDEX_TEXT_H
#define STORE_INDEX_TEXT_H

#include "../mail/message.h"

#include <sqlite3.h>
#include <stdint.h>

struct err;
struct index_text;

/* Of the tables whose names begin with `prefix`, mostly "".  db must outlive it. */
int index_text_open(sqlite3 *db, const char *prefix, struct index_text **ret, struct err *e);
void index_text_close(struct index_text *t); /* NULL is fine */
/* Add words (terms.h) and stems (stems.h) within the transaction that is open; an SQLite result
 * code. */
int index_text_add(struct index_text *t, int64_t docid, const struct buf words[TEXT_FIELDS],
                   const struct buf *stems);
/* The transaction was rolled back. */
void index_text_reset(struct index_text *t);

#endif

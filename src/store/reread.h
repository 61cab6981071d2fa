/* Messages read again, to make their index anew. */
#ifndef STORE_REREAD_H
#define STORE_REREAD_H

#include "../mail/message.h"

#include <stdbool.h>

struct err;
struct reread;

int reread_open(const char *dir, struct reread **ret, struct err *e);
void reread_close(struct reread *r); /* NULL is fine */

/* How many messages there are that the new index (index_again.h) does not have yet. */
int reread_lacking(struct reread *r, uint64_t *ret, struct err *e);

/* `words`: their bytes are not to be had; m has its words as the old index knows them in place of
 * text, its ids and lists.  Non-zero stops and is returned. */
typedef int reread_fn(void *rock, int64_t docid, const struct message *m, bool words);
/* Each of those that were counted. */
int reread_each(struct reread *r, reread_fn *fn, void *rock, struct err *e);

/* The bytes of a blob, wherever they are; -EBADMSG when those that are stored are not its own. */
int reread_blob(struct reread *r, const char *oid, bool stored, struct buf *out, struct err *e);

#endif

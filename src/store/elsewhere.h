/* Messages that are only indexed: their bytes are in the files of mail_sync, not here. */
#ifndef STORE_ELSEWHERE_H
#define STORE_ELSEWHERE_H

#include "store.h"

struct elsewhere; /* folders that were looked at lately */

void elsewhere_free(struct elsewhere *x); /* NULL is fine */
/* The canonical bytes of this blob (40 hex) in place of what is in `out`; whatever a file is called
 * by now, only its content counts.  -ESTALE with the reason when no file has it any more. */
int elsewhere_read(struct store *s, const char *oid, struct buf *out, struct err *e);

#endif

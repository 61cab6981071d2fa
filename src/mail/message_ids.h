/* Message-IDs: a message's own, those it refers to, the lists it came by.  Internal to message*. */
#ifndef MAIL_MESSAGE_IDS_H
#define MAIL_MESSAGE_IDS_H

#include "message_head.h"

enum { MID_MAX = 244 }; /* bytes kept of one Message-ID, as in the original's index */

/* Each appends to a NUL-separated list what is not there yet. */
void ids_own(const struct head *h, struct buf *list); /* Message-ID, X-Alt-Message-ID */
void ids_refs(const struct head *h, const struct buf *own, struct buf *list);
void ids_lists(const struct head *h, struct buf *list); /* List-Id, lower case */

bool ids_has(const struct buf *list, const char *id);

#endif

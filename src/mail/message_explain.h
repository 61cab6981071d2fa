/* What makes a message the same as another, for a person to look at. */
#ifndef MAIL_MESSAGE_EXPLAIN_H
#define MAIL_MESSAGE_EXPLAIN_H

#include "../base/buf.h"

/* Append, piece by piece, what the original looks at when it compares messages of one Message-ID, in
 * the form in which it shows that, and the SHA-256 of it.  -ENOMEM.  Call message_setup before. */
int message_explain(const char *raw, size_t len, struct buf *out);

#endif

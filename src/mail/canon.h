/* The bytes of a message that a copy and the store keep, without a copy where none is needed.
 * *ret points into `data` or into what was appended to `out`; keywords of the Status fields
 * that are dropped are added to *kw unless it is NULL.  Returns 0 or -ENOMEM. */
#ifndef MAIL_CANON_H
#define MAIL_CANON_H

#include "keywords.h"

struct buf;

/* For another mailbox: only Status and X-Status go. */
int canon_copy(const char *data, size_t len, struct buf *out, kw_set *kw, const char **ret,
               size_t *ret_len);
/* For the store: as mail_canon. */
int canon_store(const char *data, size_t len, struct buf *out, kw_set *kw, const char **ret,
                size_t *ret_len);

#endif

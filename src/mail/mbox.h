/* The mbox family: a stream of messages, split without holding more than one of them. */
#ifndef MAIL_MBOX_H
#define MAIL_MBOX_H

#include "format.h"
#include "input.h"

#include <stdint.h>

#define MAIL_MESSAGE_MAX ((size_t)1 << 30) /* bytes of one message; more is refused */

struct mbox;

int mbox_open(struct input *in, enum mail_format f, struct mbox **ret, struct err *e);
/* Next message: 1 with *ret / *ret_len (valid until the next call), 0 at the end, -errno with the
 * reason (not an mbox, cut off in the middle of a Content-Length, ...).  The "From " line is
 * taken off, ">From " is unescaped as the format says; the rest is as it stood. */
int mbox_next(struct mbox *m, const char **ret, size_t *ret_len, struct err *e);
uint64_t mbox_offset(const struct mbox *m); /* uncompressed bytes consumed so far */
void mbox_free(struct mbox *m); /* NULL is fine; the input stays the caller's */

#endif

/* Header fields as text for people: encoded words decoded, one line of UTF-8 each.  Internal to
 * message*. */
#ifndef MAIL_MESSAGE_FIELDS_H
#define MAIL_MESSAGE_FIELDS_H

#include "message_head.h"

/* Append all lines called `name`, joined by ", ". */
void field_text(const struct head *h, const char *name, struct buf *out);
/* As field_text for lists of addresses: words are decoded inside names only, so that a decoded
 * comma stays part of the name. */
void field_addresses(const struct head *h, const char *name, struct buf *out);
/* Append one unfolded value with its encoded words decoded. */
void field_decode(const char *text, struct buf *out);
void field_decode_addresses(const char *text, struct buf *out);
/* Is `address` among those of the From, To and Cc lines? */
bool field_has_address(const struct head *h, const char *address);

#endif

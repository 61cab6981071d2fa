/* Header fields as text for people: encoded words decoded, one line of UTF-8 each.  Internal to
 * message*. */
#ifndef MAIL_MESSAGE_FIELDS_H
#define MAIL_MESSAGE_FIELDS_H

#include "message_head.h"

#include <glib.h>

/* Append all lines called `name`, joined by ", ". */
void field_text(const struct head *h, const char *name, struct buf *out);
/* As field_text for lists of addresses: words are decoded inside names only, so that a decoded
 * comma stays part of the name. */
void field_addresses(const struct head *h, const char *name, struct buf *out);
/* Append one unfolded value with its encoded words decoded. */
void field_decode(const char *text, struct buf *out);
void field_decode_addresses(const char *text, struct buf *out);
/* Who is named in From, To and Cc: .h set, the rest zeroed. */
struct field_people {
	const struct head *h;
	unsigned asked;
	GTree *set; /* of all addresses; NULL until needed */
};
bool field_people_have(struct field_people *f, const char *address);
void field_people_done(struct field_people *f);

#endif

/* What makes two messages the same one.  Internal to message*. */
#ifndef MAIL_MESSAGE_IDENTITY_H
#define MAIL_MESSAGE_IDENTITY_H

#include "message.h"
#include "message_part.h"

#include <glib.h>

void identity_oid(const char *raw, size_t len, char oid[41]);

/* Append addresses without what relays change in them: quotes, blanks, the case of domains. */
void identity_address(const char *value, struct buf *b);

/* The content identity covers what a reader sees: sender, subject, date, recipients, references,
 * and each part's place, name, description and decoded content; not how it travelled. */
struct digest {
	GChecksum *sum;
	bool cr; /* the last piece ended in "\r": is it followed by "\n"? */
	struct buf space; /* white space that counts only when more text follows */
	struct buf plain; /* a piece without the "\r" of its line breaks */
};

void digest_open(struct digest *d);
/* Header fields of m, and "Date" lines and the like straight from the top part. */
void digest_head(struct digest *d, const struct message *m, const struct part *top);
void digest_part(struct digest *d, const struct part *p, const char *filename);
void digest_text(struct digest *d, struct slice piece); /* line ends and trailing blanks aside */
void digest_text_end(struct digest *d);
void digest_bytes(struct digest *d, struct slice piece);
int digest_close(struct digest *d, uint8_t ret[32]); /* -ENOMEM */

#endif

/* One message, taken apart for the index: overview fields, text by field, identity. */
#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

#include "../base/buf.h"

#include <stdint.h>

struct err;

enum { /* limits; beyond them a message is stored whole and indexed in part */
       MESSAGE_DEPTH_MAX = 32, /* nested MIME parts */
       MESSAGE_PARTS_MAX = 1000,
       MESSAGE_TEXT_MAX = 4 << 20, /* indexed bytes of text per message */
       MESSAGE_FIELD_MAX = 64 << 10, /* bytes kept of one overview header */
       MESSAGE_REFS_MAX = 1000,
};

enum text_field { /* columns of the full-text index, in this order */
	          TEXT_SUBJECT,
	          TEXT_FROM,
	          TEXT_TO,
	          TEXT_CC,
	          TEXT_MID, /* Message-IDs, split into words */
	          TEXT_LIST, /* List-Id */
	          TEXT_FILENAME, /* of attachments */
	          TEXT_QUOTED, /* "> " lines of text parts */
	          TEXT_BODY, /* the other lines */
	          TEXT_FIELDS
};

struct message {
	char oid[41]; /* git blob SHA-1 in hex: of "blob LEN\0" and the raw bytes */
	uint8_t content[32]; /* content identity: equal for copies that differ only in transport */
	int64_t sent; /* Date:, seconds UTC; the original's rules for missing or bad ones */
	int64_t received; /* Received:, seconds UTC; likewise */
	uint64_t size; /* raw bytes */
	/* Decoded UTF-8, NUL-terminated, one line each; "" when absent. */
	char *subject, *from, *to, *cc;
	/* NUL-separated lists without the angle brackets, each entry ended by a NUL. */
	struct buf mids, refs, lists;
	struct buf text[TEXT_FIELDS]; /* UTF-8 */
};

/* Call once per process before message_parse. */
void message_setup(void);
/* Never fails on odd input, whatever it is: only -ENOMEM. ret is freed with message_done. */
int message_parse(const char *raw, size_t len, struct message *ret, struct err *e);
void message_done(struct message *m); /* zeroed is fine */

/* Name/address pairs of an overview field for JSON, as the original's pairs(): calls fn with
 * name NULL when there is none. */
void message_addresses(const char *field,
                       void (*fn)(void *rock, const char *name, const char *addr), void *rock);
/* The message as text for a person (-f text): headers, then text parts, attachments named. */
int message_render(const char *raw, size_t len, struct buf *out);

#endif

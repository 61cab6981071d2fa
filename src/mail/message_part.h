/* The MIME structure of a message, walked over the bytes as they lie in memory.
 *
 * GMime takes headers, words and charsets apart for us, but not this: its parser copies every
 * part, recurses with the nesting, and cuts parts where the original does not; what counts as a
 * part decides which messages are equal.  Internal to message*. */
#ifndef MAIL_MESSAGE_PART_H
#define MAIL_MESSAGE_PART_H

#include "message_head.h"

enum { PART_INDEX_MAX = 192 };

struct part {
	struct head head;
	struct slice block; /* the head as it stands */
	struct slice body; /* still transfer-encoded */
	char type[32], subtype[64]; /* lower case; "text", "plain" when not given */
	char *charset, *boundary, *name; /* parameters; NULL when absent */
	char index[PART_INDEX_MAX]; /* "2.1": the first part in the second */
	unsigned depth; /* 0: the message itself */
	bool embedded; /* the message in a message/rfc822 part */
	bool inside; /* within such a message, or such a message itself */
	bool container; /* its parts follow */
};

/* The message itself as a part. */
int part_open(struct slice raw, struct part *ret); /* -ENOMEM */
void part_done(struct part *p);

/* Call fn for each leaf, and before its parts for message/rfc822 and for an embedded multipart
 * message (container is set).  A non-zero return of fn ends the walk, which returns it. */
typedef int part_fn(void *rock, const struct part *p);
int part_walk(struct part *top, part_fn *fn, void *rock);

/* The file name of an attachment, UTF-8, appended to out; false when it has none. */
bool part_filename(const struct part *p, struct buf *out);
bool part_is(const struct part *p, const char *type, const char *subtype);

#endif

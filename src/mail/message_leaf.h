/* The parts of a message, one after the other, each as text or as its decoded bytes. */
#ifndef MAIL_MESSAGE_LEAF_H
#define MAIL_MESSAGE_LEAF_H

#include <stdbool.h>
#include <stddef.h>

struct leaf { /* valid during the call */
	const char *index; /* as -f text shows it: "2.1" is the first part in the second */
	unsigned depth; /* 0: there are no parts */
	const char *name; /* of its file, UTF-8; "" when it has none */
	const char *head; /* the header as it stands, without the empty line */
	size_t head_len;
	bool is_text; /* the body is UTF-8; else bytes, no longer transfer-encoded */
	const char *body;
	size_t len;
};
/* Non-zero stops and is returned. */
typedef int leaf_fn(void *rock, const struct leaf *l);

/* A message within a message comes as a part, and then its own parts.  A patch without any header
 * is all body.  -ENOMEM.  Call
 * message_setup before. */
int message_leaves(const char *raw, size_t len, leaf_fn *fn, void *rock);
/* As above, but with the charset of text as it is: what was attached. */
int message_leaves_raw(const char *raw, size_t len, leaf_fn *fn, void *rock);

#endif

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
	          TEXT_DIFF_NAME, /* of patches: names of files */
	          TEXT_DIFF_OLD, /* lines with "-" */
	          TEXT_DIFF_NEW, /* lines with "+" */
	          TEXT_DIFF_HUNK, /* what follows "@@", mostly a function's name */
	          TEXT_DIFF_CONTEXT, /* lines as they stay */
	          TEXT_DIFF_PRE, /* blob ids before and after */
	          TEXT_DIFF_POST,
	          TEXT_PATCH_ID,
	          TEXT_FIELDS
};

struct message {
	char oid[41]; /* git blob SHA-1 in hex: of "blob LEN\0" and the raw bytes */
	/* Content identity: equal for copies that differ only in transport.  The (first) Message-ID
	 * is part of it: the same content under another one is another message. */
	uint8_t content[32];
	/* Date: and Received:, seconds UTC.  The first usable line counts, and each stands in for
	 * the other; 0 when there is neither (the original takes the time of the import: whoever
	 * stores the message may, too). */
	int64_t sent, received;
	uint64_t size; /* bytes when it travels: a line ends in two of them, as IMAP counts */
	/* Decoded UTF-8, NUL-terminated, one line each; "" when absent. */
	char *subject, *from, *to, *cc;
	/* NUL-separated lists without the angle brackets, each entry ended by a NUL, none twice.
	 * mids: Message-ID, then X-Alt-Message-ID; empty for mail that has none.  refs: References,
	 * then In-Reply-To (the parent is last), then further mids.  lists: List-Id, lower case. */
	struct buf mids, refs, lists;
	/* UTF-8.  A NUL stands between pieces that no phrase reaches over. */
	struct buf text[TEXT_FIELDS];
};

/* Call once per process before message_parse. */
void message_setup(void);
/* Never fails on odd input, whatever it is: only -ENOMEM. ret is freed with message_done. */
int message_parse(const char *raw, size_t len, struct message *ret, struct err *e);
void message_done(struct message *m); /* zeroed is fine */

/* Name/address pairs of an overview field for JSON, as the original's pairs(): either is NULL
 * when there is none, as in "Undisclosed" or "a@example.com". */
void message_addresses(const char *field,
                       void (*fn)(void *rock, const char *name, const char *addr), void *rock);
struct palette;
struct view_opts { /* zeroed is fine */
	const char *oid; /* names the blob, so that attachments can be asked for */
	const struct palette *palette; /* NULL: no colors */
};
/* The message as text for a person (-f text): headers, then text parts, attachments named. */
int message_render(const char *raw, size_t len, const struct view_opts *opts, struct buf *out);
/* The beginning of a reply to it (-f reply): a header, and its text quoted. */
int message_reply(const char *raw, size_t len, const struct view_opts *opts, struct buf *out);

#endif

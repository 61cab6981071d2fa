/* What a word, an argument or a pasted line of text asks lcat for. */
#ifndef COMMAND_LCAT_WORDS_H
#define COMMAND_LCAT_WORDS_H

#include "../base/buf.h"

enum lcat_kind {
	LCAT_NOTHING, /* not understood */
	LCAT_MID, /* a Message-ID without angle brackets */
	LCAT_TERM, /* "m:...": a term of a query */
	LCAT_BLOB, /* seven or more hex digits */
	LCAT_FOLDER, /* "maildir:PATH" */
	LCAT_REMOTE, /* the URL of a folder on a server */
};

/* What the first of these names, in this order: a Maildir, a URL, <MESSAGE-ID>, m: or mid:, id:,
 * blob:.  It is appended to `out`, NUL-terminated; *ret_thread: a page with all of its thread. */
enum lcat_kind lcat_word(const char *text, struct buf *out, bool *ret_thread);

#endif

/* From the bytes of a part to text: transfer encoding and charset undone, piece by piece, so
 * that a huge part costs no more memory than a small one.  Internal to message*. */
#ifndef MAIL_MESSAGE_DECODE_H
#define MAIL_MESSAGE_DECODE_H

#include "message_part.h"

#include <gmime/gmime.h>

/* Append as UTF-8; bytes that are none are taken for Latin-1, as the original does. */
void utf8_add(struct buf *out, const char *p, size_t len);
/* Append text of the named charset as UTF-8. */
void charset_add(struct buf *out, const char *charset, const char *p, size_t len);
/* Bytes at the start of p that are whole, valid UTF-8 characters. */
size_t utf8_valid(const char *p, size_t len);
/* The longest start of p that has at most `max` bytes and cuts no character. */
size_t utf8_cut(const char *p, size_t len, size_t max);

struct decode {
	struct slice left; /* of the encoded body */
	GMimeEncoding transfer;
	bool encoded, to_utf8, latin1, failed; /* failed: out of memory */
	iconv_t charset; /* (iconv_t)-1: UTF-8, ASCII, Latin-1 or unknown */
	char held[16]; /* a character cut in two by a piece's end */
	size_t nheld;
	struct buf raw, joined, out;
};

/* With to_utf8 off, only the transfer encoding is undone.  p must outlive d. */
void decode_open(struct decode *d, const struct part *p, bool to_utf8);
/* The next piece, valid until the next call; false at the end (or d->failed). */
bool decode_next(struct decode *d, struct slice *ret);
void decode_close(struct decode *d);

#endif

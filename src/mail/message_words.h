/* Encoded words (RFC 2047).  Internal to message*. */
#ifndef MAIL_MESSAGE_WORDS_H
#define MAIL_MESSAGE_WORDS_H

#include "message_head.h"

/* Append text, which is UTF-8, with its encoded words decoded; a character cut between two
 * neighbouring words is put together.  What is no whole encoded word stays as it is.
 *
 * Not GMime's decoder: it loses what follows the first word of ISO-2022-JP. */
void words_decode(struct slice text, struct buf *out);

#endif

/* Text for the index: which parts have any, and which column takes it.  Internal to message*. */
#ifndef MAIL_MESSAGE_TEXT_H
#define MAIL_MESSAGE_TEXT_H

#include "message.h"
#include "message_part.h"

enum part_text {
	PART_BINARY,
	PART_HTML, /* text, but neither indexed nor shown: its sibling says the same plainly */
	PART_TEXT,
};

/* What the part claims to be; text that claims to be binary is found by looking at it. */
enum part_text part_text_kind(const struct part *p);

/* Append a piece to a column, at most what MESSAGE_TEXT_MAX still allows the message. */
void text_add(struct message *m, enum text_field f, const char *p, size_t len);
/* Sort the lines of a part's text into TEXT_QUOTED, TEXT_BODY and what patches have. */
void text_add_lines(struct message *m, struct slice text);
size_t text_room(const struct message *m);

#endif

/* What the views of a message have in common.  Internal to message*. */
#ifndef MAIL_MESSAGE_VIEW_H
#define MAIL_MESSAGE_VIEW_H

#include "message.h"
#include "message_part.h"

struct view {
	struct buf *out;
	const struct view_opts *opts;
	struct buf scratch;
	bool cr; /* the text so far ends in "\r" */
	bool failed;
};

/* Nothing that a terminal would obey. */
void view_add(struct buf *out, struct slice text);
/* The same, a list of addresses folded like a header. */
void view_add_folded(struct buf *out, struct slice s);
int view_parts(struct view *v, struct part *top); /* texts, and notes of what is none; -ENOMEM */
int view_reply(struct view *v, struct part *top); /* -ENOMEM */

#endif

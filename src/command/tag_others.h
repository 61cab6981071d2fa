/* Messages to be tagged that are in externals alone: they are imported, so that their keywords and labels
 * have a place. */
#ifndef COMMAND_TAG_OTHERS_H
#define COMMAND_TAG_OTHERS_H

#include "edits.h"
#include "inputs.h"
#include "searched.h"

struct tag_others { /* zeroed but for the first three */
	struct cmd *c;
	const struct inputs *in; /* the marks */
	struct edits *edits;
	/* private */
	struct searched all;
	struct encoder *encoder;
	bool open;
	uint64_t found; /* imported, or nothing is to be set */
};

/* All below: 1 when an external has it, 0 when none, or -errno. */
int tag_others_message(struct tag_others *o, const struct message *m, const char *raw, size_t len,
                       struct err *e);
int tag_others_oid(struct tag_others *o, const char *hex, struct err *e);
int tag_others_mid(struct tag_others *o, const char *mid, struct err *e);
void tag_others_close(struct tag_others *o);

#endif

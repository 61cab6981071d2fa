/* Mending a store: what `lei fsck --repair` does with what was found. */
#ifndef COMMAND_REPAIR_H
#define COMMAND_REPAIR_H

#include "cmd.h"

#include "../store/fsck.h"

struct repair { /* zeroed before use, repair_done after */
	struct buf lost, orphans, renamed; /* blob ids, NUL-terminated; renamed: pairs */
	bool failed; /* out of memory */
};

void repair_note(struct repair *r, const struct damage *d);
/* Bytes first, from files that have them; then the index is made anew. */
int repair_run(struct cmd *c, const struct repair *r, const char *store_dir, struct err *e);
void repair_done(struct repair *r);

#endif

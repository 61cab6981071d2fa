/* Making the index anew: `lei reindex`, and what `lei fsck --repair` ends with. */
#ifndef COMMAND_REINDEXING_H
#define COMMAND_REINDEXING_H

#include "cmd.h"

struct edits;
struct reread;

/* 0 when the new one is in place.  `x` may have edits to be done first. */
int reindex_run(struct cmd *c, struct edits *x, struct reread *r, uint64_t *ret_messages,
                struct err *e);

#endif

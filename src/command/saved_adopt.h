/* Saved searches of the original: whoever changes over can go on with them.  They are only read. */
#ifndef COMMAND_SAVED_ADOPT_H
#define COMMAND_SAVED_ADOPT_H

#include "cmd.h"

/* Make the one with output `arg` one of ours, with what it has delivered.  -ENOENT: there is none. */
int saved_adopt(struct cmd *c, const char *arg, struct err *e);
/* A note when there are some that are not ours. */
void saved_tell_others(const struct cmd *c);

#endif

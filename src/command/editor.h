/* The user's editor on a file in git's config syntax. */
#ifndef COMMAND_EDITOR_H
#define COMMAND_EDITOR_H

#include "cmd.h"

/* Once; returns when it has ended, whatever became of the file.  The client runs it: it has the
 * terminal. */
int editor_run(const struct cmd *c, const char *path, struct err *e);
/* Can git read the file?  What is not there is empty. */
bool editor_left_valid(const char *path);

#endif

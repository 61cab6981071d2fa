/* A directory for as long as a command runs: whatever ends the worker, it goes. */
#ifndef COMMAND_SCRATCH_H
#define COMMAND_SCRATCH_H

#include "cmd.h"

#include "../base/buf.h"

#include <sys/types.h>

struct scratch {
	struct buf path; /* absolute, NUL-terminated; empty while there is none */
	int alive; /* while it is open the directory stays */
	pid_t keeper; /* who removes it then */
};

/* Make one in the client's TMPDIR. */
int scratch_open(const struct cmd *c, struct scratch *ret, struct err *e);
void scratch_close(struct scratch *s); /* of a zeroed one, too */

/* A file in it, whole.  `name` may have directories, which are made. */
int scratch_put(const struct scratch *s, const char *name, const char *data, size_t len,
                struct err *e);
/* Remove a file or directory below `path`, with what is in it. */
void remove_tree(const char *path);

#endif

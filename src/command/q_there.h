/* The mail that an output has already, whoever put it there. */
#ifndef COMMAND_Q_THERE_H
#define COMMAND_Q_THERE_H

#include "dest.h"

/* fn for each by its blob id, perhaps more than once; non-zero ends it and is returned.  Files of a Maildir
 * that are named after their blob are not read. */
int q_there(const struct dest *dest, int (*fn)(void *rock, const char *oid, struct err *e),
            void *rock, struct err *e);

#endif

/* What an external is, and whether it can be searched. */
#ifndef COMMAND_EXTERNAL_OPEN_H
#define COMMAND_EXTERNAL_OPEN_H

#include "../base/err.h"

struct store;

/* Open the store at `location`; `own` is the directory of ours (NULL: none).  The reason says what is
 * there instead and what to do; -ENOTSUP: it needs a network or the original. */
int external_open(const char *location, const char *own, struct store **ret, struct err *e);
/* Can it be opened now? */
int external_check(const char *location, struct err *e);

#endif

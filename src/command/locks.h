/* --lock: the locks of mailbox files that a command shall take. */
#ifndef COMMAND_LOCKS_H
#define COMMAND_LOCKS_H

#include "cmd.h"

#include "../mail/mbox_lock.h"

/* All that were given, in this order; without any the default. */
int locks_wanted(const struct invocation *inv, struct lock_plan *ret, struct err *e);

#endif

/* Commands: one table, one function per command. */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include "../base/err.h"
#include "../daemon/call.h"

#include <stdint.h>

extern const struct dispatcher command_dispatcher; /* what lei-daemon hands to the daemon */

#endif

/* Makes visible when libcyrus uses memory that was freed, without instrumenting it.
 *
 * Wait events and streams live in pages of their own.  A freed one cannot be touched unnoticed
 * until it is allocated again, which is as soon as in glibc: last freed, first used.  So what glibc
 * does to a program happens here too, but always, and with a line in the trace. */
#ifndef LIBCYRUS_GUARD_H
#define LIBCYRUS_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* A freed block was touched.  True: go on, as if it had not been noticed.  False: die of it. */
typedef bool guard_fn(void *block);

void guard_init(guard_fn *touched);
void guard_next(size_t size); /* the next malloc(size) gives a guarded block; 0: no longer */

#endif

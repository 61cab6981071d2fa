/* A copy of a store while it is in use. */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

struct err;

/* Make a store in directory `dest` that has what `dir` has at one moment; durable when it returns 0, and
 * until then not there, or what it was before.  Makes the directory (0700) when it is missing.
 * -EEXIST: there is a store, and not `force`; -EBUSY: another backup is on its way there, or somebody
 * uses the store that is there. */
int store_backup(const char *dir, const char *dest, bool force, uint64_t *ret_bytes, struct err *e);

#endif

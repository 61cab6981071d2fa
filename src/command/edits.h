/* A few edits (store/edit.h) from a command to the store's writer. */
#ifndef COMMAND_EDITS_H
#define COMMAND_EDITS_H

#include "cmd.h"

#include "../store/edit.h"
#include "../store/writer.h"

/* All of them together; durable when it returns 0.  Makes the store when there is none. */
int edits_send(const struct cmd *c, const char *store_dir, const struct edit *v, size_t n,
               struct store_counts *ret, struct err *e);

#endif

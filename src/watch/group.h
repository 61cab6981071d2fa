/* A group: all names of one mail (those with the same unique part), heard of or known, compared
 * with what is in cur/ and new/ now.  Each becomes at most one edit per batch, so what the store
 * says of a group is never older than what was done to it. */
#ifndef WATCH_GROUP_H
#define WATCH_GROUP_H

#include "desk.h"
#include "folder.h"

/* Edits go to the desk.  What is gone without a successor goes to f->suspects.  What cannot be read
 * is logged once and costs only itself. */
int group_settle(struct desk *d, struct folder *f, const struct folder_dirs *dirs,
                 const struct name *v, size_t n, struct err *e);

#endif

/* Forgetting folders while somebody may be watching them. */
#ifndef COMMAND_FORGET_H
#define COMMAND_FORGET_H

#include "cmd.h"

/* Forget what mail_sync knows about these folders; their messages stay.  Those that are not watched
 * by the config are not watched any more when it returns. */
int folders_forget(const struct cmd *c, const char *store_dir, const char *const *urls, size_t n,
                   struct err *e);

#endif

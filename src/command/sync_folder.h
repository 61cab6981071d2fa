/* A folder as mail_sync knows it, for commands that read or write it themselves. */
#ifndef COMMAND_SYNC_FOLDER_H
#define COMMAND_SYNC_FOLDER_H

#include "cmd.h"

#include "../store/lookup.h"
#include "../watch/watch.h"

/* `dir`: the store's.  1 with the numbers, 0 when it (or the store) is not known. */
int sync_folder_stat(const char *dir, const char *url, struct folder_stat *ret, struct err *e);
/* Note what others did to the files since the last look, and `take` what is new.  The store must
 * be there.  -EIO when a file could not be read. */
int sync_folder_scan(const struct cmd *c, const char *dir, const char *url, enum watch_take take,
                     struct err *e);

#endif

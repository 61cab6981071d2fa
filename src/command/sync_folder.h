/* A folder as mail_sync knows it, for commands that read or write it themselves. */
#ifndef COMMAND_SYNC_FOLDER_H
#define COMMAND_SYNC_FOLDER_H

#include "cmd.h"

#include "../store/lookup.h"

/* `dir`: the store's.  1 with the numbers, 0 when it (or the store) is not known. */
int sync_folder_stat(const char *dir, const char *url, struct folder_stat *ret, struct err *e);

#endif

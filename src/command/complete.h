/* Completion of folders, watches and labels, which takes a look at the store and the config. */
#ifndef COMMAND_COMPLETE_H
#define COMMAND_COMPLETE_H

#include "cmd.h"

/* May this `lei _complete` run inline? */
bool complete_is_inline(const struct invocation *inv);

/* Do the arguments of a command name folders, watches or saved searches? */
bool complete_names_folders(enum command_id id);

/* Do the arguments of a command, or the value of an option, name externals? */
bool complete_names_externals(enum command_id id);
bool complete_takes_externals(enum option_id id);

/* Offer those that may follow `id`; `cur` is what is typed so far.  What cannot be read is left out. */
void complete_folders(const struct cmd *c, enum command_id id, const char *cur,
                      void (*offer)(void *rock, const char *word), void *rock);

/* May `cur` be the beginning of an argument of this command that names a label? */
bool complete_names_labels(enum command_id id, const char *cur);
/* Offer the labels in use, each behind `before` and "L:". */
void complete_labels(const struct cmd *c, const char *before,
                     void (*offer)(void *rock, const char *word), void *rock);

#endif

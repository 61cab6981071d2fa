/* Several changes to lei's config file that come into being together or not at all.
 *
 * git locks a config file with FILE.lock, which it renames over FILE.  So do we, with all changes
 * made (by git itself) in it: others see what was before, or everything. */
#ifndef COMMAND_CONFIG_EDIT_H
#define COMMAND_CONFIG_EDIT_H

#include "cmd.h"

#include "../base/buf.h"

#include <signal.h>

struct config_edit {
	struct buf path, lock; /* the file behind all links; FILE.lock */
	int turn; /* ours among lei commands: the directory, locked */
	sigset_t signals; /* as they were */
};

/* Waits for other lei commands; -EEXIST when git itself, or a crash of it, holds the lock. */
int config_edit_begin(const struct cmd *c, struct config_edit *ed, struct err *e);
/* "SECTION.name": one value instead of whatever was there; one more; none. */
int config_edit_set(struct config_edit *ed, const char *section, const char *name,
                    const char *value, struct err *e);
int config_edit_add(struct config_edit *ed, const char *section, const char *name,
                    const char *value, struct err *e);
int config_edit_unset(struct config_edit *ed, const char *section, const char *name, struct err *e);
/* A whole section, which must be in this file. */
int config_edit_remove(struct config_edit *ed, const char *section, struct err *e);
/* Durable when it returns 0.  Either ends the edit. */
int config_edit_commit(struct config_edit *ed, struct err *e);
void config_edit_abort(struct config_edit *ed);

#endif

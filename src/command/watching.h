/* The watcher of a home: how it runs in the daemon's child, and how commands reach it. */
#ifndef COMMAND_WATCHING_H
#define COMMAND_WATCHING_H

#include "cmd.h"

#include "../watch/watch.h"

/* For struct dispatcher. */
bool watching_home(void *rock, const struct wire_request *req, struct buf *key);
int watching_run(void *rock, struct call *call, int door);

/* What watch_scan and its like need; `store_dir` and `c` stay the caller's. */
struct watching {
	struct watch_setup setup;
	const struct cmd *c;
};
void watching_init(struct watching *w, const struct cmd *c, const char *store_dir);

/* The config or the folders have changed; when it returns the watcher goes by what is there now.
 * What keeps it from catching up is no concern of the caller's. */
int watching_changed(const struct cmd *c, struct err *e);
/* Wait until everything that has happened in watched folders is in the store, and the other way
 * round. */
int watching_settle(const struct cmd *c, const char *store_dir, struct err *e);

#endif

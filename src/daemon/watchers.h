/* The watchers: one process per home, which keeps its Maildirs and its store in step.
 *
 * A home is known from the first request that comes from it, with the environment of that
 * request.  The watcher itself decides whether there is something to watch, and ends when there is
 * not; it is forked again when a command of that home says that something has changed, and, a
 * little later each time, when it has died. */
#ifndef DAEMON_WATCHERS_H
#define DAEMON_WATCHERS_H

#include "server.h"

enum {
	WATCHERS_MAX = 32
}; /* homes; beyond, the one that was longest without a process is forgotten */

struct watcher;
struct wire_request;

/* The home of a request, with a watcher if the dispatcher wants one; NULL for none.  The caller lets
 * go of it with watcher_release. */
struct watcher *watchers_take(struct server *srv, const struct wire_request *req);
void watcher_release(struct watcher *w); /* NULL is fine */

/* The configuration or the folders of this home have changed. */
int watcher_reload(struct watcher *w, struct err *e);
/* A connection for watch_barrier, starting the watcher if need be; never blocks. */
int watcher_connect(struct watcher *w, int *ret_conn, struct err *e);

void watchers_close(struct server *srv); /* shut all doors; each ends when it is done */
bool watchers_done(const struct server *srv); /* none is alive */
void watchers_free(struct server *srv);

#endif

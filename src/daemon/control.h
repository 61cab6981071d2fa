/* What a leader asks of the daemon, over the control socket between them:
 *
 *     "store DIR"    a connection to the writer of that store
 *     "watch"        a connection to the watcher of the client's home
 *     "reload"       tell that watcher that something has changed
 *     answer         "ok", with one descriptor where a connection was asked for, or "error TEXT"
 *
 * A watcher asks for its store in the same way. */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

#include <limits.h>

#define CONTROL_STORE "store "
#define CONTROL_WATCH "watch"
#define CONTROL_RELOAD "reload"
#define CONTROL_OK "ok"
#define CONTROL_ERROR "error "
enum { CONTROL_REQUEST_MAX = PATH_MAX + 16, CONTROL_ANSWER_MAX = 2048 };

struct server;
struct watcher;

/* In the daemon: receive one request and answer it, without blocking.  `w`: of the asker's home, or
 * NULL.  0, or -errno at the end of the conversation. */
int control_serve(struct server *srv, int sock, struct watcher *w);

#endif

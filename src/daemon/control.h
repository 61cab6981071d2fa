/* What a leader asks of the daemon, over the control socket between them:
 *
 *     request     "store DIR"
 *     answer      "ok" with one descriptor, or "error TEXT" */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

#include <limits.h>

#define CONTROL_STORE "store "
#define CONTROL_OK "ok"
#define CONTROL_ERROR "error "
enum { CONTROL_REQUEST_MAX = PATH_MAX + 16, CONTROL_ANSWER_MAX = 2048 };

struct server;

/* In the daemon: receive one request and answer it, without blocking.  0, or -errno at the end
 * of the conversation. */
int control_serve(struct server *srv, int sock);

#endif

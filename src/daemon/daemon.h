/* The daemon: listener, sessions, lifecycle, the registry of store writers. */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "call.h"

/* Limits; each is one number, here. */
enum {
	DAEMON_SILENT_GRACE_S = 60, /* a client that connects and says nothing */
	DAEMON_TERM_GRACE_S = 5, /* from TERM to KILL for workers whose client is gone */
	DAEMON_SESSIONS_MAX = 4096, /* at the limit we stop accepting, not living */
};

struct daemon_config {
	const char *socket_path; /* absolute or relative to the cwd at start; NULL: the default */
	bool foreground; /* stay in the foreground, log to stderr (for tests, supervisors) */
	struct dispatcher dispatcher;
	/* Smaller limits than those above, for tests; 0: those. */
	int silent_grace_s;
	size_t sessions_max;
};

/* Start, serve, drain; returns the exit status: 0, or 1 when commands in flight were killed because
 * a second TERM, INT or QUIT came while the first was waiting for them.  In the background (default) the calling
 * process returns 0 once the daemon listens, or when a live daemon serves already, and 1 with
 * the reason on stderr when it could not start. */
int daemon_main(const struct daemon_config *cfg);

#endif

/* One client: from accepted socket to x_it. */
#ifndef DAEMON_SESSION_H
#define DAEMON_SESSION_H

#include "server.h"

enum session_state {
	SESSION_READING, /* waiting for the request, at most DAEMON_SILENT_GRACE_S */
	SESSION_RUNNING, /* a leader works; control packets and hangup are watched */
	SESSION_FLUSHING, /* x_it does not fit into the socket yet */
};

enum { SESSION_STDIN, SESSION_STDOUT, SESSION_STDERR, SESSION_CWD };
enum { SESSION_NAME_MAX = 32 };

/* Wait statuses as x_it carries them. */
enum { STATUS_OK = 0, STATUS_FAILED = 1 << 8 };

struct session {
	struct server *srv;
	struct session *older, *newer;
	enum session_state state;
	int sock; /* blocking, since the leader shares it: we always say MSG_DONTWAIT */
	struct stream *stream; /* on sock; NULL until we have to wait */
	waitevent timeout; /* of the present state */
	int fds[WIRE_REQUEST_FDS]; /* the client's; -1 when given away */
	struct watcher *watcher; /* of the client's home, or NULL */
	char command[SESSION_NAME_MAX]; /* for messages; "" when unknown */
	bool raise_after; /* see struct call */
	int raise_signo;

	/* SESSION_RUNNING, see leader.c */
	pid_t leader;
	int control;
	struct stream *control_stream;
	bool told_term; /* the client asked for it */
	bool gone; /* the client hung up */
	const char *cut; /* why we killed the leader; a string literal */

	int status; /* SESSION_FLUSHING: the wait status to send */
};

/* Take a freshly accepted socket.  On failure it is closed and the client sees a hangup. */
void session_start(struct server *srv, int *sock);
void session_finish(struct session *s, int wait_status); /* send x_it, then end; s is gone */
void session_end(struct session *s); /* close without a word; s is gone */
/* Tell the client's stderr, or, when that cannot take it at once, the client itself. */
void session_complain(struct session *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Watch the socket from now on with fn (called with s); 0 or -errno. */
int session_watch(struct session *s, unsigned interest, stream_fn *fn);
void session_set_timeout(struct session *s, int seconds, waitevent_fn *fn);

void sessions_hurry(struct server *srv); /* draining: who has not asked yet must do so now */
void sessions_cut(struct server *srv); /* end all of them, telling their clients why */
void sessions_abandon(struct server *srv); /* likewise, without waiting for anything */
bool sessions_drop_silent(struct server *srv); /* make room; false if nobody deserves it */

/* ---- inline.c ---- */

/* Run the request in this process and finish the session. */
void inline_run(struct session *s, const struct wire_request *req);

/* ---- leader.c ---- */

/* Fork a leader (own process group, the client's descriptors as 0, 1, 2 and its working
 * directory) that exits with fn's return value.  The session is RUNNING afterwards, or
 * finished with an error. */
typedef int leader_fn(struct session *s, int control, void *rock);
void leader_start(struct session *s, leader_fn *fn, void *rock);
/* Kill the leader and its group; the session finishes with this reason once it is reaped. */
void leader_cut(struct session *s, const char *reason);
void leader_kill(struct session *s); /* and its group; nothing when there is none */

/* ---- child.c: in the leader's own process ---- */

/* Become the leader of s and exit with what fn returns; `daemon` is the parent's pid. */
_Noreturn void child_main(struct session *s, int control, pid_t daemon, leader_fn *fn, void *rock);
int child_command(struct session *s, int control, void *req); /* a leader_fn: run the command */

#endif

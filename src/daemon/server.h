/* The running daemon: one struct that every part of it shares, and the parts' entrances.
 *
 * listener -> session -> (inline | leader) -> session_finish -> server_session_ended.
 * All of it runs in one loop and never blocks. */
#ifndef DAEMON_SERVER_H
#define DAEMON_SERVER_H

#include "../event/event.h"
#include "daemon.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct err;
struct place;
struct session;
struct store_writer;
struct watcher;

enum server_phase {
	SERVER_SERVING,
	SERVER_DRAINING, /* no new clients; commands in flight finish */
	SERVER_CUTTING, /* told twice: commands in flight are killed, their clients told */
};

struct listener {
	int fd;
	struct stream *stream;
	waitevent resume; /* while accepting is paused */
	bool told_full; /* the log knows already */
};

struct socket_watch {
	dev_t dev; /* of our own socket */
	ino_t ino;
	int inotify;
	struct stream *stream;
	waitevent poll; /* only where inotify is not to be had */
};

struct server {
	struct dispatcher dispatcher;
	int silent_grace_s;
	const struct place *place;
	enum server_phase phase;
	bool cut_short; /* a command did not finish because of us */
	struct loop *loop;
	struct stream *timers; /* without descriptor: carries everybody's wait events */
	char *scratch; /* WIRE_REQUEST_MAX bytes to receive requests in; pages come and go */
	struct listener listener;
	struct socket_watch watch;
	struct session *oldest, *newest;
	size_t sessions, sessions_max;
	struct store_writer *writers; /* most recently used first */
	struct watcher *watchers; /* last met first */
};

int64_t server_in(const struct server *srv, int seconds); /* a mark that far from now */

/* ---- lifecycle.c ---- */

/* Serve at `place`, whose lock is held: listen, let go of the lock, call ready(rock), run until
 * drained.  Returns the exit status, or -errno with the reason when it could not start. */
int server_run(const struct daemon_config *cfg, const struct place *place,
               void (*ready)(void *rock), void *rock, struct err *e);
/* Stop accepting, finish what is in flight, then end.  `own_socket`: the path is still ours. */
void server_drain(struct server *srv, bool own_socket);
void server_session_ended(struct server *srv);
void server_writer_ended(struct server *srv);
void server_watcher_ended(struct server *srv);

/* ---- listener.c ---- */

int listener_open(struct server *srv, struct err *e);
void listener_resume(struct server *srv); /* a session ended: there may be room again */
void listener_close(struct server *srv, bool own_socket); /* takes in who is already waiting */

/* ---- socketwatch.c ---- */

/* Watch for the socket's path being removed, renamed or replaced; then drain. */
int socketwatch_open(struct server *srv, struct err *e);
void socketwatch_close(struct server *srv);
bool socketwatch_is_ours(const struct server *srv); /* is our socket still what the path names? */

#endif

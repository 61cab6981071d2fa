/* The daemon's life: serve, drain, end. */
#include "place.h"
#include "server.h"
#include "session.h"
#include "stores.h"
#include "watchers.h"

#include "../base/err.h"
#include "fds.h"
#include "log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int64_t server_in(const struct server *srv, int seconds)
{
	return loop_now(srv->loop) + seconds * EVENT_SECOND;
}

/* ---- the end ---- */

static void end_if_done(struct server *srv)
{
	if (srv->phase == SERVER_SERVING || srv->sessions > 0)
		return;
	watchers_close(srv);
	if (!watchers_done(srv)) /* they still have something for the store */
		return;
	stores_close(srv);
	if (!srv->writers)
		loop_stop(srv->loop);
}

void server_session_ended(struct server *srv)
{
	listener_resume(srv);
	end_if_done(srv);
}

void server_writer_ended(struct server *srv)
{
	end_if_done(srv);
}

void server_watcher_ended(struct server *srv)
{
	end_if_done(srv);
}

void server_drain(struct server *srv, bool own_socket)
{
	if (srv->phase != SERVER_SERVING)
		return;
	listener_close(srv, own_socket);
	socketwatch_close(srv);
	srv->phase = SERVER_DRAINING;
	sessions_hurry(srv);
	end_if_done(srv);
}

/* TERM, INT and QUIT: once, and commands in flight finish; twice, and they are killed; thrice,
 * and nothing is waited for. */
static void told_to_end(struct server *srv)
{
	switch (srv->phase) {
	case SERVER_SERVING:
		server_drain(srv, true);
		break;
	case SERVER_DRAINING:
		srv->phase = SERVER_CUTTING;
		sessions_cut(srv);
		end_if_done(srv);
		break;
	case SERVER_CUTTING:
		srv->cut_short = true;
		loop_stop(srv->loop);
		break;
	}
}

static void on_signal(int signo, void *rock)
{
	if (signo == SIGTERM || signo == SIGINT || signo == SIGQUIT)
		told_to_end(rock);
}

/* ---- the start ---- */

static int watch_signals(struct server *srv)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGCHLD);
	return loop_signals(srv->loop, &set, on_signal, srv);
}

static int server_init(struct server *srv, struct err *e)
{
	srv->listener.fd = srv->watch.inotify = -1;
	void *scratch = mmap(NULL, WIRE_REQUEST_MAX, PROT_READ | PROT_WRITE,
	                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (scratch == MAP_FAILED)
		return err_sys(e, errno, "cannot get memory");
	srv->scratch = scratch;
	srv->loop = loop_new(LOOP_MONOTONIC, NULL);
	if (!srv->loop)
		return err_sys(e, errno, "cannot make the event loop");
	srv->timers = stream_new(srv->loop, -1, 0, NULL, NULL);
	if (!srv->timers)
		return err_sys(e, errno, "cannot make the event loop");
	int rc = watch_signals(srv);
	if (rc < 0)
		return err_sys(e, -rc, "cannot watch signals");
	rc = listener_open(srv, e);
	return rc < 0 ? rc : socketwatch_open(srv, e);
}

static void server_done(struct server *srv)
{
	if (srv->loop) {
		sessions_abandon(srv);
		listener_close(srv, false);
		socketwatch_close(srv);
	}
	watchers_free(srv);
	stores_free(srv);
	loop_free(srv->loop);
	if (srv->scratch)
		munmap(srv->scratch, WIRE_REQUEST_MAX);
}

int server_run(const struct daemon_config *cfg, const struct place *place,
               void (*ready)(void *rock), void *rock, struct err *e)
{
	struct server srv = {
		.dispatcher = cfg->dispatcher,
		.silent_grace_s = cfg->silent_grace_s ? cfg->silent_grace_s : DAEMON_SILENT_GRACE_S,
		.sessions_max = cfg->sessions_max ? cfg->sessions_max : DAEMON_SESSIONS_MAX,
		.place = place
	};
	int rc = server_init(&srv, e);

	place_unlock(place);
	if (rc == 0) {
		ready(rock);
		rc = loop_run(srv.loop);
		if (rc < 0)
			log_line("the event loop failed: %s", strerror(-rc));
		rc = rc < 0 || srv.cut_short ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	server_done(&srv);
	return rc;
}

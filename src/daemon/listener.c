#include "fds.h"
#include "log.h"
#include "place.h"
#include "server.h"
#include "session.h"

#include "../base/err.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ACCEPT_PER_TURN = 64, /* then the others have their turn */
	RETRY_S = 1, /* when nobody's end could make room */
	/* Descriptors: a session holds its socket, its control socket and the client's stderr
	 * (and for a moment the rest of what it sent); the daemon itself needs some. */
	FDS_PER_SESSION = 3,
	FDS_RESERVED = 80,
};

static size_t affordable(size_t max)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return max;
	/* Where there are few, those of the daemon itself are few, too: it has no more clients. */
	size_t have = l.rlim_cur, reserved = have / 2 < FDS_RESERVED ? have / 2 : FDS_RESERVED;
	size_t fit = (have - reserved) / FDS_PER_SESSION;
	if (fit > max)
		fit = max;
	return fit ? fit : 1;
}

/* ---- pausing ---- */

void listener_resume(struct server *srv)
{
	struct listener *ls = &srv->listener;

	if (!ls->resume)
		return;
	waitevent_remove(srv->timers, ls->resume);
	ls->resume = WAITEVENT_NONE;
	stream_interest(ls->stream, STREAM_READ);
}

static waitevent on_retry(struct stream *timers, waitevent ev, void *rock)
{
	struct server *srv = rock;

	(void)timers;
	(void)ev;
	srv->listener.resume = WAITEVENT_NONE;
	stream_interest(srv->listener.stream, STREAM_READ);
	return WAITEVENT_NONE;
}

/* Clients wait in the backlog until a session ends, or for a second. */
static void pause_accepting(struct server *srv, const char *why)
{
	struct listener *ls = &srv->listener;

	if (!ls->stream || ls->resume)
		return;
	if (!ls->told_full)
		log_line("not accepting with %zu clients: %s", srv->sessions, why);
	ls->told_full = true;
	ls->resume = waitevent_add(srv->timers, server_in(srv, RETRY_S), on_retry, srv);
	if (ls->resume)
		stream_interest(ls->stream, 0);
}

/* ---- accepting ---- */

static bool is_allowed(int sock)
{
	pid_t pid;
	uid_t uid = 0;
	int rc = wire_peer(sock, &pid, &uid);

	if (rc == 0 && uid == geteuid())
		return true;
	if (rc < 0)
		log_line("refused a client: its uid is unknown: %s", strerror(-rc));
	else
		log_line("refused a client of uid %u", (unsigned)uid);
	return false;
}

/* False when there is nobody, or no room. */
static bool accept_one(struct server *srv)
{
	if (srv->sessions >= srv->sessions_max && !sessions_drop_silent(srv)) {
		pause_accepting(srv, "the limit is reached");
		return false;
	}
	int sock = accept4(srv->listener.fd, NULL, NULL, SOCK_CLOEXEC);
	if (sock < 0) {
		if (errno == EINTR || errno == ECONNABORTED)
			return true;
		if (errno == EAGAIN)
			return false;
		int errnum = errno;
		if (sessions_drop_silent(srv))
			return true;
		pause_accepting(srv, strerror(errnum));
		return false;
	}
	if (is_allowed(sock))
		session_start(srv, &sock);
	else
		close(sock);
	return true;
}

static void on_clients(struct stream *stream, unsigned ready, void *rock)
{
	struct server *srv = rock;

	(void)stream;
	(void)ready;
	for (int i = 0; i < ACCEPT_PER_TURN; i++)
		if (srv->listener.fd < 0 || !accept_one(srv))
			return;
}

/* ---- life ---- */

int listener_open(struct server *srv, struct err *e)
{
	const char *path = srv->place->socket;
	struct listener *ls = &srv->listener;
	int rc = wire_listen(path, SOMAXCONN, &ls->fd);

	if (rc < 0)
		return err_sys(e, -rc, "cannot listen at '%s'", path);
	srv->sessions_max = affordable(srv->sessions_max);
	ls->stream = stream_new(srv->loop, ls->fd, STREAM_READ, on_clients, srv);
	return ls->stream ? 0 : err_sys(e, errno, "cannot watch '%s'", path);
}

/* Nobody but us may be starting a daemon while the path is removed. */
static void unlink_own(struct server *srv)
{
	if (!place_trylock(srv->place))
		return; /* a socket without owner stays; whoever starts next replaces it */
	if (socketwatch_is_ours(srv))
		unlink(srv->place->socket);
	place_unlock(srv->place);
}

void listener_close(struct server *srv, bool own_socket)
{
	struct listener *ls = &srv->listener;

	if (ls->fd < 0)
		return;
	waitevent_remove(srv->timers, ls->resume);
	ls->resume = WAITEVENT_NONE;
	stream_free(ls->stream);
	ls->stream = NULL;
	if (own_socket)
		unlink_own(srv);
	while (accept_one(srv))
		continue;
	fd_close(&ls->fd);
}

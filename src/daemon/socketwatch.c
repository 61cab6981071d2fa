/* Removing or replacing the socket ends the daemon.  inotify only says "look again": what
 * counts is whether the path still names our socket. */
#include "fds.h"
#include "log.h"
#include "place.h"
#include "server.h"

#include "../base/err.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum { POLL_S = 2, EVENTS_BYTES = 4096 };

bool socketwatch_is_ours(const struct server *srv)
{
	struct stat st;

	return lstat(srv->place->socket, &st) == 0 && st.st_dev == srv->watch.dev &&
	       st.st_ino == srv->watch.ino;
}

static void look(struct server *srv)
{
	if (srv->phase != SERVER_SERVING || socketwatch_is_ours(srv))
		return;
	log_line("%s was removed or replaced: ending", srv->place->socket);
	server_drain(srv, false);
}

static void on_inotify(struct stream *stream, unsigned ready, void *rock)
{
	struct server *srv = rock;
	char events[EVENTS_BYTES] __attribute__((aligned(__alignof__(struct inotify_event))));

	(void)stream;
	(void)ready;
	/* One read per turn; what is left makes the descriptor ready again. */
	if (read(srv->watch.inotify, events, sizeof(events)) > 0)
		look(srv);
}

static waitevent on_poll(struct stream *timers, waitevent ev, void *rock)
{
	struct server *srv = rock;

	look(srv);
	if (srv->phase != SERVER_SERVING)
		return WAITEVENT_NONE; /* socketwatch_close has removed it already */
	waitevent_set_mark(timers, ev, server_in(srv, POLL_S));
	return ev;
}

/* The directory, and the way to it: any of them may be moved or removed. */
static int watch_directories(int inotify, const char *socket_path)
{
	const uint32_t self = IN_DELETE_SELF | IN_MOVE_SELF;
	const uint32_t inside = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB;
	char dir[PATH_MAX];
	size_t len = (size_t)(strrchr(socket_path, '/') - socket_path);

	if (len >= sizeof(dir))
		return -ENAMETOOLONG;
	memcpy(dir, socket_path, len);
	dir[len] = '\0';
	if (inotify_add_watch(inotify, dir, self | inside) < 0)
		return -errno;
	for (char *slash; (slash = strrchr(dir, '/')) && slash != dir;) {
		*slash = '\0';
		inotify_add_watch(inotify, dir, self); /* best effort: may not be readable */
	}
	return 0;
}

static int use_inotify(struct server *srv)
{
	struct socket_watch *w = &srv->watch;

	w->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->inotify < 0)
		return -errno;
	int rc = watch_directories(w->inotify, srv->place->socket);
	if (rc == 0) {
		w->stream = stream_new(srv->loop, w->inotify, STREAM_READ, on_inotify, srv);
		rc = w->stream ? 0 : -errno;
	}
	if (rc < 0)
		fd_close(&w->inotify);
	return rc;
}

int socketwatch_open(struct server *srv, struct err *e)
{
	struct stat st;

	if (lstat(srv->place->socket, &st) < 0)
		return err_sys(e, errno, "cannot look at '%s'", srv->place->socket);
	srv->watch.dev = st.st_dev;
	srv->watch.ino = st.st_ino;
	int rc = use_inotify(srv);
	if (!socketwatch_is_ours(srv)) /* gone before anything watched */
		return err_set(e, -ESTALE, "'%s' was removed or replaced", srv->place->socket);
	if (rc == 0)
		return 0;
	log_line("no inotify (%s): looking every %d s", strerror(-rc), POLL_S);
	srv->watch.poll = waitevent_add(srv->timers, server_in(srv, POLL_S), on_poll, srv);
	return srv->watch.poll ? 0 : err_sys(e, ENOMEM, "cannot watch '%s'", srv->place->socket);
}

void socketwatch_close(struct server *srv)
{
	struct socket_watch *w = &srv->watch;

	waitevent_remove(srv->timers, w->poll);
	w->poll = WAITEVENT_NONE;
	stream_free(w->stream);
	w->stream = NULL;
	fd_close(&w->inotify);
}

#include "session.h"

#include "fds.h"
#include "output.h"
#include "watchers.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	COMPLAINT_MAX = 1024,
	HURRY_S = 1, /* a request on its way when the drain begins has this long */
	SILENT_MIN_S = 1, /* nobody is dropped sooner to make room for another */
	SCRATCH_KEEP = 64 << 10, /* resident bytes of the scratch buffer between requests */
};

/* ---- life ---- */

static struct session *session_new(struct server *srv, int *sock)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->srv = srv;
	s->sock = *sock;
	*sock = -1;
	s->control = -1;
	for (size_t i = 0; i < WIRE_REQUEST_FDS; i++)
		s->fds[i] = -1;
	s->older = srv->newest;
	if (s->older)
		s->older->newer = s;
	else
		srv->oldest = s;
	srv->newest = s;
	srv->sessions++;
	return s;
}

static void unlink_session(struct session *s)
{
	struct server *srv = s->srv;

	if (s->older)
		s->older->newer = s->newer;
	else
		srv->oldest = s->newer;
	if (s->newer)
		s->newer->older = s->older;
	else
		srv->newest = s->older;
	srv->sessions--;
}

/* Closing a socket with unread data would make the client's next receive fail with ECONNRESET
 * although x_it is waiting for it. */
static void close_quietly(int *sock)
{
	char byte;

	shutdown(*sock, SHUT_RD);
	while (recv(*sock, &byte, sizeof(byte), MSG_DONTWAIT) > 0)
		continue;
	fd_close(sock);
}

static void close_client_fds(struct session *s)
{
	for (size_t i = 0; i < WIRE_REQUEST_FDS; i++)
		fd_close(&s->fds[i]);
}

static void clear_timeout(struct session *s)
{
	waitevent_remove(s->srv->timers, s->timeout);
	s->timeout = WAITEVENT_NONE;
}

void session_end(struct session *s)
{
	struct server *srv = s->srv;
	int signo = s->raise_after ? s->raise_signo : -1;

	stream_free(s->stream);
	stream_free(s->control_stream);
	clear_timeout(s);
	close_client_fds(s);
	fd_close(&s->control);
	close_quietly(&s->sock);
	watcher_release(s->watcher);
	unlink_session(s);
	free(s);
	if (signo >= 0)
		kill(getpid(), signo);
	server_session_ended(srv);
}

int session_watch(struct session *s, unsigned interest, stream_fn *fn)
{
	stream_free(s->stream);
	s->stream = stream_new(s->srv->loop, s->sock, interest, fn, s);
	return s->stream ? 0 : -errno;
}

void session_set_timeout(struct session *s, int seconds, waitevent_fn *fn)
{
	clear_timeout(s);
	/* Without memory there is no timeout; the client's hangup still ends the session. */
	s->timeout = waitevent_add(s->srv->timers, server_in(s->srv, seconds), fn, s);
}

/* ---- the end: x_it ---- */

static waitevent give_up(struct stream *timers, waitevent ev, void *rock)
{
	struct session *s = rock;

	(void)timers;
	(void)ev;
	s->timeout = WAITEVENT_NONE;
	session_end(s);
	return WAITEVENT_NONE;
}

static void on_writable(struct stream *stream, unsigned ready, void *rock)
{
	struct session *s = rock;

	(void)stream;
	if (ready & STREAM_HANGUP || wire_send_x_it(s->sock, s->status, MSG_DONTWAIT) != -EAGAIN)
		session_end(s);
}

void session_finish(struct session *s, int wait_status)
{
	close_client_fds(s); /* who reads the client's stderr sees its end before x_it */
	if (wire_send_x_it(s->sock, wait_status, MSG_DONTWAIT) != -EAGAIN ||
	    s->srv->phase == SERVER_CUTTING) {
		session_end(s);
		return;
	}
	s->state = SESSION_FLUSHING;
	s->status = wait_status;
	session_set_timeout(s, s->srv->silent_grace_s, give_up);
	if (session_watch(s, STREAM_WRITE, on_writable) < 0)
		session_end(s);
}

void session_complain(struct session *s, const char *fmt, ...)
{
	char text[COMPLAINT_MAX];
	va_list ap;

	size_t n = (size_t)snprintf(text, sizeof(text), "lei: %s%s", s->command,
	                            *s->command ? ": " : "");
	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - n - 1, fmt, ap);
	va_end(ap);
	n = strlen(text);
	text[n++] = '\n';
	if (s->fds[SESSION_STDERR] < 0 || output_try(s->fds[SESSION_STDERR], text, n) != (ssize_t)n)
		wire_send(s->sock, text, n, NULL, 0, MSG_DONTWAIT);
}

/* ---- the request ---- */

static void name_command(struct session *s, const struct wire_request *req)
{
	const char *name = req->argc ? req->argv[0] : "";
	size_t len = strlen(name);

	if (*name == '-' || len >= sizeof(s->command))
		return;
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return;
	memcpy(s->command, name, len + 1);
}

static void dispatch(struct session *s, struct wire_request *req)
{
	const struct dispatcher *d = &s->srv->dispatcher;

	name_command(s, req);
	s->watcher = watchers_take(s->srv, req);
	if (d->runs_inline(d->rock, req))
		inline_run(s, req);
	else
		leader_start(s, child_command, req);
}

static void refuse(struct session *s, const char *why)
{
	session_complain(s, "%s", why);
	session_finish(s, STATUS_FAILED);
}

static bool is_directory(int fd)
{
	mode_t type;
	dev_t rdev;

	return fd_type(fd, &type, &rdev) == 0 && S_ISDIR(type);
}

static void take_request(struct session *s, struct wire_packet *p)
{
	struct wire_request req = { 0 };
	size_t got = p->nfds + p->extra;

	if (p->len == 0 && got == 0) { /* or the client hung up: then nobody hears it */
		refuse(s, wire_fault_text(WIRE_EMPTY));
		return;
	}
	if (got != WIRE_REQUEST_FDS) {
		wire_packet_close(p);
		session_complain(s, "the request came with %zu descriptors instead of %d", got,
		                 WIRE_REQUEST_FDS);
		session_finish(s, STATUS_FAILED);
		return;
	}
	memcpy(s->fds, p->fds, sizeof(s->fds));
	p->nfds = 0;
	enum wire_fault fault = wire_request_parse(p->data, p->len, &req);
	if (fault != WIRE_OK)
		refuse(s, wire_fault_text(fault));
	else if (!is_directory(s->fds[SESSION_CWD]))
		refuse(s, "the working directory is not a directory");
	else
		dispatch(s, &req);
	wire_request_free(&req);
}

/* True when the request, or the end, has come; s may be gone then. */
static bool try_receive(struct session *s)
{
	char *scratch = s->srv->scratch;
	struct wire_packet p = { .data = scratch, .cap = WIRE_REQUEST_MAX };
	int rc = wire_recv(s->sock, &p, MSG_DONTWAIT);

	if (rc == -EAGAIN || rc == -EINTR)
		return false;
	size_t used = p.len;
	if (rc == -EMSGSIZE) {
		used = WIRE_REQUEST_MAX;
		refuse(s, "the request was cut: it is too long, or descriptors ran out");
	} else if (rc < 0) {
		session_end(s);
	} else {
		take_request(s, &p);
	}
	if (used > SCRATCH_KEEP)
		madvise(scratch + SCRATCH_KEEP, WIRE_REQUEST_MAX - SCRATCH_KEEP, MADV_DONTNEED);
	return true;
}

static void on_readable(struct stream *stream, unsigned ready, void *rock)
{
	struct session *s = rock;

	(void)stream;
	if (!try_receive(s) && (ready & STREAM_HANGUP))
		session_end(s);
}

static waitevent on_silence(struct stream *timers, waitevent ev, void *rock)
{
	struct session *s = rock;

	(void)timers;
	(void)ev;
	s->timeout = WAITEVENT_NONE;
	refuse(s, "timed out waiting for the request");
	return WAITEVENT_NONE;
}

void session_start(struct server *srv, int *sock)
{
	struct session *s = session_new(srv, sock);

	if (!s) {
		fd_close(sock);
		return;
	}
	/* Most clients have sent by now: they cost no registration and no timer. */
	if (try_receive(s))
		return;
	session_set_timeout(s, s->srv->silent_grace_s, on_silence);
	if (session_watch(s, STREAM_READ, on_readable) < 0)
		refuse(s, "out of memory");
}

/* ---- all of them ---- */

void sessions_hurry(struct server *srv)
{
	for (struct session *s = srv->oldest; s; s = s->newer)
		if (s->state == SESSION_READING)
			session_set_timeout(s, HURRY_S, on_silence);
}

void sessions_cut(struct server *srv)
{
	static const char reason[] = "stopped: the daemon was told to end at once";

	for (struct session *s = srv->oldest, *next; s; s = next) {
		next = s->newer;
		if (s->state == SESSION_READING)
			refuse(s, reason);
		else if (s->state == SESSION_RUNNING)
			leader_cut(s, reason);
		else
			session_end(s);
	}
}

void sessions_abandon(struct server *srv)
{
	for (struct session *s = srv->oldest, *next; s; s = next) {
		next = s->newer;
		leader_kill(s);
		session_complain(s, "the daemon has ended");
		wire_send_x_it(s->sock, STATUS_FAILED, MSG_DONTWAIT);
		session_end(s);
	}
}

bool sessions_drop_silent(struct server *srv)
{
	int64_t latest = server_in(srv, srv->silent_grace_s - SILENT_MIN_S);

	for (struct session *s = srv->oldest; s; s = s->newer) {
		if (s->state != SESSION_READING || !s->timeout ||
		    waitevent_mark(s->srv->timers, s->timeout) > latest)
			continue;
		refuse(s, "too many clients, and this one has not sent its request");
		return true;
	}
	return false;
}

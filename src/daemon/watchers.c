#include "watchers.h"

#include "../base/buf.h"
#include "../base/err.h"
#include "../wire/wire.h"
#include "../worker/pool.h"
#include "call.h"
#include "control.h"
#include "fds.h"
#include "log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RETRY_FIRST_S = 1, RETRY_LAST_S = 64 };
#define MESSAGE_RELOAD "reload"
#define MESSAGE_CLIENT "client"

struct watcher {
	struct server *srv;
	struct watcher *next;
	char *key; /* owned: what tells homes apart */
	char **envp; /* owned, in one piece: the home's environment */
	unsigned users; /* sessions */
	pid_t pid; /* 0: no process */
	int door; /* to the process; -1 once shut */
	int control; /* from it */
	struct stream *control_stream;
	bool kicked; /* told something that a process which is just leaving might not have read */
	waitevent retry; /* after a death */
	int retry_s;
	int64_t settled; /* once it has lived until then, its next death is the first */
};

/* ---- one home ---- */

static void drop(struct watcher *w)
{
	struct watcher **at = &w->srv->watchers;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	waitevent_remove(w->srv->timers, w->retry);
	stream_free(w->control_stream);
	fd_close(&w->control);
	fd_close(&w->door);
	free(w->envp);
	free(w->key);
	free(w);
}

/* The strings behind their array, so that one free ends both. */
static char **copy_env(char *const *envp)
{
	size_t n = 0, bytes = 0;

	for (; envp[n]; n++)
		bytes += strlen(envp[n]) + 1;
	char **copy = malloc((n + 1) * sizeof(*copy) + bytes);
	if (!copy)
		return NULL;
	char *at = (char *)(copy + n + 1);
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(envp[i]) + 1;
		copy[i] = memcpy(at, envp[i], len);
		at += len;
	}
	copy[n] = NULL;
	return copy;
}

static struct watcher *new_watcher(struct server *srv, const char *key, char *const *envp)
{
	struct watcher *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	*w = (struct watcher){ .srv = srv,
		               .next = srv->watchers,
		               .key = strdup(key),
		               .envp = copy_env(envp),
		               .door = -1,
		               .control = -1,
		               .retry_s = RETRY_FIRST_S };
	srv->watchers = w;
	if (w->key && w->envp)
		return w;
	drop(w);
	return NULL;
}

/* ---- the watcher's process ---- */

static _Noreturn void watcher_main(struct watcher *w, int door, int control, pid_t daemon)
{
	const struct dispatcher *d = &w->srv->dispatcher;
	int keep[] = { door, control };
	struct wire_request req = { .envp = w->envp };
	struct call c = {
		.req = &req, .out = stderr, .err = stderr, .client = -1, .control = control
	};

	while (w->envp[req.envc])
		req.envc++;
	loop_after_fork(w->srv->loop);
	worker_reset(daemon);
	prctl(PR_SET_PDEATHSIG, 0); /* it ends with its door, having finished what it began */
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NAME, "lei-watch");
	setpgid(0, 0);
	if (fds_close_except(keep, sizeof(keep) / sizeof(keep[0])) < 0)
		_exit(EXIT_FAILURE);
	environ = w->envp;
	_exit(d->watch(d->rock, &c, door) & 0xff);
}

/* ---- the daemon's side ---- */

static void on_control(struct stream *stream, unsigned ready, void *rock)
{
	struct watcher *w = rock;

	(void)stream;
	(void)ready;
	if (control_serve(w->srv, w->control, NULL) == 0)
		return;
	stream_free(w->control_stream);
	w->control_stream = NULL;
	fd_close(&w->control);
}

static int start(struct watcher *w, struct err *e);

static waitevent on_retry(struct stream *timers, waitevent ev, void *rock)
{
	struct watcher *w = rock;
	struct err e = { .text = "" };

	(void)timers;
	(void)ev;
	w->retry = WAITEVENT_NONE;
	if (w->pid == 0 && start(w, &e) < 0)
		log_line("%s", e.text);
	return WAITEVENT_NONE;
}

static void retry_later(struct watcher *w)
{
	if (w->retry)
		return;
	w->retry = waitevent_add(w->srv->timers, server_in(w->srv, w->retry_s), on_retry, w);
	w->retry_s = w->retry_s < RETRY_LAST_S ? 2 * w->retry_s : RETRY_LAST_S;
}

/* Status 0: nothing to watch, or it was told to end. */
static void on_ended(pid_t pid, int wait_status, void *rock)
{
	struct watcher *w = rock;
	struct err e = { .text = "" };

	w->pid = 0;
	stream_free(w->control_stream);
	w->control_stream = NULL;
	fd_close(&w->control);
	fd_close(&w->door);
	if (w->srv->phase != SERVER_SERVING) {
		server_watcher_ended(w->srv);
	} else if (wait_status != 0) {
		if (loop_now(w->srv->loop) >= w->settled)
			w->retry_s = RETRY_FIRST_S;
		log_line("the watcher of %s, process %ld, ended (%s %d); trying again in %d s",
		         w->key, (long)pid, WIFSIGNALED(wait_status) ? "signal" : "status",
		         WIFSIGNALED(wait_status) ? WTERMSIG(wait_status)
		                                  : WEXITSTATUS(wait_status),
		         w->retry_s);
		retry_later(w);
	} else if (w->kicked && start(w, &e) < 0) {
		log_line("%s", e.text);
	}
}

static int attend(struct watcher *w, pid_t pid)
{
	w->control_stream = stream_new(w->srv->loop, w->control, STREAM_READ, on_control, w);
	return w->control_stream ? loop_child(w->srv->loop, pid, on_ended, w) : -errno;
}

static int fork_watcher(struct watcher *w, const int door[2], const int control[2])
{
	pid_t daemon = getpid();
	pid_t pid = fork();

	if (pid == 0) {
		close(door[0]);
		close(control[0]);
		watcher_main(w, door[1], control[1], daemon);
	}
	int rc = pid < 0 ? -errno : 0;
	close(door[1]);
	close(control[1]);
	w->door = door[0];
	w->control = control[0];
	if (rc == 0 && (rc = attend(w, pid)) < 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	if (rc == 0) {
		w->pid = pid;
		w->settled = server_in(w->srv, RETRY_LAST_S);
	}
	return rc;
}

static int start(struct watcher *w, struct err *e)
{
	int door[2], control[2];

	w->kicked = false;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, door) < 0)
		return err_sys(e, errno, "cannot make a socket for a watcher");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) < 0) {
		int errnum = errno;
		close(door[0]);
		close(door[1]);
		return err_sys(e, errnum, "cannot make a socket for a watcher");
	}
	int rc = fork_watcher(w, door, control);
	if (rc == 0)
		return 0;
	stream_free(w->control_stream);
	w->control_stream = NULL;
	fd_close(&w->control);
	fd_close(&w->door);
	return err_sys(e, -rc, "cannot start a watcher");
}

/* Tell the process, which is started first if there is none. */
static int tell(struct watcher *w, const char *message, int fd, struct err *e)
{
	int rc = w->pid ? 0 : start(w, e);

	if (rc < 0)
		return rc;
	w->kicked = true;
	rc = wire_send(w->door, message, strlen(message), &fd, fd < 0 ? 0 : 1, MSG_DONTWAIT);
	/* It is leaving, or has so much to do that one reload more makes no difference. */
	if (rc == -EPIPE || rc == -ECONNRESET || (rc == -EAGAIN && fd < 0))
		rc = 0;
	return rc < 0 ? err_sys(e, -rc, "cannot reach the watcher") : 0;
}

int watcher_reload(struct watcher *w, struct err *e)
{
	return tell(w, MESSAGE_RELOAD, -1, e);
}

int watcher_connect(struct watcher *w, int *ret_conn, struct err *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, errno, "cannot make a socket for the watcher");
	int rc = tell(w, MESSAGE_CLIENT, pair[1], e);
	close(pair[1]);
	if (rc < 0)
		close(pair[0]);
	else
		*ret_conn = pair[0];
	return rc;
}

/* ---- all homes ---- */

/* Room for one more: the oldest without process and users goes. */
static void make_room(struct server *srv)
{
	struct watcher *oldest = NULL;
	int n = 0;

	for (struct watcher *w = srv->watchers; w; w = w->next) {
		n++;
		if (w->pid == 0 && w->users == 0)
			oldest = w;
	}
	if (n >= WATCHERS_MAX && oldest)
		drop(oldest);
}

static struct watcher *find(struct server *srv, const char *key)
{
	struct watcher *w = srv->watchers;

	while (w && strcmp(w->key, key) != 0)
		w = w->next;
	return w;
}

static struct watcher *first_meeting(struct server *srv, const char *key, char *const *envp)
{
	struct err e = { .text = "" };

	make_room(srv);
	struct watcher *w = new_watcher(srv, key, envp);
	if (w && start(w, &e) < 0) {
		log_line("%s", e.text);
		retry_later(w);
	}
	return w;
}

struct watcher *watchers_take(struct server *srv, const struct wire_request *req)
{
	const struct dispatcher *d = &srv->dispatcher;
	struct buf key = { 0 };
	struct watcher *w = NULL;

	if (srv->phase == SERVER_SERVING && d->home && d->home(d->rock, req, &key) &&
	    buf_ok(&key)) {
		w = find(srv, buf_cstr(&key));
		if (!w)
			w = first_meeting(srv, buf_cstr(&key), req->envp);
		if (w)
			w->users++;
	}
	buf_free(&key);
	return w;
}

void watcher_release(struct watcher *w)
{
	if (w)
		w->users--;
}

void watchers_close(struct server *srv)
{
	for (struct watcher *w = srv->watchers; w; w = w->next) {
		waitevent_remove(srv->timers, w->retry);
		w->retry = WAITEVENT_NONE;
		fd_close(&w->door);
	}
}

bool watchers_done(const struct server *srv)
{
	for (const struct watcher *w = srv->watchers; w; w = w->next)
		if (w->pid)
			return false;
	return true;
}

void watchers_free(struct server *srv)
{
	for (struct watcher *w = srv->watchers, *next; w; w = next) {
		next = w->next;
		drop(w);
	}
}

#include "stores.h"

#include "../base/err.h"
#include "../store/writer.h"
#include "../worker/pool.h"
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

struct store_writer {
	struct server *srv;
	struct store_writer *next;
	char *dir; /* owned */
	int door; /* -1 once shut: it is to end, or has */
	pid_t pid;
};

static void drop_writer(struct store_writer *w)
{
	struct store_writer **at = &w->srv->writers;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	fd_close(&w->door);
	free(w->dir);
	free(w);
}

/* ---- the writer's process ---- */

/* It ends when its door shuts, not before: a signal meant for the daemon must not cost the
 * commands in flight their store.  The same goes for the daemon's death. */
static void ignore_signals(void)
{
	static const int ignored[] = { SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGPIPE };

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_PDEATHSIG, 0);
}

static _Noreturn void writer_main(struct server *srv, const char *dir, int door, pid_t daemon)
{
	int keep[] = { door };

	loop_after_fork(srv->loop);
	worker_reset(daemon);
	ignore_signals();
	prctl(PR_SET_NAME, "lei-store");
	if (fds_close_except(keep, 1) < 0)
		_exit(EXIT_FAILURE);
	_exit(store_serve(dir, door) & 0xff);
}

/* ---- the daemon's side ---- */

static void on_writer_ended(pid_t pid, int wait_status, void *rock)
{
	struct store_writer *w = rock;
	struct server *srv = w->srv;

	if (WIFSIGNALED(wait_status))
		log_line("the writer of %s, process %ld, died of signal %d (%s)", w->dir, (long)pid,
		         WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)));
	else if (WEXITSTATUS(wait_status) != 0)
		log_line("the writer of %s, process %ld, exited with status %d", w->dir, (long)pid,
		         WEXITSTATUS(wait_status));
	drop_writer(w);
	server_writer_ended(srv);
}

/* First in the list; without a process yet. */
static struct store_writer *new_writer(struct server *srv, const char *dir)
{
	struct store_writer *w = calloc(1, sizeof(*w));
	char *copy = strdup(dir);

	if (!w || !copy) {
		free(w);
		free(copy);
		return NULL;
	}
	*w = (struct store_writer){ .srv = srv, .next = srv->writers, .dir = copy, .door = -1 };
	srv->writers = w;
	return w;
}

static int fork_writer(struct store_writer *w, struct err *e)
{
	int pair[2];
	pid_t daemon = getpid();

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, errno, "cannot make a socket for the writer of %s", w->dir);
	pid_t pid = fork();
	if (pid == 0)
		writer_main(w->srv, w->dir, pair[1], daemon);
	int rc = pid < 0 ? -errno : loop_child(w->srv->loop, pid, on_writer_ended, w);
	close(pair[1]);
	w->door = pair[0];
	w->pid = pid;
	if (rc < 0 && pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return rc < 0 ? err_sys(e, -rc, "cannot start the writer of %s", w->dir) : 0;
}

static int start_writer(struct server *srv, const char *dir, struct err *e)
{
	struct store_writer *w = new_writer(srv, dir);

	if (!w)
		return err_sys(e, ENOMEM, "cannot start the writer of %s", dir);
	int rc = fork_writer(w, e);
	if (rc < 0)
		drop_writer(w);
	return rc;
}

/* Move the open writer of dir to the front; false if there is none. */
static bool find_writer(struct server *srv, const char *dir)
{
	for (struct store_writer **at = &srv->writers; *at; at = &(*at)->next) {
		struct store_writer *w = *at;
		if (w->door < 0 || strcmp(w->dir, dir) != 0)
			continue;
		*at = w->next;
		w->next = srv->writers;
		srv->writers = w;
		return true;
	}
	return false;
}

static void shut_unused(struct server *srv)
{
	int open = 0;

	for (struct store_writer *w = srv->writers; w; w = w->next)
		if (w->door >= 0 && ++open > STORES_MAX)
			fd_close(&w->door);
}

int stores_connect(struct server *srv, const char *dir, int *ret_conn, struct err *e)
{
	int rc = -EPIPE;

	if (find_writer(srv, dir))
		rc = store_connect(srv->writers->door, ret_conn, e);
	if (rc != -EPIPE)
		return rc;
	/* None, or it has died: it will be reaped in its own time. */
	if (srv->writers && srv->writers->door >= 0 && strcmp(srv->writers->dir, dir) == 0)
		fd_close(&srv->writers->door);
	rc = start_writer(srv, dir, e);
	if (rc < 0)
		return rc;
	shut_unused(srv);
	return store_connect(srv->writers->door, ret_conn, e);
}

void stores_close(struct server *srv)
{
	for (struct store_writer *w = srv->writers; w; w = w->next)
		fd_close(&w->door);
}

void stores_free(struct server *srv)
{
	for (struct store_writer *w = srv->writers, *next; w; w = next) {
		next = w->next;
		drop_writer(w);
	}
}

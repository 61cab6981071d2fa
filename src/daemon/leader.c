/* The daemon's side of a command that runs in a worker: the leader of a process group. */
#include "control.h"
#include "fds.h"
#include "log.h"
#include "session.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONTROL_PER_TURN = 16, CONTROL_BYTES = 64 };

/* ---- telling the group ---- */

static void signal_group(const struct session *s, int signo)
{
	if (s->leader > 0)
		killpg(s->leader, signo);
}

static waitevent on_grace_over(struct stream *timers, waitevent ev, void *rock)
{
	struct session *s = rock;

	(void)timers;
	(void)ev;
	s->timeout = WAITEVENT_NONE;
	signal_group(s, SIGKILL);
	return WAITEVENT_NONE;
}

/* TERM, also for the stopped; those who do not obey are killed when the grace is over. */
static void ask_to_end(struct session *s)
{
	signal_group(s, SIGTERM);
	signal_group(s, SIGCONT);
	if (!s->timeout)
		session_set_timeout(s, DAEMON_TERM_GRACE_S, on_grace_over);
}

void leader_kill(struct session *s)
{
	signal_group(s, SIGKILL);
}

void leader_cut(struct session *s, const char *reason)
{
	if (!s->cut)
		s->cut = reason;
	s->srv->cut_short = true;
	leader_kill(s);
}

/* ---- the client while its command runs ---- */

static void client_gone(struct session *s)
{
	s->gone = true;
	stream_free(s->stream);
	s->stream = NULL;
	ask_to_end(s);
}

static void do_control(struct session *s, const char *data, size_t len)
{
	mode_t mask;

	switch (wire_control_parse(data, len, &mask)) {
	case WIRE_STOP:
		signal_group(s, SIGSTOP);
		break;
	case WIRE_CONT:
		signal_group(s, SIGCONT);
		break;
	case WIRE_TERM:
		s->told_term = true;
		ask_to_end(s);
		break;
	case WIRE_UMASK_IS: /* nobody asked */
	case WIRE_CONTROL_UNKNOWN:
		if (!s->cut)
			s->cut =
			    "stopped: the client sent something that is not STOP, CONT or TERM";
		leader_kill(s);
		break;
	}
}

static void on_client(struct stream *stream, unsigned ready, void *rock)
{
	struct session *s = rock;
	char buf[CONTROL_BYTES];

	(void)stream;
	for (int i = 0; i < CONTROL_PER_TURN && s->stream; i++) {
		/* Without control data the kernel drops descriptors that come along. */
		ssize_t n = recv(s->sock, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC);
		if (n > 0)
			do_control(s, buf, (size_t)n < sizeof(buf) ? (size_t)n : sizeof(buf));
		else if (n < 0 && errno == EAGAIN && !(ready & STREAM_HANGUP))
			break;
		else if (n == 0 || errno != EINTR)
			client_gone(s);
	}
}

static void on_control(struct stream *stream, unsigned ready, void *rock)
{
	struct session *s = rock;

	(void)stream;
	(void)ready;
	if (control_serve(s->srv, s->control, s->watcher) == 0)
		return;
	stream_free(s->control_stream);
	s->control_stream = NULL;
	fd_close(&s->control);
}

/* ---- the end ---- */

static void finish_signalled(struct session *s, int signo, pid_t pid)
{
	if (signo == SIGPIPE) { /* nobody reads its output: the client dies of it as quietly */
		session_finish(s, SIGPIPE);
		return;
	}
	if (s->told_term && (signo == SIGTERM || signo == SIGKILL)) {
		session_finish(s, SIGTERM);
		return;
	}
	log_line("%s: worker %ld died of signal %d (%s)", s->command, (long)pid, signo,
	         strsignal(signo));
	session_complain(s, "worker died of signal %d (%s)", signo, strsignal(signo));
	session_finish(s, STATUS_FAILED);
}

static void on_leader_ended(pid_t pid, int wait_status, void *rock)
{
	struct session *s = rock;

	killpg(pid, SIGKILL); /* nobody outlives the command */
	s->leader = 0;
	if (s->gone) {
		session_end(s);
	} else if (s->cut) {
		session_complain(s, "%s", s->cut);
		session_finish(s, STATUS_FAILED);
	} else if (WIFSIGNALED(wait_status)) {
		finish_signalled(s, WTERMSIG(wait_status), pid);
	} else {
		session_finish(s, wait_status & 0xff00);
	}
}

/* ---- the start ---- */

static void start_failed(struct session *s, const char *what, int errnum)
{
	session_complain(s, "cannot %s: %s", what, strerror(errnum));
	session_finish(s, STATUS_FAILED);
}

/* What only the leader needs; stderr stays for messages about its death. */
static void give_away(struct session *s)
{
	fd_close(&s->fds[SESSION_STDIN]);
	fd_close(&s->fds[SESSION_STDOUT]);
	fd_close(&s->fds[SESSION_CWD]);
}

/* The leader runs; without these it could be neither stopped nor reaped. */
static int attend(struct session *s, pid_t pid)
{
	int rc = session_watch(s, STREAM_READ, on_client);

	if (rc < 0)
		return rc;
	s->control_stream = stream_new(s->srv->loop, s->control, STREAM_READ, on_control, s);
	if (!s->control_stream)
		return -errno;
	return loop_child(s->srv->loop, pid, on_leader_ended, s);
}

void leader_start(struct session *s, leader_fn *fn, void *rock)
{
	int pair[2];
	pid_t daemon = getpid();

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		start_failed(s, "make a control socket", errno);
		return;
	}
	pid_t pid = fork();
	if (pid == 0)
		child_main(s, pair[1], daemon, fn, rock);
	int errnum = errno;
	close(pair[1]);
	s->control = pair[0];
	if (pid < 0) {
		start_failed(s, "start a worker", errnum);
		return;
	}
	setpgid(pid, pid); /* the child does it too: whoever comes first */
	int rc = attend(s, pid);
	if (rc < 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0); /* no wait worth the name after KILL */
		start_failed(s, "attend to a worker", -rc);
		return;
	}
	s->leader = pid;
	s->state = SESSION_RUNNING;
	waitevent_remove(s->srv->timers, s->timeout);
	s->timeout = WAITEVENT_NONE;
	give_away(s);
}

/* lei: hands its arguments, environment, standard descriptors and working directory to
 * lei-daemon, then obeys what comes back.
 *
 * Shell completion waits for this program, so it is static, uses wire/ alone, and keeps away
 * from stdio and locales. */
#include "client/programs.h"
#include "client/reach.h"
#include "client/say.h"
#include "wire/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	STATUS_TROUBLE = EXIT_TROUBLE << 8,
	ATTEMPTS = 2, /* a daemon that is just ending may drop us unread: ask its successor */
};

struct client {
	int sock;
	bool original; /* the Perl daemon: a bare end of file is its success */
	bool answered; /* at least one reply came */
	bool reset; /* the daemon closed with something of ours unread */
	uint64_t status; /* the first non-zero one reported */
	struct programs programs;
};

/* For the signal handlers. */
static volatile sig_atomic_t control_sock = -1;
static volatile sig_atomic_t control_sent;

static char packet[WIRE_REQUEST_MAX]; /* the request, then each reply */

/* Whatever is opened later must not land on 0, 1 or 2.  What was closed stays useless: opened the
 * wrong way round, so that reading or writing fails as it would without us. */
static void fill_standard_fds(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			die("cannot open", "/dev/null", errno);
}

/* ---- terminal stop and continue ---- */

static void tell(const char word[4])
{
	int saved = errno;
	if (control_sock < 0)
		return;
	control_sent = 1;
	wire_send(control_sock, word, 4, NULL, 0, MSG_DONTWAIT);
	errno = saved;
}

static void on_tstp(int signo)
{
	(void)signo;
	tell("STOP");
	kill(getpid(), SIGSTOP);
}

static void on_cont(int signo)
{
	(void)signo;
	tell("CONT");
}

static void watch_signals(void)
{
	struct sigaction act = { .sa_handler = on_tstp, .sa_flags = SA_RESTART }, old;
	if (sigaction(SIGTSTP, &act, &old) == 0 && old.sa_handler == SIG_IGN)
		sigaction(SIGTSTP, &old, NULL); /* a shell without job control could not wake us */
	act.sa_handler = on_cont;
	sigaction(SIGCONT, &act, NULL);
}

/* The request goes first; a STOP or CONT from then on is told. */
static int send_before_signals(int sock, size_t len, const int *fds)
{
	sigset_t both, was;
	sigemptyset(&both);
	sigaddset(&both, SIGTSTP);
	sigaddset(&both, SIGCONT);
	sigprocmask(SIG_BLOCK, &both, &was);
	int rc = wire_send(sock, packet, len, fds, WIRE_REQUEST_FDS, 0);
	if (!rc)
		control_sock = sock;
	sigprocmask(SIG_SETMASK, &was, NULL);
	return rc;
}

/* ---- the request ---- */

static int open_cwd(void)
{
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == EACCES)
		fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		die("cannot open the current directory", "", errno);
	return fd;
}

static size_t pack_request(const struct client *c, int argc, char **argv)
{
	size_t n = argc > 0 ? (size_t)argc - 1 : 0, len = 0;
	int rc = wire_request_pack(packet, WIRE_REQUEST_COMPAT, n, argv + 1, environ, &len);
	if (rc == -E2BIG && !c->original)
		rc = wire_request_pack(packet, sizeof(packet), n, argv + 1, environ, &len);
	if (rc)
		die("cannot ask the daemon", "", -rc);
	return len;
}

static void send_request(struct client *c, int argc, char **argv)
{
	size_t len = pack_request(c, argc, argv);
	int fds[WIRE_REQUEST_FDS] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, open_cwd() };
	int rc = send_before_signals(c->sock, len, fds);
	if (rc == -EMSGSIZE) {
		int room = (int)len;
		setsockopt(c->sock, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
		rc = send_before_signals(c->sock, len, fds);
	}
	close(fds[WIRE_REQUEST_FDS - 1]);
	if (rc == -EPIPE || rc == -ECONNRESET)
		c->reset = true; /* closed already; perhaps with a word why */
	else if (rc)
		die("cannot ask the daemon", "", rc == -EMSGSIZE ? E2BIG : -rc);
}

/* ---- replies ---- */

static _Noreturn void obey_text(struct client *c, const struct wire_packet *p)
{
	programs_reap(&c->programs, 0);
	say_line(p->data, p->len);
	exit(EXIT_TROUBLE);
}

static void obey_umask(const struct client *c)
{
	char answer[5];
	mode_t mask = umask(077);
	umask(mask);
	wire_send(c->sock, answer, wire_umask_pack(answer, mask), NULL, 0, 0);
}

/* False when that was the last one. */
static bool obey(struct client *c, const struct wire_packet *p)
{
	struct wire_reply r;
	int rc = wire_reply_parse(p->data, p->len, &r);
	if (rc == -EBADMSG)
		obey_text(c, p);
	if (rc)
		programs_die(&c->programs, "cannot read the daemon's answer", "", -rc);
	switch (r.kind) {
	case WIRE_X_IT:
	case WIRE_CHILD_ERROR:
		if (!c->status)
			c->status = r.status;
		break;
	case WIRE_EXEC:
		programs_run(&c->programs, &r.exec, p);
		break;
	case WIRE_WINCH:
		if (c->programs.mua)
			kill(-c->programs.mua, SIGWINCH);
		break;
	case WIRE_UMASK:
		obey_umask(c);
		break;
	case WIRE_WAIT:
		programs_reap(&c->programs, 0);
		break;
	case WIRE_TEXT:
		obey_text(c, p);
	}
	wire_reply_done(&r);
	return r.kind != WIRE_X_IT;
}

/* False: the daemon closed without having read our request. */
static bool at_eof(struct client *c)
{
	if (c->reset && !c->answered && !control_sent)
		return false;
	/* A reset may come from a STOP or CONT that crossed the daemon's last word. */
	bool success = c->original && (!c->reset || control_sent);
	if (!success) {
		programs_reap(&c->programs, 0);
		say("the daemon went away before it answered", "", 0);
		if (!c->status)
			c->status = STATUS_TROUBLE;
	}
	return true;
}

static bool obey_replies(struct client *c)
{
	for (;;) {
		struct wire_packet p = { .data = packet, .cap = WIRE_REPLY_MAX };
		int rc = wire_recv(c->sock, &p, 0);
		if (rc == -EINTR)
			continue;
		if (rc == -ECONNRESET && !c->reset) {
			c->reset = true; /* said once, before what was sent to us */
			continue;
		}
		if (rc && rc != -ECONNRESET)
			programs_die(&c->programs, "cannot receive the daemon's answer", "", -rc);
		if (!p.len) {
			wire_packet_close(&p);
			return at_eof(c);
		}
		c->answered = true;
		bool more = obey(c, &p);
		wire_packet_close(&p);
		if (!more)
			return true;
	}
}

/* ---- the end ---- */

static bool ends_a_process(int signo)
{
	static const int others[] = { SIGCHLD, SIGCONT, SIGSTOP,  SIGTSTP,
		                      SIGTTIN, SIGTTOU, SIGWINCH, SIGURG };
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (signo == others[i])
			return false;
	return true;
}

/* Die as the command died, whatever we inherited as ignored or blocked. */
static _Noreturn void die_by(int signo)
{
	if (ends_a_process(signo)) {
		sigset_t set;
		sigemptyset(&set);
		sigaddset(&set, signo);
		prctl(PR_SET_DUMPABLE, 0); /* the crash, and the core, are another process's */
		signal(signo, SIG_DFL);
		sigprocmask(SIG_UNBLOCK, &set, NULL);
		kill(getpid(), signo);
	}
	exit(128 + signo);
}

int main(int argc, char **argv)
{
	struct client c;
	bool done = false;
	fill_standard_fds();
	watch_signals();
	for (int i = 0; i < ATTEMPTS && !done; i++) {
		c = (struct client){ .sock = -1 };
		c.sock = reach_daemon(&c.original);
		send_request(&c, argc, argv);
		done = obey_replies(&c);
		if (!done) {
			control_sock = -1;
			close(c.sock);
		}
	}
	if (!done)
		die("the daemon closed the connection without reading the request", "", 0);
	programs_reap(&c.programs, 0);
	if (c.status & 127)
		die_by((int)(c.status & 127));
	return (int)(c.status >> 8 & 255);
}

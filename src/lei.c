/* lei: hands its arguments, environment, standard descriptors and working directory to
 * lei-daemon, then obeys what comes back.
 *
 * Shell completion waits for this program, so it is static, uses wire/ alone, and keeps away
 * from stdio and locales. */
#include "wire/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	EXIT_TROUBLE = 1,
	STATUS_TROUBLE = EXIT_TROUBLE << 8,
	KIDS_MAX = 32, /* programs started by `exec` and not yet waited for */
	ATTEMPTS = 2, /* a daemon that is just ending may drop us unread: ask its successor */
	STARTS = 3, /* the daemon that a starter found may be just ending */
};

struct client {
	int sock;
	bool original; /* the Perl daemon: a bare end of file is its success */
	bool answered; /* at least one reply came */
	bool reset; /* the daemon closed with something of ours unread */
	uint64_t status; /* the first non-zero one reported */
	pid_t mua; /* we go on behind this mail reader, which was the user's lei; else 0 */
	pid_t kids[KIDS_MAX];
	size_t nkids;
};

/* For the signal handlers. */
static volatile sig_atomic_t control_sock = -1;
static volatile sig_atomic_t control_sent;

static char packet[WIRE_REQUEST_MAX]; /* the request, then each reply */

/* ---- saying what went wrong ---- */

static void write_stderr(const struct iovec *iov, int n)
{
	while (writev(STDERR_FILENO, iov, n) < 0 && errno == EINTR)
		;
}

/* "lei: WHAT NAME: REASON"; name may be "", errnum 0. */
static void say(const char *what, const char *name, int errnum)
{
	const char *parts[] = { "lei: ",
		                what,
		                *name ? " " : "",
		                name,
		                errnum ? ": " : "",
		                errnum ? strerror(errnum) : "",
		                "\n" };
	enum { PARTS = sizeof(parts) / sizeof(parts[0]) };
	struct iovec iov[PARTS];
	for (int i = 0; i < PARTS; i++)
		iov[i] = (struct iovec){ (void *)(uintptr_t)parts[i], strlen(parts[i]) };
	write_stderr(iov, PARTS);
}

static _Noreturn void die(const char *what, const char *name, int errnum)
{
	say(what, name, errnum);
	exit(EXIT_TROUBLE);
}

/* ---- reaching the daemon ---- */

/* Whatever is opened later must not land on 0, 1 or 2.  What was closed stays useless: opened the
 * wrong way round, so that reading or writing fails as it would without us. */
static void fill_standard_fds(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			die("cannot open", "/dev/null", errno);
}

static void socket_path(char *buf, size_t cap)
{
	static const char name[] = "/" WIRE_SOCKET_NAME;
	int rc = wire_runtime_dir(buf, cap - sizeof(name), getenv("XDG_RUNTIME_DIR"),
	                          getenv("TMPDIR"), getuid());
	if (rc)
		die("cannot use", "XDG_RUNTIME_DIR", -rc);
	memcpy(buf + strlen(buf), name, sizeof(name));
}

/* Replaces this process if there is such a file; a file that cannot be run ends the search. */
static void try_daemon(const char *path)
{
	execvp(path, (char *[]){ (char *)(uintptr_t)path, NULL });
	if (errno != ENOENT && errno != ENOTDIR) {
		say("cannot run", path, errno);
		_exit(EXIT_TROUBLE);
	}
}

static _Noreturn void exec_daemon(void)
{
	static const char *const places[] = { "lei-daemon", "../libexec/lei-daemon",
		                              "../libexec/lei/lei-daemon" };
	const char *given = getenv("LEI_DAEMON");
	if (given && *given) {
		try_daemon(given);
		say("cannot run", given, errno);
		_exit(EXIT_TROUBLE);
	}
	char path[PATH_MAX + 32];
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);
	while (n > 0 && path[n - 1] != '/')
		n--;
	for (size_t i = 0; n > 0 && i < sizeof(places) / sizeof(places[0]); i++) {
		memcpy(path + n, places[i], strlen(places[i]) + 1);
		try_daemon(path);
	}
	try_daemon("lei-daemon");
	say("cannot find lei-daemon beside lei, in ../libexec or on PATH", "", 0);
	_exit(EXIT_TROUBLE);
}

/* What the starter wrote to its standard output, as far as it is there. */
static void relay_output(int fd)
{
	char text[4096];
	ssize_t n;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while ((n = read(fd, text, sizeof(text))) > 0)
		write_stderr(&(struct iovec){ text, (size_t)n }, 1);
}

static int wait_for(pid_t pid, int flags, int *ret_status)
{
	pid_t got;
	do
		got = waitpid(pid, ret_status, flags);
	while (got < 0 && errno == EINTR);
	return got == 0 ? -EAGAIN : got < 0 ? -errno : 0;
}

/* Returns once the daemon listens. */
static void start_daemon(void)
{
	int out[2], status = 0;
	signal(SIGCHLD, SIG_DFL); /* ignored by inheritance it would hide the exit status */
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null < 0 || pipe2(out, O_CLOEXEC))
		die("cannot start the daemon", "", errno);
	pid_t pid = fork();
	if (pid < 0)
		die("cannot start the daemon", "", errno);
	if (pid == 0) {
		if (dup2(null, STDIN_FILENO) < 0 || dup2(out[1], STDOUT_FILENO) < 0)
			_exit(EXIT_TROUBLE);
		exec_daemon();
	}
	close(null);
	close(out[1]);
	/* Not until end of file: only the starter's end says that the daemon listens. */
	int rc = wait_for(pid, 0, &status);
	relay_output(out[0]);
	close(out[0]);
	if (rc)
		die("cannot wait for the daemon", "", -rc);
	if (status)
		die("the daemon did not start", "", 0);
}

static void connect_daemon(struct client *c, const char *path)
{
	int rc = wire_connect(path, &c->sock);
	for (int i = 0; i < STARTS && (rc == -ENOENT || rc == -ECONNREFUSED); i++) {
		start_daemon();
		rc = wire_connect(path, &c->sock);
	}
	if (rc)
		die("cannot connect to", path, -rc);

	pid_t pid;
	uid_t uid;
	rc = wire_peer(c->sock, &pid, &uid);
	if (rc)
		die("cannot tell who serves", path, -rc);
	if (uid != geteuid())
		die("refusing another user's daemon at", path, 0);
	c->original = wire_peer_is_original(pid);
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

/* ---- programs we run for the daemon ---- */

static void reap(struct client *c, int flags)
{
	size_t left = 0;
	for (size_t i = 0; i < c->nkids; i++) {
		int status;
		if (wait_for(c->kids[i], flags, &status) == -EAGAIN)
			c->kids[left++] = c->kids[i];
	}
	c->nkids = left;
}

/* They use the user's terminal: whoever sees us end may use it next. */
static _Noreturn void die_after_kids(struct client *c, const char *what, const char *name,
                                     int errnum)
{
	reap(c, 0);
	die(what, name, errnum);
}

static void add_kid(struct client *c, pid_t pid)
{
	reap(c, WNOHANG);
	if (c->nkids == KIDS_MAX)
		reap(c, 0);
	c->kids[c->nkids++] = pid;
}

static _Noreturn void run_program(const struct wire_request *x, const struct wire_packet *p)
{
	for (int i = 0; i < (int)p->nfds; i++) {
		/* Beyond the third they keep their number: the program's end closes them, and
		 * that is what the daemon waits for. */
		int rc = i <= STDERR_FILENO ? dup2(p->fds[i], i) : fcntl(p->fds[i], F_SETFD, 0);
		if (rc < 0)
			_exit(EXIT_TROUBLE);
	}
	for (size_t i = 0; i < x->envc; i++)
		putenv(x->envp[i]);
	umask(077);
	if (x->argc == 1) /* "less -R | tail" is a command line, not a name */
		execl("/bin/sh", "sh", "-c", x->argv[0], (char *)NULL);
	else
		execvp(x->argv[0], x->argv);
	say("cannot run", x->argv[0], errno);
	_exit(EXIT_TROUBLE);
}

/* Two descriptors or more: a helper or pager beside us.  Fewer: a mail reader, which takes the
 * place of the process the user started while we go on behind it. */
static void obey_exec(struct client *c, const struct wire_request *x, const struct wire_packet *p)
{
	bool replaces_us = p->nfds < 2;
	pid_t self = getpid();
	signal(SIGCHLD, SIG_DFL);
	pid_t pid = fork();
	if (pid < 0)
		die_after_kids(c, "cannot run", x->argv[0], errno);
	if (replaces_us ? pid > 0 : pid == 0)
		run_program(x, p);
	if (!replaces_us) {
		add_kid(c, pid);
		return;
	}
	setsid();
	c->mua = self;
	c->nkids = 0; /* they are the mail reader's children now */
}

/* ---- replies ---- */

static _Noreturn void obey_text(struct client *c, const struct wire_packet *p)
{
	reap(c, 0);
	bool whole_line = p->data[p->len - 1] == '\n';
	struct iovec iov[] = { { p->data, p->len }, { (char[]){ '\n' }, whole_line ? 0 : 1 } };
	write_stderr(iov, 2);
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
		die_after_kids(c, "cannot read the daemon's answer", "", -rc);
	switch (r.kind) {
	case WIRE_X_IT:
	case WIRE_CHILD_ERROR:
		if (!c->status)
			c->status = r.status;
		break;
	case WIRE_EXEC:
		obey_exec(c, &r.exec, p);
		break;
	case WIRE_WINCH:
		if (c->mua)
			kill(-c->mua, SIGWINCH);
		break;
	case WIRE_UMASK:
		obey_umask(c);
		break;
	case WIRE_WAIT:
		reap(c, 0);
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
		reap(c, 0);
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
			die_after_kids(c, "cannot receive the daemon's answer", "", -rc);
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
	char path[PATH_MAX + 64];
	struct client c;
	bool done = false;
	fill_standard_fds();
	watch_signals();
	socket_path(path, sizeof(path));
	for (int i = 0; i < ATTEMPTS && !done; i++) {
		c = (struct client){ .sock = -1 };
		connect_daemon(&c, path);
		send_request(&c, argc, argv);
		done = obey_replies(&c);
		if (!done) {
			control_sock = -1;
			close(c.sock);
		}
	}
	if (!done)
		die("the daemon closed the connection without reading the request", "", 0);
	reap(&c, 0);
	if (c.status & 127)
		die_by((int)(c.status & 127));
	return (int)(c.status >> 8 & 255);
}

/* See reach.h. */
#include "reach.h"

#include "../wire/wire.h"
#include "programs.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STARTS = 3 }; /* the daemon that a starter found may be just ending */

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
		say_bytes(text, (size_t)n);
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
	int rc = programs_wait(pid, 0, &status);
	relay_output(out[0]);
	close(out[0]);
	if (rc)
		die("cannot wait for the daemon", "", -rc);
	if (status)
		die("the daemon did not start", "", 0);
}

int reach_daemon(bool *ret_original)
{
	char path[PATH_MAX + 64];
	int sock = -1;
	socket_path(path, sizeof(path));
	int rc = wire_connect(path, &sock);
	for (int i = 0; i < STARTS && (rc == -ENOENT || rc == -ECONNREFUSED); i++) {
		start_daemon();
		rc = wire_connect(path, &sock);
	}
	if (rc)
		die("cannot connect to", path, -rc);

	pid_t pid;
	uid_t uid;
	rc = wire_peer(sock, &pid, &uid);
	if (rc)
		die("cannot tell who serves", path, -rc);
	if (uid != geteuid())
		die("refusing another user's daemon at", path, 0);
	*ret_original = wire_peer_is_original(pid);
	return sock;
}

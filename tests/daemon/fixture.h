/* A private daemon with commands of its own, and a client that looks closely. */
#ifndef TESTS_DAEMON_FIXTURE_H
#define TESTS_DAEMON_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "commands.h"
#include "daemon/daemon.h"
#include "wire/wire.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 30000, TEXT_MAX = 4096 };

/* Poll `cond` with generous patience. */
#define EVENTUALLY(cond)                                                                           \
	do {                                                                                       \
		int tries_ = PATIENCE_MS;                                                          \
		while (!(cond) && tries_-- > 0)                                                    \
			nap();                                                                     \
		assert_true(cond);                                                                 \
	} while (0)

static inline void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* ---- the daemon ---- */

struct fixture {
	char dir[64]; /* private, removed at the end */
	char socket[96];
	pid_t pid; /* in the foreground, our child */
};

static inline struct daemon_config fake_config(const char *socket_path, bool foreground)
{
	return (struct daemon_config){
		.socket_path = socket_path,
		.foreground = foreground,
		.dispatcher = { .runs_inline = fake_runs_inline, .run = fake_run },
	};
}

static inline bool answers(const char *path)
{
	int fd;
	if (wire_connect(path, &fd) < 0)
		return false;
	close(fd);
	return true;
}

/* Start in the foreground, with smaller limits if they are not 0. */
static inline void daemon_start_limited(struct fixture *f, int silent_grace_s, size_t sessions_max)
{
	fflush(NULL);
	f->pid = fork();
	assert_true(f->pid >= 0);
	if (f->pid == 0) {
		struct daemon_config cfg = fake_config(f->socket, true);
		int null = open("/dev/null", O_RDWR);
		if (!getenv("DAEMON_TEST_LOG"))
			dup2(null, STDERR_FILENO);
		cfg.silent_grace_s = silent_grace_s;
		cfg.sessions_max = sessions_max;
		_exit(daemon_main(&cfg));
	}
	EVENTUALLY(answers(f->socket));
}

static inline void daemon_start(struct fixture *f)
{
	daemon_start_limited(f, 0, 0);
}

static inline void make_dir(struct fixture *f)
{
	const char *tmp = getenv("TMPDIR");
	snprintf(f->dir, sizeof(f->dir), "%s/daemon-test-XXXXXX",
	         tmp && strlen(tmp) < 30 ? tmp : "/tmp");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->socket, sizeof(f->socket), "%s/%s", f->dir, WIRE_SOCKET_NAME);
}

static inline int setup_dir(void **state)
{
	static struct fixture only; /* tests run one after the other */
	struct fixture *f = &only;
	*f = (struct fixture){ .pid = 0 };
	signal(SIGPIPE, SIG_IGN);
	make_dir(f);
	*state = f;
	return 0;
}

/* The exit status of the daemon, which has to end by itself. */
static inline int daemon_wait(struct fixture *f)
{
	int status = 0;
	EVENTUALLY(waitpid(f->pid, &status, WNOHANG) != 0);
	f->pid = 0;
	return status;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;
	char cmd[256];
	if (f->pid > 0) {
		kill(f->pid, SIGTERM);
		assert_int_equal(daemon_wait(f), 0);
	}
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", f->dir);
	assert_int_equal(system(cmd), 0);
	return 0;
}

/* The last connection may still be among them. */
static inline size_t fd_count(pid_t pid)
{
	char path[32];
	size_t n = 0;
	snprintf(path, sizeof(path), "/proc/%ld/fd", (long)pid);
	DIR *d = opendir(path);
	if (!d)
		return 0;
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* 'R', 'S', 'T', ...; 'X' when there is no such process (or only its corpse). */
static inline char process_state(pid_t pid)
{
	char path[32], line[256], st = 'X';
	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	FILE *in = fopen(path, "re");
	if (!in)
		return 'X';
	if (fgets(line, sizeof(line), in) && strrchr(line, ')'))
		st = strrchr(line, ')')[2];
	fclose(in);
	return st == 'Z' ? 'X' : st;
}

/* The only child of `pid`, 0 if none. */
static inline pid_t child_of(pid_t pid)
{
	char path[64];
	long child = 0;
	snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children", (long)pid, (long)pid);
	FILE *in = fopen(path, "re");
	if (!in)
		return 0;
	if (fscanf(in, "%ld", &child) != 1)
		child = 0;
	fclose(in);
	return (pid_t)child;
}

/* ---- the client ---- */

struct client {
	int sock;
	int in, out, err; /* our ends of the client's 0, 1, 2 */
};

static inline int dial(const struct fixture *f)
{
	int sock;
	assert_int_equal(wire_connect(f->socket, &sock), 0);
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_sec = PATIENCE_MS / 1000 },
	           sizeof(struct timeval));
	return sock;
}

/* Send `words` (blank-separated) with these descriptors; fds[3] < 0 stands for "/". */
static inline void send_words(int sock, const char *words, const int fds[WIRE_REQUEST_FDS])
{
	char copy[256], packet[512], *argv[8], *envp[] = { (char *)"COLOUR=red", NULL };
	int all[WIRE_REQUEST_FDS], root = open("/", O_PATH | O_CLOEXEC);
	size_t argc = 0, len = 0;
	snprintf(copy, sizeof(copy), "%s", words);
	for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	assert_int_equal(wire_request_pack(packet, sizeof(packet), argc, argv, envp, &len), 0);
	memcpy(all, fds, sizeof(all));
	if (all[3] < 0)
		all[3] = root;
	assert_int_equal(wire_send(sock, packet, len, all, WIRE_REQUEST_FDS, 0), 0);
	close(root);
}

/* Connect and send; descriptors that are -1 become pipes. */
static inline struct client ask_with(const struct fixture *f, const char *words, int in, int out)
{
	struct client c;
	int i[2], o[2], e[2];
	assert_int_equal(pipe2(i, O_CLOEXEC) | pipe2(o, O_CLOEXEC) | pipe2(e, O_CLOEXEC), 0);
	c.sock = dial(f);
	send_words(c.sock, words, (int[]){ in < 0 ? i[0] : in, out < 0 ? o[1] : out, e[1], -1 });
	close(i[0]);
	close(o[1]);
	close(e[1]);
	c.in = i[1];
	c.out = o[0];
	c.err = e[0];
	return c;
}

static inline struct client ask(const struct fixture *f, const char *words)
{
	return ask_with(f, words, -1, -1);
}

/* Everything up to the end of file; the text is cut to what fits. */
static inline const char *slurp(int fd, char *text)
{
	size_t len = 0;
	char drop[TEXT_MAX];
	for (;;) {
		bool full = len == TEXT_MAX - 1;
		ssize_t n = read(fd, full ? drop : text + len,
		                 full ? sizeof(drop) : TEXT_MAX - 1 - len);
		if (n <= 0)
			break;
		len += full ? 0 : (size_t)n;
	}
	text[len] = '\0';
	return text;
}

/* One line, without its end. */
static inline const char *read_line(int fd, char *text)
{
	size_t len = 0;
	while (len < TEXT_MAX - 1 && read(fd, text + len, 1) == 1 && text[len] != '\n')
		len++;
	text[len] = '\0';
	return text;
}

/* The status of the x_it that ends the session; -1: end of file without one, -2: nothing came.
 * Text packets are appended to `text` if that is not NULL. */
static inline int await_x_it(int sock, char *text)
{
	char packet[TEXT_MAX];
	for (;;) {
		ssize_t n = recv(sock, packet, sizeof(packet), 0);
		struct wire_reply r;
		if (n <= 0)
			return n == 0 ? -1 : -2;
		assert_int_equal(wire_reply_parse(packet, (size_t)n, &r), 0);
		if (text && r.kind == WIRE_TEXT)
			strncat(text, packet, (size_t)n);
		wire_reply_done(&r);
		if (r.kind == WIRE_X_IT)
			return (int)r.status;
	}
}

static inline void hang_up(struct client *c)
{
	close(c->sock);
	close(c->in);
	close(c->out);
	close(c->err);
}

/* Ask, take everything, hang up; returns the status. */
static inline int run(const struct fixture *f, const char *words, char *out, char *err)
{
	char unused[TEXT_MAX];
	struct client c = ask(f, words);
	close(c.in);
	c.in = -1;
	slurp(c.out, out ? out : unused);
	slurp(c.err, err ? err : unused);
	int status = await_x_it(c.sock, NULL);
	hang_up(&c);
	return status;
}

static inline int setup(void **state)
{
	setup_dir(state);
	daemon_start(*state);
	assert_int_equal(run(*state, "in-hello", NULL, NULL), 0); /* it has settled */
	return 0;
}

#endif

/* See program.h. */
#include "program.h"

#include "../base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_AT_ONCE = 64 << 10, CANNOT_RUN = 127 };

struct pipes {
	int in[2], out[2], err[2]; /* -1 where there is none */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_all(struct pipes *p)
{
	for (int i = 0; i < 2; i++) {
		close_fd(&p->in[i]);
		close_fd(&p->out[i]);
		close_fd(&p->err[i]);
	}
}

static int open_pipes(const struct program *g, struct pipes *p)
{
	if ((g->in != NULL && pipe2(p->in, O_CLOEXEC) < 0) ||
	    (g->out != NULL && pipe2(p->out, O_CLOEXEC) < 0) ||
	    (g->err != NULL && g->err != g->out && pipe2(p->err, O_CLOEXEC) < 0))
		return -errno;
	return 0;
}

static void set_environment(const char *const *env)
{
	for (; env != NULL && env[0] != NULL; env += 2) {
		if (env[1] != NULL)
			setenv(env[0], env[1], 1);
		else
			unsetenv(env[0]);
	}
}

/* In the child; never returns. */
static _Noreturn void run_child(const struct program *g, const struct pipes *p)
{
	int null = g->quiet ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;
	int out = g->out != NULL ? p->out[1] : STDOUT_FILENO;
	int err = g->quiet                             ? null
	          : g->err == NULL                     ? STDERR_FILENO
	          : g->err == g->out && g->out != NULL ? out
	                                               : p->err[1];
	int in = g->in != NULL ? p->in[0] : STDIN_FILENO;
	signal(SIGPIPE, SIG_DFL);
	if (dup2(in, STDIN_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0)
		_exit(CANNOT_RUN);
	if (g->dir != NULL && chdir(g->dir) < 0) {
		dprintf(STDERR_FILENO, "lei: cd %s: %s\n", g->dir, strerror(errno));
		_exit(CANNOT_RUN);
	}
	set_environment(g->env);
	execvp(g->argv[0], (char *const *)g->argv);
	dprintf(STDERR_FILENO, "lei: %s: %s\n", g->argv[0], strerror(errno));
	_exit(CANNOT_RUN);
}

/* Feed it as long as it takes something; that it does not want the rest is its affair. */
static void feed(int *fd, const struct buf *in, size_t *at)
{
	ssize_t n = write(*fd, in->data + *at, in->len - *at);
	*at += n > 0 ? (size_t)n : 0;
	if (*at == in->len || (n < 0 && errno != EINTR && errno != EAGAIN))
		close_fd(fd);
}

static int take(int *fd, struct buf *out)
{
	char *room = buf_room(out, READ_AT_ONCE);
	if (room == NULL)
		return -ENOMEM;
	ssize_t n = read(*fd, room, READ_AT_ONCE);
	if (n < 0 && errno != EINTR)
		return -errno;
	out->len += n > 0 ? (size_t)n : 0;
	if (n == 0)
		close_fd(fd);
	return 0;
}

static int converse(const struct program *g, struct pipes *p)
{
	size_t fed = 0;
	int rc = 0;
	if (p->in[1] >= 0) {
		fcntl(p->in[1], F_SETFL, O_NONBLOCK);
		feed(&p->in[1], g->in, &fed);
	}
	while (rc == 0 && (p->in[1] >= 0 || p->out[0] >= 0 || p->err[0] >= 0)) {
		struct pollfd fds[] = { { .fd = p->in[1], .events = POLLOUT },
			                { .fd = p->out[0], .events = POLLIN },
			                { .fd = p->err[0], .events = POLLIN } };
		if (poll(fds, 3, -1) < 0)
			continue; /* a signal */
		if (fds[0].revents != 0)
			feed(&p->in[1], g->in, &fed);
		if (fds[1].revents != 0)
			rc = take(&p->out[0], g->out);
		if (rc == 0 && fds[2].revents != 0)
			rc = take(&p->err[0], g->err);
	}
	return rc;
}

static int wait_child(pid_t pid)
{
	int status;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int program_run(const struct program *g, struct err *e)
{
	struct pipes p = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	int rc = open_pipes(g, &p);
	pid_t pid = rc == 0 ? fork() : -1;
	if (pid == 0)
		run_child(g, &p);
	if (pid < 0) {
		rc = err_sys(e, rc < 0 ? -rc : errno, "run %s", g->argv[0]);
		close_all(&p);
		return rc;
	}
	close_fd(&p.in[0]);
	close_fd(&p.out[1]);
	close_fd(&p.err[1]);
	sigaction(SIGPIPE, &ignore, &old);
	rc = converse(g, &p);
	sigaction(SIGPIPE, &old, NULL);
	close_all(&p);
	int status = wait_child(pid);
	return rc < 0 ? err_sys(e, -rc, "read from %s", g->argv[0]) : status;
}

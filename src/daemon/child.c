/* The leader's own side: what happens between fork and _exit. */
#include "../worker/pool.h"
#include "fds.h"
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OUT_BUFFER = 64 << 10 };

/* A client may hand us a pipe or terminal in non-blocking mode.  Commands do plain blocking
 * I/O, and the mode is shared with others: take an open file of our own instead. */
static void make_blocking(int fd)
{
	mode_t type;
	dev_t rdev;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || !(flags & O_NONBLOCK) || (flags & O_PATH))
		return;
	if (fd_type(fd, &type, &rdev) < 0 || !fd_reopens(type, rdev))
		return;
	int own = fd_reopen(fd, (flags & O_ACCMODE) | O_NONBLOCK);
	if (own < 0)
		return;
	fcntl(own, F_SETFL, flags & ~O_NONBLOCK);
	dup2(own, fd);
	close(own);
}

static int take_descriptors(struct session *s, int control)
{
	int keep[] = { s->sock, control };

	/* What we received lies above 2, which the daemon never leaves open. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(s->fds[fd], fd) < 0)
			return -errno;
	int rc = fchdir(s->fds[SESSION_CWD]) < 0 ? -errno : 0;
	if (rc < 0)
		return rc;
	rc = fds_close_except(keep, sizeof(keep) / sizeof(keep[0]));
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		make_blocking(fd);
	return rc;
}

_Noreturn void child_main(struct session *s, int control, pid_t daemon, leader_fn *fn, void *rock)
{
	setpgid(0, 0);
	loop_after_fork(s->srv->loop);
	worker_reset(daemon);
	prctl(PR_SET_NAME, "lei-worker");
	int rc = take_descriptors(s, control);
	if (rc == 0)
		_exit(fn(s, control, rock) & 0xff);
	dprintf(STDERR_FILENO, "lei: %s: cannot enter the working directory: %s\n", s->command,
	        strerror(-rc));
	_exit(EXIT_FAILURE);
}

/* ---- a command ---- */

static int close_output(struct call *c, const char *command, int status)
{
	bool lost = ferror(c->out) != 0;

	errno = 0;
	if (fclose(c->out) == 0 && !lost)
		return status;
	/* With SIGPIPE at its default an EPIPE does not come this far. */
	fprintf(c->err, "lei: %s: cannot write to standard output%s%s\n", command,
	        errno ? ": " : "", errno ? strerror(errno) : "");
	return status ? status : EXIT_FAILURE;
}

int child_command(struct session *s, int control, void *rock)
{
	const struct wire_request *req = rock;
	const struct dispatcher *d = &s->srv->dispatcher;
	struct call c = { .req = req,
		          .out = stdout, /* the daemon itself never used them */
		          .err = stderr,
		          .client = s->sock,
		          .control = control };

	environ = req->envp;
	setvbuf(c.out, NULL, _IOFBF, OUT_BUFFER);
	setvbuf(c.err, NULL, _IONBF, 0);
	int status = d->run(d->rock, &c) & 0xff;
	return close_output(&c, s->command, status);
}

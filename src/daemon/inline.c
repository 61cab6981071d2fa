/* Commands that run in the daemon itself: output goes to memory, then out without blocking. */
#include "../base/io.h"
#include "output.h"
#include "session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct piece { /* output of one descriptor */
	char *data; /* owned */
	size_t len;
	size_t done; /* delivered so far */
};

struct output {
	struct piece out, err;
	int status; /* exit status for a leader that writes the rest */
};

static bool run(struct session *s, const struct wire_request *req, struct output *o)
{
	const struct dispatcher *d = &s->srv->dispatcher;
	struct call c = { .req = req, .is_inline = true, .client = -1, .control = -1 };

	c.out = open_memstream(&o->out.data, &o->out.len);
	c.err = open_memstream(&o->err.data, &o->err.len);
	if (c.out && c.err)
		o->status = d->run(d->rock, &c) & 0xff;
	bool ok = c.out && c.err && !ferror(c.out) && !ferror(c.err);
	if (c.out)
		ok = fclose(c.out) == 0 && ok;
	if (c.err)
		ok = fclose(c.err) == 0 && ok;
	s->raise_after = c.raise_after;
	s->raise_signo = c.raise_signo;
	return ok;
}

/* ---- the rest, by a process that may block ---- */

static int write_left(int fd, const struct piece *p)
{
	return p->done < p->len ? io_write_all(fd, p->data + p->done, p->len - p->done) : 0;
}

static int write_rest(struct session *s, int control, void *rock)
{
	const struct output *o = rock;

	(void)control;
	int rc = write_left(STDOUT_FILENO, &o->out);
	write_left(STDERR_FILENO, &o->err);
	if (rc == 0)
		return o->status;
	dprintf(STDERR_FILENO, "lei: %s: cannot write to standard output: %s\n", s->command,
	        strerror(-rc));
	return EXIT_FAILURE;
}

/* ---- delivery ---- */

static void deliver(struct session *s, struct output *o)
{
	ssize_t n = output_try(s->fds[SESSION_STDOUT], o->out.data, o->out.len);
	if (n == -EPIPE) {
		session_finish(s, SIGPIPE);
		return;
	}
	ssize_t m = output_try(s->fds[SESSION_STDERR], o->err.data, o->err.len);
	/* A message that cannot be written is lost, as everywhere. */
	o->err.done = m < 0 ? o->err.len : (size_t)m;
	if (n < 0) {
		session_complain(s, "cannot write to standard output: %s", strerror((int)-n));
		session_finish(s, STATUS_FAILED);
		return;
	}
	o->out.done = (size_t)n;
	if (o->out.done < o->out.len || o->err.done < o->err.len)
		leader_start(s, write_rest, o);
	else
		session_finish(s, o->status << 8);
}

void inline_run(struct session *s, const struct wire_request *req)
{
	struct output o = { 0 };

	if (run(s, req, &o)) {
		deliver(s, &o);
	} else {
		session_complain(s, "out of memory");
		session_finish(s, STATUS_FAILED);
	}
	free(o.out.data);
	free(o.err.data);
}

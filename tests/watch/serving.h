/* Fixture: a watcher in a child, with a door and a barrier. */
#ifndef TESTS_WATCH_SERVING_H
#define TESTS_WATCH_SERVING_H

#include "testing.h"

#include "wire/wire.h"

#include <poll.h>

enum { BOXES_MAX = 8 };

struct watching {
	struct place *p;
	struct watch_folder folders[BOXES_MAX];
	char urls[BOXES_MAX][512];
	size_t n;
	int door;
	pid_t pid;
};

static inline void watch_box(struct watching *x, const char *box, const char *state)
{
	struct watch_folder *f = &x->folders[x->n];

	snprintf(x->urls[x->n], sizeof(x->urls[0]), "%s", url_of(x->p, box));
	*f = (struct watch_folder){ .url = x->urls[x->n], .labels = "", .backend = "auto" };
	assert_int_equal(watch_state_parse(state, &f->state), 0);
	x->n++;
}

/* Exit status: what watch_serve returned, 100 for an error. */
static inline void watching_start(struct watching *x)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	x->p->setup.folders = x->folders;
	x->p->setup.nfolders = x->n;
	fflush(NULL);
	x->pid = fork();
	assert_true(x->pid >= 0);
	if (x->pid == 0) {
		struct err e = { 0 };
		close(fds[0]);
		x->p->setup.log = fopen(path_in(x->p, "log"), "a");
		int rc = watch_serve(&x->p->setup, fds[1], &e);
		if (rc < 0)
			fprintf(stderr, "watcher: %s\n", e.text);
		fclose(x->p->setup.log);
		_exit(rc < 0 ? 100 : rc);
	}
	close(fds[1]);
	x->door = fds[0];
	x->p->watcher = x->pid;
}

static inline int watching_end(struct watching *x) /* the exit status */
{
	int status;

	close(x->door);
	assert_int_equal(waitpid(x->pid, &status, 0), x->pid);
	x->p->watcher = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static inline int try_barrier(struct watching *x, struct err *e)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(wire_send(x->door, "client", 6, &fds[1], 1, 0), 0);
	close(fds[1]);
	int rc = watch_barrier(fds[0], e);
	close(fds[0]);
	return rc;
}

static inline void barrier(struct watching *x)
{
	struct err e = { 0 };

	if (try_barrier(x, &e))
		fail_msg("barrier: %s", e.text);
}

static inline const char *watcher_log(struct watching *x, char *buf, size_t cap)
{
	FILE *f = fopen(path_in(x->p, "log"), "r");

	buf[f ? fread(buf, 1, cap - 1, f) : 0] = '\0';
	if (f)
		fclose(f);
	return buf;
}

#endif

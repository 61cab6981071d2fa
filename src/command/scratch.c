/* See scratch.h. */
#include "scratch.h"

#include "../base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FDS_AT_ONCE = 16 };

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

void remove_tree(const char *path)
{
	nftw(path, remove_one, FDS_AT_ONCE, FTW_DEPTH | FTW_PHYS);
}

/* In a session of its own: the worker's group may be killed.  It holds nothing of the client's. */
static _Noreturn void keep(const char *path, int watched)
{
	char byte;
	setsid();
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	dup2(watched, STDIN_FILENO);
	close_range(STDIN_FILENO + 1, ~0U, 0);
	if (chdir("/") < 0)
		_exit(1);
	while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
		;
	remove_tree(path);
	_exit(0);
}

static int start_keeper(struct scratch *s, struct err *e)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, errno, "pipe");
	s->keeper = fork();
	if (s->keeper == 0) {
		close(ends[1]);
		keep(s->path.data, ends[0]);
	}
	close(ends[0]);
	if (s->keeper < 0) {
		close(ends[1]);
		return err_sys(e, errno, "fork");
	}
	s->alive = ends[1];
	return 0;
}

int scratch_open(const struct cmd *c, struct scratch *ret, struct err *e)
{
	const char *tmp = cmd_getenv(c, "TMPDIR");
	struct scratch s = { .alive = -1 };
	char *real = realpath(tmp != NULL && *tmp != '\0' ? tmp : "/tmp", NULL);
	if (real == NULL)
		return err_sys(e, errno, "%s", tmp != NULL && *tmp != '\0' ? tmp : "/tmp");
	buf_addf(&s.path, "%s/lei-XXXXXX", real);
	free(real);
	int rc = 0;
	if (mkdtemp((char *)(uintptr_t)buf_cstr(&s.path)) == NULL)
		rc = err_sys(e, errno, "make a directory like %s", buf_cstr(&s.path));
	else if ((rc = start_keeper(&s, e)) < 0)
		remove_tree(s.path.data);
	if (rc < 0)
		buf_free(&s.path);
	else
		*ret = s;
	return rc;
}

void scratch_close(struct scratch *s)
{
	if (s->path.len == 0)
		return;
	close(s->alive);
	while (waitpid(s->keeper, NULL, 0) < 0 && errno == EINTR)
		;
	buf_free(&s->path);
	*s = (struct scratch){ .alive = -1 };
}

static int make_parents(char *path, struct err *e)
{
	for (char *p = path + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		int rc = mkdir(path, 0700) < 0 && errno != EEXIST
		             ? err_sys(e, errno, "mkdir %s", path)
		             : 0;
		*p = '/';
		if (rc < 0)
			return rc;
	}
	return 0;
}

int scratch_put(const struct scratch *s, const char *name, const char *data, size_t len,
                struct err *e)
{
	struct buf path = { 0 };
	buf_addf(&path, "%s/%s", s->path.data, name);
	buf_cstr(&path);
	if (!buf_ok(&path))
		return err_set(e, -ENOMEM, "out of memory");
	int rc = make_parents(path.data, e), fd = -1;
	if (rc == 0) {
		fd = open(path.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		rc = fd < 0 ? -errno : io_write_all(fd, data, len);
		if (rc < 0)
			rc = err_sys(e, -rc, "write %s", path.data);
	}
	if (fd >= 0 && close(fd) < 0 && rc == 0)
		rc = err_sys(e, errno, "write %s", path.data);
	buf_free(&path);
	return rc;
}

#include "place.h"

#include "../base/err.h"
#include "../wire/wire.h"
#include "fds.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_NAME "errors.log"
enum { LOG_BYTES_MAX = 1 << 20 }; /* more than this is dropped at the next start */

/* ---- paths ---- */

static int default_path(char *buf, size_t cap, struct err *e)
{
	static const char name[] = "/" WIRE_SOCKET_NAME;
	int rc = wire_runtime_dir(buf, cap - sizeof(name), getenv("XDG_RUNTIME_DIR"),
	                          getenv("TMPDIR"), geteuid());

	if (rc < 0)
		return err_sys(e, -rc, "cannot name the runtime directory");
	memcpy(buf + strlen(buf), name, sizeof(name));
	return 0;
}

/* The daemon changes to "/", so a relative path must be made absolute now. */
static char *absolute(const char *path, struct err *e)
{
	char *full = NULL, *cwd = path[0] == '/' ? NULL : getcwd(NULL, 0);

	if (path[0] == '/')
		full = strdup(path);
	else if (cwd && asprintf(&full, "%s/%s", cwd, path) < 0)
		full = NULL;
	if (!full)
		err_put_sys(e, errno, "cannot make '%s' an absolute path", path);
	free(cwd);
	return full;
}

/* The caller's, or NULL with the reason. */
static char *find_path(const char *given, struct err *e)
{
	char buf[PATH_MAX];

	if (given && (!*given || given[strlen(given) - 1] == '/')) {
		err_put(e, "'%s' does not name a socket", given);
		return NULL;
	}
	if (!given && default_path(buf, sizeof(buf), e) < 0)
		return NULL;
	return absolute(given ? given : buf, e);
}

/* ---- the directory ---- */

/* Make every missing directory on the way to the last '/' of path, mode 0700. */
static int make_parents(char *path, struct err *e)
{
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		int failed = mkdir(path, 0700) < 0 && errno != EEXIST ? errno : 0;
		if (failed)
			err_put_sys(e, failed, "cannot make the directory '%s'", path);
		*p = '/';
		if (failed)
			return -failed;
	}
	return 0;
}

static int check_private(int dirfd, const char *dir, struct err *e)
{
	struct stat st;

	if (fstat(dirfd, &st) < 0)
		return err_sys(e, errno, "cannot look at '%s'", dir);
	if (st.st_uid != geteuid())
		return err_set(e, -EPERM,
		               "'%s' belongs to uid %u, not to you: remove it, or set "
		               "XDG_RUNTIME_DIR to a directory of your own",
		               dir, (unsigned)st.st_uid);
	if (st.st_mode & 077)
		return err_set(e, -EPERM,
		               "'%s' is open to others (mode %04o): make it private with "
		               "chmod 700 '%s'",
		               dir, (unsigned)(st.st_mode & 07777), dir);
	return 0;
}

static int open_private(const char *dir, struct err *e)
{
	int fd = open(*dir ? dir : "/", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0) {
		int errnum = errno;
		struct stat st;
		if (lstat(dir, &st) == 0 && S_ISLNK(st.st_mode))
			return err_set(e, -ELOOP,
			               "'%s' is a symbolic link: remove it, or set "
			               "XDG_RUNTIME_DIR to a directory of your own",
			               dir);
		return err_sys(e, errnum, "cannot open the directory '%s'", dir);
	}
	int rc = check_private(fd, dir, e);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	return fd;
}

/* ---- errors.log, which is also the lock ---- */

static int open_log(int dirfd, const char *dir, struct err *e)
{
	int fd = openat(dirfd, LOG_NAME,
	                O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0)
		return err_sys(e, errno, "cannot open '%s/" LOG_NAME "'", dir);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid()) {
		close(fd);
		return err_set(e, -EPERM, "'%s/" LOG_NAME "' is not a file of yours: remove it",
		               dir);
	}
	return fd;
}

int place_open(const char *socket_path, struct place *ret, struct err *e)
{
	struct place p = { .socket = find_path(socket_path, e), .lock = -1 };

	if (!p.socket)
		return -EINVAL;
	int rc = make_parents(p.socket, e);
	if (rc == 0) {
		char *slash = strrchr(p.socket, '/');
		*slash = '\0';
		int dirfd = open_private(p.socket, e);
		rc = dirfd < 0 ? dirfd : open_log(dirfd, p.socket, e);
		fd_close(&dirfd);
		*slash = '/';
	}
	if (rc < 0) {
		free(p.socket);
		return rc;
	}
	p.lock = rc;
	*ret = p;
	return 0;
}

void place_close(struct place *p)
{
	fd_close(&p->lock);
	free(p->socket);
	p->socket = NULL;
}

int place_lock(const struct place *p, struct err *e)
{
	struct stat st;

	while (flock(p->lock, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_sys(e, errno, "cannot lock " LOG_NAME " beside '%s'", p->socket);
	if (fstat(p->lock, &st) == 0 && st.st_nlink == 0) {
		place_unlock(p);
		return err_set(e, -ESTALE, LOG_NAME " beside '%s' was removed", p->socket);
	}
	return 0;
}

bool place_trylock(const struct place *p)
{
	return flock(p->lock, LOCK_EX | LOCK_NB) == 0;
}

void place_unlock(const struct place *p)
{
	flock(p->lock, LOCK_UN);
}

void place_trim_log(const struct place *p)
{
	struct stat st;

	if (fstat(p->lock, &st) == 0 && st.st_size > LOG_BYTES_MAX && ftruncate(p->lock, 0) < 0)
		return; /* it stays long; nothing depends on it */
}

/* ---- who is there? ---- */

int place_probe(const struct place *p, struct err *e)
{
	struct stat st;
	int fd = -1;

	/* connect(2) reports a file that is no socket as if it were a stale one. */
	if (stat(p->socket, &st) == 0 && !S_ISSOCK(st.st_mode))
		return err_set(e, -EEXIST, "'%s' exists and is not a socket: move it away",
		               p->socket);
	int rc = wire_connect(p->socket, &fd);
	if (rc == 0) {
		close(fd);
		return 1;
	}
	if (rc == -EPROTOTYPE)
		return err_set(e, rc, "'%s' is in use by another program", p->socket);
	if (rc != -ECONNREFUSED && rc != -ENOENT)
		return err_sys(e, -rc, "cannot find out who serves '%s'", p->socket);
	return 0;
}

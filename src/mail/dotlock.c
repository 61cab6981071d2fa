/* A lock file of ours holds two lines: the process, alone as other programs expect it there, and
 * "lei HOST START SPACE": what makes that number unique (when it started, in which PID namespace).
 * It is written under another name and linked, so that it is never seen half written. */
#include "dotlock.h"

#include "../base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT_MAX = 512 };
enum { STAT_STATE = 3, STAT_START = 22 }; /* fields of /proc/PID/stat */

struct dotlock {
	char *path, *tmp; /* the lock, and its name before */
	char text[TEXT_MAX];
	pid_t guard; /* 0: none */
	int held; /* the guard's sign that we are there; -1 */
};

/* ---- who ---- */

/* State and start of a process, as in /proc/PID/stat; false when there is no such process. */
static bool look_at(pid_t pid, char *ret_state, unsigned long long *ret_start)
{
	char path[64], text[1024];
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	const char *p = strrchr(text, ')'); /* the name before it may hold anything */
	if (!p || p[1] != ' ' || p[2] == '\0')
		return false;
	*ret_state = p[2];
	for (int field = STAT_STATE; field < STAT_START && p; field++)
		p = strchr(p + 2, ' ');
	if (p)
		*ret_start = strtoull(p, NULL, 10);
	return p != NULL;
}

/* "lei HOST START SPACE\n"; false where this system does not tell. */
static bool describe(pid_t pid, unsigned long long start, char *text, size_t size)
{
	char host[HOST_NAME_MAX + 1] = "", space[64] = "";
	if (gethostname(host, sizeof(host) - 1) < 0 || host[0] == '\0' || strpbrk(host, " \n"))
		return false;
	ssize_t n = readlink("/proc/self/ns/pid", space, sizeof(space) - 1);
	if (n <= 0)
		return false;
	int len = snprintf(text, size, "%d\nlei %s %llu %s\n", (int)pid, host, start, space);
	return len > 0 && (size_t)len < size;
}

static void describe_us(char *text, size_t size)
{
	char state;
	unsigned long long start;
	if (!look_at(getpid(), &state, &start) || !describe(getpid(), start, text, size))
		snprintf(text, size, "%d\n", (int)getpid());
}

static void read_text(int fd, char text[TEXT_MAX])
{
	ssize_t n = read(fd, text, TEXT_MAX - 1);
	text[n > 0 ? n : 0] = '\0';
}

/* Was it made by a lei of this machine that is gone? */
static bool is_stale(const char *text)
{
	char ours[TEXT_MAX], state, *host;
	unsigned long long start;
	long pid = strtol(text, &host, 10);
	const char *at = strncmp(host, "\nlei ", 5) == 0 ? strchr(host + 5, ' ') : NULL;
	if (!at || pid <= 0 || pid > INT_MAX)
		return false;
	unsigned long long said = strtoull(at, NULL, 10);
	if (!describe((pid_t)pid, said, ours, sizeof(ours)) || strcmp(text, ours) != 0)
		return false;
	return !look_at((pid_t)pid, &state, &start) || start != said || state == 'Z' ||
	       state == 'X';
}

static bool same_file(int fd, const char *path)
{
	struct stat a, b;
	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* Under a lock of the lock file itself, so that of two who find it stale only one removes it,
 * and not what has come in its place. */
static bool remove_stale(const char *path)
{
	char text[TEXT_MAX];
	bool gone = false;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && same_file(fd, path)) {
		read_text(fd, text);
		gone = is_stale(text) && unlink(path) == 0;
	}
	close(fd);
	return gone;
}

static char *lock_path(const char *path)
{
	char *ret;
	return asprintf(&ret, "%s.lock", path) < 0 ? NULL : ret;
}

pid_t dotlock_holder(const char *path)
{
	char text[TEXT_MAX] = "", *lock = lock_path(path);
	int fd = lock ? open(lock, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW) : -1;
	if (fd >= 0) {
		read_text(fd, text);
		close(fd);
	}
	free(lock);
	long pid = strtol(text, NULL, 10);
	return pid > 0 && pid <= INT_MAX ? (pid_t)pid : 0;
}

/* ---- the guard ---- */

/* Only what was made by whom we guard: the same text. */
static void remove_ours(const struct dotlock *l)
{
	char text[TEXT_MAX];
	int fd = open(l->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0)
		return;
	read_text(fd, text);
	if (strcmp(text, l->text) == 0)
		unlink(l->path);
	close(fd);
}

static void watch_over(const struct dotlock *l, int sign)
{
	char byte;
	dup2(sign, STDIN_FILENO);
	close_range(STDIN_FILENO + 1, ~0U, 0);
	ssize_t n;
	while ((n = read(STDIN_FILENO, &byte, 1)) < 0 && errno == EINTR)
		;
	if (n == 0) { /* nobody is there who could have said goodbye */
		unlink(l->tmp);
		remove_ours(l);
	}
	_exit(0);
}

static int start_guard(struct dotlock *l)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid_t pid = fork();
	if (pid == 0) {
		setpgid(0, 0); /* what is meant for the command is not meant for it */
		watch_over(l, ends[0]);
	}
	int rc = pid < 0 ? -errno : 0;
	close(ends[0]);
	if (rc < 0) {
		close(ends[1]);
		return rc;
	}
	setpgid(pid, pid); /* whoever comes first */
	l->guard = pid;
	l->held = ends[1];
	return 0;
}

/* ---- the lock ---- */

static int make_tmp(const struct dotlock *l)
{
	int fd = open(l->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	int rc = io_write_all(fd, l->text, strlen(l->text));
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	return rc;
}

static int make(struct dotlock *l)
{
	int rc = start_guard(l);
	if (rc < 0)
		return rc;
	unlink(l->tmp); /* of one that was killed, and had our number */
	rc = make_tmp(l);
	if (rc == 0 && link(l->tmp, l->path) < 0)
		rc = -errno;
	unlink(l->tmp);
	return rc;
}

static struct dotlock *new_for(const char *path)
{
	struct dotlock *l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->held = -1;
	l->path = lock_path(path);
	if (!l->path || asprintf(&l->tmp, "%s.%d", l->path, (int)getpid()) < 0) {
		free(l->path);
		free(l);
		return NULL;
	}
	describe_us(l->text, sizeof(l->text));
	return l;
}

int dotlock_try(const char *path, struct dotlock **ret)
{
	struct dotlock *l = new_for(path);
	if (!l)
		return -ENOMEM;
	int rc = access(l->path, F_OK) == 0 && !remove_stale(l->path) ? -EEXIST : make(l);
	if (rc < 0)
		dotlock_free(l);
	else
		*ret = l;
	return rc;
}

void dotlock_free(struct dotlock *l)
{
	if (!l)
		return;
	if (l->guard) {
		remove_ours(l);
		(void)!write(l->held, "", 1); /* others may have inherited this end */
		close(l->held);
		while (waitpid(l->guard, NULL, 0) < 0 && errno == EINTR)
			;
	}
	free(l->path);
	free(l->tmp);
	free(l);
}

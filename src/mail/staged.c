/* See staged.h. */
#include "staged.h"

#include "maildir.h"

#include "../base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void staged_name(const char *token, size_t number, char *name, size_t cap)
{
	snprintf(name, cap, "%s,%zx", token, number + 1);
}

/* The number of an inode is soon used again; with its time of birth it is not. */
static int token_of(int fd, const char *path, char token[STAGED_TOKEN_MAX])
{
	struct statx st;
	if (statx(fd, path, fd < 0 ? 0 : AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &st) < 0)
		return -errno;
	snprintf(token, STAGED_TOKEN_MAX, "%x:%x:%llx:%llx.%x", st.stx_dev_major, st.stx_dev_minor,
	         (unsigned long long)st.stx_ino, (unsigned long long)st.stx_btime.tv_sec,
	         st.stx_btime.tv_nsec);
	return 0;
}

int staged_token(int fd, char token[STAGED_TOKEN_MAX])
{
	return token_of(fd, "", token);
}

int staged_look(const char *path, char look[STAGED_TOKEN_MAX])
{
	struct statx st;
	char token[STAGED_TOKEN_MAX];
	int rc = token_of(AT_FDCWD, path, token);
	if (rc < 0)
		return rc;
	if (statx(AT_FDCWD, path, 0, STATX_SIZE | STATX_MTIME | STATX_CTIME, &st) < 0)
		return -errno;
	snprintf(look, STAGED_TOKEN_MAX, "%.64s %llx %llx.%x %llx.%x", token,
	         (unsigned long long)st.stx_size, (unsigned long long)st.stx_mtime.tv_sec,
	         st.stx_mtime.tv_nsec, (unsigned long long)st.stx_ctime.tv_sec,
	         st.stx_ctime.tv_nsec);
	return 0;
}

static int mbox_is_out(const char *path, const char *token, struct err *e)
{
	char now[STAGED_TOKEN_MAX];
	int rc = token_of(AT_FDCWD, path, now);
	if (rc == -ENOENT || rc == -ENOTDIR)
		return 0;
	return rc < 0 ? err_sys(e, -rc, "cannot look at %s", path) : strcmp(now, token) == 0;
}

static int open_tmp(const char *path)
{
	char tmp[4096];
	if (snprintf(tmp, sizeof(tmp), "%s/tmp", path) >= (int)sizeof(tmp))
		return -ENAMETOOLONG;
	int fd = open(tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Where a rename could replace a file, it got a link in its place first. */
static int mail_is_out(int tmp, const char *token, size_t number)
{
	char name[STAGED_TOKEN_MAX];
	struct stat st;
	staged_name(token, number, name, sizeof(name));
	if (fstatat(tmp, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 1 : -errno;
	return st.st_nlink > 1;
}

int staged_is_out(const char *path, enum mail_format f, const char *token, size_t number,
                  struct err *e)
{
	if (f != MAIL_MAILDIR)
		return mbox_is_out(path, token, e);
	int tmp = open_tmp(path);
	if (tmp == -ENOENT || tmp == -ENOTDIR)
		return 0;
	int rc = tmp < 0 ? tmp : mail_is_out(tmp, token, number);
	if (tmp >= 0)
		close(tmp);
	return rc < 0 ? err_sys(e, -rc, "cannot look into %s", path) : rc;
}

struct cleaning {
	int tmp;
	const char *token;
};

static int clean_one(void *rock, const char *name)
{
	const struct cleaning *c = rock;
	size_t len = strlen(c->token);
	if (strncmp(name, c->token, len) == 0 && name[len] == ',')
		unlinkat(c->tmp, name, 0);
	return 0;
}

void staged_clean(const char *path, enum mail_format f, const char *token)
{
	struct cleaning c = { f == MAIL_MAILDIR ? open_tmp(path) : -1, token };
	if (c.tmp < 0)
		return;
	maildir_each_name(c.tmp, clean_one, &c);
	close(c.tmp);
}

/* ---- what is left of the killed --------------------------------------------------------- */

/* As the writers call their files, and hardly anybody else: four numbers (maildir_writer.c). */
static bool is_staged_name(const char *name)
{
	int groups = 0;
	for (;;) {
		size_t n = strspn(name, "0123456789abcdef");
		if (n == 0)
			return false;
		groups++;
		name += n;
		if (*name != ',')
			return *name == '\0' && groups == 4;
		name++;
	}
}

static int sweep_one(void *rock, const char *name)
{
	const int *tmp = rock;
	if (is_staged_name(name))
		unlinkat(*tmp, name, 0);
	return 0;
}

void staged_sweep(const char *path, enum mail_format f)
{
	int tmp = f == MAIL_MAILDIR ? open_tmp(path) : -1;
	if (tmp < 0)
		return;
	if (flock(tmp, LOCK_EX | LOCK_NB) == 0)
		maildir_each_name(tmp, sweep_one, &tmp);
	close(tmp);
}

/* Where there are no such locks nothing is swept either. */
void staged_hold(int tmp)
{
	while (flock(tmp, LOCK_SH) < 0 && errno == EINTR)
		;
}

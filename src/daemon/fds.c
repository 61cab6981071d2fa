#include "fds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

void fd_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

static void sort_fds(int *fd, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j > 0 && fd[j - 1] > fd[j]; j--) {
			int t = fd[j];
			fd[j] = fd[j - 1];
			fd[j - 1] = t;
		}
}

int fds_close_except(int *keep, size_t n)
{
	unsigned from = STDERR_FILENO + 1;

	sort_fds(keep, n);
	for (size_t i = 0; i < n; i++) {
		if (keep[i] < (int)from)
			continue;
		if ((unsigned)keep[i] > from && close_range(from, (unsigned)keep[i] - 1, 0) < 0)
			return -errno;
		from = (unsigned)keep[i] + 1;
	}
	return close_range(from, ~0U, 0) < 0 ? -errno : 0;
}

int fd_type(int fd, mode_t *ret_type, dev_t *ret_rdev)
{
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &stx) < 0)
		return -errno;
	*ret_type = stx.stx_mode & S_IFMT;
	*ret_rdev = makedev(stx.stx_rdev_major, stx.stx_rdev_minor);
	return 0;
}

bool fd_reopens(mode_t type, dev_t rdev)
{
	enum { MAJOR_TTY = 4, MAJOR_PTS_FIRST = 136, MAJOR_PTS_LAST = 143 };
	unsigned m = major(rdev);

	/* Other devices may do something when opened: /dev/ptmx makes a new terminal. */
	if (S_ISCHR(type))
		return m == MAJOR_TTY || (m >= MAJOR_PTS_FIRST && m <= MAJOR_PTS_LAST);
	return S_ISFIFO(type);
}

int fd_reopen(int fd, int open_flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int own = open(path, open_flags | O_NOCTTY | O_CLOEXEC);
	return own < 0 ? -errno : own;
}

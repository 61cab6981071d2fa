#include "output.h"

#include "fds.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

typedef ssize_t put_fn(int fd, const void *data, size_t len);

static ssize_t put_socket(int fd, const void *data, size_t len)
{
	return send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static ssize_t put_file(int fd, const void *data, size_t len)
{
	return write(fd, data, len);
}

static ssize_t put_all(put_fn *put, int fd, const char *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = put(fd, data + done, len - done);
		if (n > 0)
			done += (size_t)n;
		else if (n < 0 && errno == EINTR)
			continue;
		else if (n < 0 && errno != EAGAIN)
			return -errno;
		else
			break;
	}
	return (ssize_t)done;
}

/* Files, and /dev/null with its kin, take a write at once. */
static bool never_blocks(mode_t type, dev_t rdev)
{
	enum { MAJOR_MEM = 1 };

	if (S_ISCHR(type))
		return major(rdev) == MAJOR_MEM;
	return S_ISREG(type) || S_ISDIR(type);
}

static ssize_t put_reopened(int fd, const char *data, size_t len)
{
	int own = fd_reopen(fd, O_WRONLY | O_NONBLOCK);

	if (own < 0)
		return 0; /* not ours to open, or gone: a worker finds out */
	ssize_t n = put_all(put_file, own, data, len);
	close(own);
	return n;
}

ssize_t output_try(int fd, const char *data, size_t len)
{
	mode_t type;
	dev_t rdev;

	if (len == 0)
		return 0;
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return -errno;
	/* Opening a pipe again could gain the right to write. */
	if ((flags & O_PATH) || (flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	int rc = fd_type(fd, &type, &rdev);
	if (rc < 0)
		return rc;
	if (S_ISSOCK(type))
		return put_all(put_socket, fd, data, len);
	if (never_blocks(type, rdev))
		return put_all(put_file, fd, data, len);
	return fd_reopens(type, rdev) ? put_reopened(fd, data, len) : 0;
}

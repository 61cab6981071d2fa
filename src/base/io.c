#include "io.h"

#include "buf.h"

#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

int io_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);
		if (n >= 0) {
			p += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

int io_memfd(const char *label, const void *data, size_t len, int *ret_fd)
{
	int fd = memfd_create(label, MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	int rc = io_write_all(fd, data, len);
	if (rc < 0)
		close(fd);
	else
		*ret_fd = fd;
	return rc;
}

int io_read_all(int fd, struct buf *out)
{
	for (;;) {
		char *room = buf_room(out, 4096);
		if (room == NULL)
			return -ENOMEM;
		ssize_t n = read(fd, room, 4096);
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		out->len += n > 0 ? (size_t)n : 0;
	}
}

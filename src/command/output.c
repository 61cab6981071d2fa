/* Standard output of a worker, as it came from the client. */
#include "cmd.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* A socket may come in non-blocking mode, which others share: it stays so. */
int cmd_write(const char *data, size_t len, struct err *e)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = write(STDOUT_FILENO, data + at, len - at);
		if (n >= 0)
			at += (size_t)n;
		else if (errno == EAGAIN)
			poll(&(struct pollfd){ .fd = STDOUT_FILENO, .events = POLLOUT }, 1, -1);
		else if (errno != EINTR)
			return err_sys(e, errno, "write to standard output");
	}
	return 0;
}

/* The work queue: a socket pair whose send buffer is as small as the kernel allows. */
#include "queue.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/err.h"
#include "../wire/wire.h"

enum { QUEUE_ITEM_MAX = 4096 };

/* Any value below the kernel's minimum (about 4.5 KB with its own overhead counted) asks for
 * that minimum: a handful of small datagrams, or one of the largest. */
enum { SMALLEST_BUFFER = 1 };

int queue_open(struct queue *q, struct err *e)
{
	int sv[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) < 0)
		return err_sys(e, errno, "cannot open a work queue");
	int size = SMALLEST_BUFFER;
	if (setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size) < 0) {
		int rc = err_sys(e, errno, "cannot bound a work queue");
		close(sv[0]);
		close(sv[1]);
		return rc;
	}
	q->put = sv[0];
	q->take = sv[1];
	return 0;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void queue_close(struct queue *q)
{
	close_end(&q->put);
	close_end(&q->take);
}

int queue_put(int put, const void *data, size_t len, int memfd, struct err *e)
{
	/* An empty datagram would look like the end. */
	if (len == 0 || len > QUEUE_ITEM_MAX)
		return err_set(e, -EINVAL, "%zu bytes do not fit into the work queue", len);
	int rc = wire_send(put, data, len, &memfd, memfd >= 0, 0);
	/* ECONNRESET: the last worker went with work unread. */
	if (rc == -EPIPE || rc == -ECONNRESET)
		return err_set(e, -EPIPE, "no worker is left to take work");
	return rc < 0 ? err_sys(e, -rc, "cannot hand over work") : 0;
}

int queue_take(int take, void *data, size_t cap, int *ret_memfd, struct err *e)
{
	struct wire_packet p = { .data = data, .cap = cap };
	int rc;
	do
		rc = wire_recv(take, &p, 0);
	while (rc == -EINTR);
	if (rc < 0)
		return err_sys(e, -rc, "cannot take work");
	if (p.nfds + p.extra > (p.len ? 1 : 0)) {
		wire_packet_close(&p);
		return err_set(e, -EBADMSG, "work came with descriptors it cannot have");
	}
	*ret_memfd = p.nfds ? p.fds[0] : -1;
	return (int)p.len;
}

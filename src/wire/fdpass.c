#include "wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel carries at most 253 descriptors in one datagram: room for all of them, so that
 * what we do not want can be closed instead of cut; and for credentials nobody asked for. */
enum { KERNEL_FDS_MAX = 253 };
#define CONTROL_MAX (CMSG_SPACE(sizeof(int) * KERNEL_FDS_MAX) + CMSG_SPACE(sizeof(struct ucred)))

int wire_send(int sock, const void *data, size_t len, const int *fds, size_t nfds, int flags)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int) * WIRE_FDS_MAX)];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = (void *)(uintptr_t)data, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	if (nfds > WIRE_FDS_MAX)
		return -EINVAL;
	if (nfds) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * nfds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * nfds);
	}
	ssize_t n;
	do
		n = sendmsg(sock, &msg, flags | MSG_NOSIGNAL | MSG_EOR);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static void take_fds(struct wire_packet *p, const struct cmsghdr *c)
{
	size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	for (size_t i = 0; i < n; i++) {
		int fd;
		memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
		if (p->nfds < WIRE_FDS_MAX) {
			p->fds[p->nfds++] = fd;
		} else {
			close(fd);
			p->extra++;
		}
	}
}

int wire_recv(int sock, struct wire_packet *p, int flags)
{
	union {
		char bytes[CONTROL_MAX];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = p->data, .iov_len = p->cap };
	struct msghdr msg = { .msg_iov = &iov,
		              .msg_iovlen = 1,
		              .msg_control = control.bytes,
		              .msg_controllen = sizeof(control.bytes) };
	p->len = p->nfds = p->extra = 0;
	ssize_t n = recvmsg(sock, &msg, flags | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			take_fds(p, c);
	if (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		wire_packet_close(p);
		p->extra = 0;
		return -EMSGSIZE;
	}
	p->len = (size_t)n;
	return 0;
}

void wire_packet_close(struct wire_packet *p)
{
	for (size_t i = 0; i < p->nfds; i++) {
		if (p->fds[i] >= 0)
			close(p->fds[i]);
		p->fds[i] = -1;
	}
	p->nfds = 0;
}

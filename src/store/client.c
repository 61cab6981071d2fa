#include "proto.h"

#include "../wire/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Bytes of datagrams in flight; the kernel rounds up to its minimum, which holds a few.  This,
 * not a counter, is what makes a fast parser wait for the disk. */
enum { SEND_BUFFER = 1024 };

int store_connect(int door, int *ret_conn, struct err *e)
{
	int fds[2], size = SEND_BUFFER;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return err_sys(e, errno, "cannot make a socket pair");
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	int rc = wire_send(door, "s", 1, &fds[1], 1, MSG_DONTWAIT);
	close(fds[1]);
	if (rc < 0) {
		close(fds[0]);
		rc = rc == -ECONNRESET ? -EPIPE : rc;
		return err_sys(e, -rc, "cannot reach the store's writer");
	}
	*ret_conn = fds[0];
	return 0;
}

/* The writer has hung up: its last word, left in place for the others, or that it has none. */
static int last_word(int conn, struct err *e)
{
	struct proto_answer a;
	ssize_t n;

	do
		n = recv(conn, &a, sizeof(a), MSG_PEEK | MSG_DONTWAIT);
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n != (ssize_t)sizeof(a) || a.rc >= 0)
		return err_set(e, -EPIPE, "the store's writer has gone");
	a.text[sizeof(a.text) - 1] = '\0';
	return err_set(e, -EPIPE, "%s", a.text);
}

int store_put(int conn, uint64_t seq, int memfd, size_t len, struct err *e)
{
	struct proto_request q = { .op = PROTO_PUT, .seq = seq, .len = len };
	int rc = wire_send(conn, &q, sizeof(q), &memfd, 1, 0);

	if (rc == -EPIPE || rc == -ECONNRESET)
		return last_word(conn, e);
	return rc < 0 ? err_sys(e, -rc, "cannot reach the store's writer") : 0;
}

static int receive(int conn, struct store_counts *ret, struct err *e)
{
	struct proto_answer a;
	ssize_t n;

	do /* ECONNRESET is reported once, before what was sent to us */
		n = recv(conn, &a, sizeof(a), 0);
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0)
		return err_sys(e, errno, "no answer from the store's writer");
	if (n != (ssize_t)sizeof(a))
		return err_set(e, -EPIPE, "the store's writer died");
	a.text[sizeof(a.text) - 1] = '\0';
	if (a.rc < 0)
		return err_set(e, a.rc, "%s", a.text);
	if (ret)
		*ret = a.counts;
	return 0;
}

static int ask(int conn, enum proto_op op, uint64_t n, struct store_counts *ret, struct err *e)
{
	struct proto_request q = { .op = op, .seq = n };
	int rc = wire_send(conn, &q, sizeof(q), NULL, 0, 0);

	if (rc < 0 && rc != -EPIPE && rc != -ECONNRESET)
		return err_sys(e, -rc, "cannot reach the store's writer");
	return receive(conn, ret, e);
}

int store_commit(int conn, uint64_t nbatches, struct store_counts *ret, struct err *e)
{
	return ask(conn, PROTO_COMMIT, nbatches, ret, e);
}

int store_ensure(int conn, struct err *e)
{
	return ask(conn, PROTO_ENSURE, 0, NULL, e);
}

int store_subscribe(int conn, struct err *e)
{
	return ask(conn, PROTO_SUBSCRIBE, 0, NULL, e);
}

int store_news(int conn)
{
	struct proto_answer a;
	ssize_t n;

	do
		n = recv(conn, &a, sizeof(a), MSG_DONTWAIT);
	while (n > 0 || (n < 0 && errno == EINTR));
	return n < 0 && errno == EAGAIN ? 0 : -EPIPE;
}

/* What a broken daemon may send to the client.  A reply that parses is sent over a socket and
 * parsed again to the same. */
#include "wire/wire.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int send_again(int sock, const struct wire_reply *r)
{
	switch (r->kind) {
	case WIRE_X_IT:
		return r->status > INT_MAX ? -ERANGE : wire_send_x_it(sock, (int)r->status, 0);
	case WIRE_CHILD_ERROR:
		return r->status > INT_MAX ? -ERANGE
		                           : wire_send_child_error(sock, (int)r->status, 0);
	case WIRE_EXEC:
		return wire_send_exec(sock, r->exec.argv, r->exec.envp, NULL, 0, 0);
	default:
		return -ENOMSG;
	}
}

static void assert_same(const struct wire_reply *a, const struct wire_reply *b)
{
	assert(a->kind == b->kind && a->status == b->status);
	assert(a->exec.argc == b->exec.argc && a->exec.envc == b->exec.envc);
	for (size_t i = 0; i < a->exec.argc; i++)
		assert(!strcmp(a->exec.argv[i], b->exec.argv[i]));
	for (size_t i = 0; i < a->exec.envc; i++)
		assert(!strcmp(a->exec.envp[i], b->exec.envp[i]));
}

static void round_trip(const struct wire_reply *r)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		abort();
	if (send_again(pair[0], r) == 0) {
		struct wire_packet p = { .data = malloc(WIRE_REPLY_MAX), .cap = WIRE_REPLY_MAX };
		struct wire_reply again;
		assert(p.data && wire_recv(pair[1], &p, MSG_DONTWAIT) == 0 && p.nfds == 0);
		assert(wire_reply_parse(p.data, p.len, &again) == 0);
		assert_same(r, &again);
		wire_reply_done(&again);
		free(p.data);
	}
	close(pair[0]);
	close(pair[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_reply r;
	if (wire_reply_parse((const char *)data, size, &r) == 0) {
		round_trip(&r);
		wire_reply_done(&r);
	}
	return 0;
}

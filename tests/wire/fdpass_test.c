#include "testing.h"
#include "wire/wire.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { MANY = 253 }; /* as many as the kernel takes in one datagram */

/* Past wire_send, as a stranger would. */
static void send_raw(int sock, const void *data, size_t len, size_t nfds)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int) * MANY)];
		struct cmsghdr align;
	} control;
	memset(&control, 0, sizeof(control));
	struct iovec iov = { .iov_base = (void *)(uintptr_t)data, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov,
		              .msg_iovlen = 1,
		              .msg_control = control.bytes,
		              .msg_controllen = CMSG_SPACE(sizeof(int) * nfds) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * nfds);
	for (size_t i = 0; i < nfds; i++)
		memcpy(CMSG_DATA(c) + i * sizeof(int), &(int){ STDERR_FILENO }, sizeof(int));
	assert_int_equal(sendmsg(sock, &msg, 0), (ssize_t)len);
}

static void passes_descriptors_close_on_exec(void **state)
{
	(void)state;
	static const size_t counts[] = { 0, 1, 2, WIRE_REQUEST_FDS, WIRE_FDS_MAX };
	size_t before = count_fds();
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		int pair[2], fds[WIRE_FDS_MAX];
		make_pair(pair);
		for (size_t k = 0; k < WIRE_FDS_MAX; k++)
			fds[k] = pair[k % 2];
		assert_int_equal(wire_send(pair[0], "hi", 2, fds, counts[i], 0), 0);

		char buf[8];
		struct wire_packet p = { .data = buf, .cap = sizeof(buf), .nfds = 77 };
		assert_int_equal(wire_recv(pair[1], &p, 0), 0);
		assert_int_equal(p.len, 2);
		assert_memory_equal(buf, "hi", 2);
		assert_int_equal(p.nfds, counts[i]);
		assert_int_equal(p.extra, 0);
		for (size_t k = 0; k < p.nfds; k++) {
			struct stat sent, got;
			assert_int_equal(fcntl(p.fds[k], F_GETFD), FD_CLOEXEC);
			assert_int_equal(fstat(fds[k], &sent), 0);
			assert_int_equal(fstat(p.fds[k], &got), 0);
			assert_true(sent.st_ino == got.st_ino);
		}
		wire_packet_close(&p);
		assert_int_equal(p.nfds, 0);
		wire_packet_close(&p);
		close_pair(pair);
	}
	assert_int_equal(count_fds(), before);
}

static void closes_descriptors_beyond_the_limit(void **state)
{
	(void)state;
	static const size_t counts[] = { WIRE_FDS_MAX + 1, 100, MANY };
	size_t before = count_fds();
	int pair[2];
	make_pair(pair);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		char buf[8];
		struct wire_packet p = { .data = buf, .cap = sizeof(buf) };
		send_raw(pair[0], "x", 1, counts[i]);
		assert_int_equal(wire_recv(pair[1], &p, 0), 0);
		assert_int_equal(p.nfds, WIRE_FDS_MAX);
		assert_int_equal(p.extra, counts[i] - WIRE_FDS_MAX);
		assert_int_equal(count_fds(), before + 2 + WIRE_FDS_MAX);
		wire_packet_close(&p);
	}
	close_pair(pair);
	assert_int_equal(count_fds(), before);
}

static void refuses_to_send_too_many(void **state)
{
	(void)state;
	int pair[2], fds[WIRE_FDS_MAX + 1] = { 0 };
	make_pair(pair);
	assert_int_equal(wire_send(pair[0], "x", 1, fds, WIRE_FDS_MAX + 1, 0), -EINVAL);
	close_pair(pair);
}

static void empty_datagrams_still_hand_over_descriptors(void **state)
{
	(void)state;
	size_t before = count_fds();
	int pair[2], fds[2] = { 1, 2 };
	make_pair(pair);
	assert_int_equal(wire_send(pair[0], "", 0, fds, 2, 0), 0);
	char buf[8];
	struct wire_packet p = { .data = buf, .cap = sizeof(buf) };
	assert_int_equal(wire_recv(pair[1], &p, 0), 0);
	assert_int_equal(p.len, 0);
	assert_int_equal(p.nfds, 2);
	wire_packet_close(&p);
	close_pair(pair);
	assert_int_equal(count_fds(), before);
}

static void a_cut_datagram_is_an_error(void **state)
{
	(void)state;
	size_t before = count_fds();
	int pair[2], fds[2] = { 1, 2 };
	make_pair(pair);
	assert_int_equal(wire_send(pair[0], "12345678", 8, fds, 2, 0), 0);
	assert_int_equal(wire_send(pair[0], "123456789", 9, fds, 2, 0), 0);
	char buf[8];
	struct wire_packet p = { .data = buf, .cap = sizeof(buf) };
	assert_int_equal(wire_recv(pair[1], &p, 0), 0);
	wire_packet_close(&p);
	assert_int_equal(wire_recv(pair[1], &p, 0), -EMSGSIZE);
	assert_int_equal(p.nfds, 0);
	close_pair(pair);
	assert_int_equal(count_fds(), before);
}

/* Valgrind keeps the limit to itself: then the kernel has nothing to cut by. */
static bool kernel_knows_limit(rlim_t cur)
{
	char line[256];
	unsigned long got = 0;
	FILE *f = fopen("/proc/self/limits", "re");
	while (f && fgets(line, sizeof(line), f) && !sscanf(line, "Max open files %lu", &got))
		;
	if (f)
		fclose(f);
	return got == cur;
}

/* The kernel cuts the control data when the receiver may not open that many. */
static void cut_descriptors_are_an_error(void **state)
{
	(void)state;
	size_t before = count_fds();
	struct rlimit was, low;
	int pair[2];
	make_pair(pair);
	send_raw(pair[0], "x", 1, 8);
	int lowest = dup(0); /* the next free number: room for three more */
	close(lowest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	low = was;
	low.rlim_cur = (rlim_t)lowest + 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	bool known = kernel_knows_limit(low.rlim_cur);
	char buf[8];
	struct wire_packet p = { .data = buf, .cap = sizeof(buf) };
	int rc = wire_recv(pair[1], &p, 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	if (known) {
		assert_int_equal(rc, -EMSGSIZE);
		assert_int_equal(p.nfds, 0);
		assert_int_equal(p.extra, 0);
	}
	wire_packet_close(&p);
	close_pair(pair);
	assert_int_equal(count_fds(), before);
}

static void tells_nothing_yet_from_end_of_file(void **state)
{
	(void)state;
	int pair[2];
	char buf[8];
	struct wire_packet p = { .data = buf, .cap = sizeof(buf), .len = 77, .nfds = 77 };
	make_pair(pair);
	assert_int_equal(wire_recv(pair[1], &p, MSG_DONTWAIT), -EAGAIN);
	assert_int_equal(p.nfds, 0);
	close(pair[0]);
	assert_int_equal(wire_recv(pair[1], &p, MSG_DONTWAIT), 0);
	assert_int_equal(p.len, 0);
	close(pair[1]);
}

static void a_full_socket_does_not_block(void **state)
{
	(void)state;
	int pair[2], rc;
	make_pair(pair);
	do
		rc = wire_send(pair[0], "filling", 7, NULL, 0, MSG_DONTWAIT);
	while (!rc);
	assert_int_equal(rc, -EAGAIN);
	close_pair(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_descriptors_close_on_exec),
		cmocka_unit_test(closes_descriptors_beyond_the_limit),
		cmocka_unit_test(refuses_to_send_too_many),
		cmocka_unit_test(empty_datagrams_still_hand_over_descriptors),
		cmocka_unit_test(a_cut_datagram_is_an_error),
		cmocka_unit_test(cut_descriptors_are_an_error),
		cmocka_unit_test(tells_nothing_yet_from_end_of_file),
		cmocka_unit_test(a_full_socket_does_not_block),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The work queue: each piece to exactly one worker, bounded, and nobody waits in vain. */
#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "worker/pool.h"
#include "worker/queue.h"

enum { ITEMS = 2000, WORKERS = 4 };

static void open_queue(struct queue *q)
{
	struct err e = { "" };
	assert_int_equal(0, queue_open(q, &e));
	assert_true(fcntl(q->put, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(q->take, F_GETFD) & FD_CLOEXEC);
}

static int memfd_with(uint32_t content)
{
	int fd = memfd_create("work", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(sizeof content, write(fd, &content, sizeof content));
	return fd;
}

/* ---- within one process ---- */

static void a_piece_arrives_whole(void **state)
{
	(void)state;
	static char sent[4096], got[4096];
	memset(sent, 'w', sizeof sent);
	const size_t lengths[] = { 1, 2, 100, 4095, 4096 };
	size_t fds = open_fds();
	struct queue q;
	struct err e = { "" };
	open_queue(&q);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		int memfd = 77;
		assert_int_equal(0, queue_put(q.put, sent, lengths[i], -1, &e));
		assert_int_equal(lengths[i], queue_take(q.take, got, sizeof got, &memfd, &e));
		assert_int_equal(-1, memfd);
		assert_memory_equal(sent, got, lengths[i]);
	}
	queue_close(&q);
	assert_int_equal(-1, q.put);
	assert_int_equal(-1, q.take);
	queue_close(&q);
	assert_int_equal(fds, open_fds());
}

static void what_does_not_fit_is_refused(void **state)
{
	(void)state;
	static char data[4097];
	char small[4];
	int memfd = 77;
	struct queue q;
	struct err e = { "" };
	open_queue(&q);
	assert_int_equal(-EINVAL, queue_put(q.put, data, 0, -1, &e));
	assert_int_equal(-EINVAL, queue_put(q.put, data, sizeof data, -1, &e));
	assert_string_equal("4097 bytes do not fit into the work queue", e.text);
	assert_int_equal(0, queue_put(q.put, data, sizeof small + 1, -1, &e));
	assert_int_equal(-EMSGSIZE, queue_take(q.take, small, sizeof small, &memfd, &e));
	assert_int_equal(77, memfd);
	assert_int_equal(-EBADF, queue_put(-1, data, 1, -1, &e));
	assert_int_equal(-EBADF, queue_take(-1, small, sizeof small, &memfd, &e));
	queue_close(&q);
}

static void a_memfd_travels_beside_it(void **state)
{
	(void)state;
	size_t fds = open_fds();
	struct queue q;
	struct err e = { "" };
	open_queue(&q);
	for (uint32_t i = 0; i < 50; i++) {
		char data[16];
		int sent = memfd_with(i), got = -1;
		uint32_t content = UINT32_MAX;
		assert_int_equal(0, queue_put(q.put, "x", 1, sent, &e));
		close(sent);
		assert_int_equal(1, queue_take(q.take, data, sizeof data, &got, &e));
		assert_true(fcntl(got, F_GETFD) & FD_CLOEXEC);
		assert_int_equal(sizeof content, pread(got, &content, sizeof content, 0));
		assert_int_equal(i, content);
		close(got);
	}
	/* Sent and never taken: gone with the queue. */
	int memfd = memfd_with(0);
	assert_int_equal(0, queue_put(q.put, "x", 1, memfd, &e));
	close(memfd);
	queue_close(&q);
	assert_int_equal(fds, open_fds());
}

static void more_descriptors_than_agreed_are_refused(void **state)
{
	(void)state;
	struct queue q;
	struct err e = { "" };
	open_queue(&q);
	size_t fds = open_fds();
	for (size_t len = 0; len < 2; len++) {
		int two[2] = { q.put, q.take }, memfd = 77;
		union {
			char bytes[CMSG_SPACE(sizeof two)];
			struct cmsghdr align;
		} control = { .bytes = { 0 } };
		struct iovec iov = { .iov_base = "x", .iov_len = len };
		struct msghdr msg = { .msg_iov = &iov,
			              .msg_iovlen = 1,
			              .msg_control = control.bytes,
			              .msg_controllen = sizeof control.bytes };
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof two);
		memcpy(CMSG_DATA(c), two, sizeof two);
		assert_int_equal(len, sendmsg(q.put, &msg, 0));
		char data[4];
		assert_int_equal(-EBADMSG, queue_take(q.take, data, sizeof data, &memfd, &e));
		assert_int_equal(fds, open_fds());
	}
	queue_close(&q);
}

static size_t fill(int put, size_t len)
{
	static const char data[4096];
	struct err e = { "" };
	size_t n = 0;
	fcntl(put, F_SETFL, fcntl(put, F_GETFL) | O_NONBLOCK);
	while (queue_put(put, data, len, -1, &e) == 0)
		n++;
	assert_non_null(strstr(e.text, "cannot hand over work: "));
	return n;
}

static void work_in_flight_is_bounded(void **state)
{
	(void)state;
	struct queue q;
	open_queue(&q);
	assert_in_range(fill(q.put, 16), 2, 10);
	queue_close(&q);
	open_queue(&q);
	assert_in_range(fill(q.put, 4096), 1, 4);
	queue_close(&q);
}

static void the_end_comes_after_the_work(void **state)
{
	(void)state;
	char data[8];
	int memfd;
	struct queue q;
	struct err e = { "" };
	open_queue(&q);
	assert_int_equal(0, queue_put(q.put, "a", 1, -1, &e));
	assert_int_equal(0, queue_put(q.put, "b", 1, -1, &e));
	close(q.put);
	q.put = -1;
	assert_int_equal(1, queue_take(q.take, data, sizeof data, &memfd, &e));
	assert_int_equal(1, queue_take(q.take, data, sizeof data, &memfd, &e));
	assert_int_equal('b', data[0]);
	assert_int_equal(0, queue_take(q.take, data, sizeof data, &memfd, &e));
	assert_int_equal(0, queue_take(q.take, data, sizeof data, &memfd, &e));
	queue_close(&q);
}

/* ---- with workers ---- */

struct shared { /* seen by all siblings */
	uint32_t taken[ITEMS];
	uint32_t wrong;
};

struct crew {
	struct queue q;
	struct pool pool;
	struct shared *shared;
	uint32_t quit_after; /* pieces a worker takes before it ends badly; 0: works to the end */
};

static int work(void *rock)
{
	struct crew *c = rock;
	uint32_t item, content, done = 0;
	size_t fds = open_fds() - 1; /* without `put` */
	int memfd, got;
	close(c->q.put);
	while ((got = queue_take(c->q.take, &item, sizeof item, &memfd, NULL)) == sizeof item) {
		if (pread(memfd, &content, sizeof content, 0) != sizeof content || content != item)
			__atomic_add_fetch(&c->shared->wrong, 1, __ATOMIC_SEQ_CST);
		close(memfd);
		__atomic_add_fetch(&c->shared->taken[item], 1, __ATOMIC_SEQ_CST);
		if (++done == c->quit_after)
			kill(getpid(), SIGKILL);
	}
	return got != 0 || fds != open_fds();
}

static void crew_start(struct crew *c, uint32_t quit_after)
{
	*c = (struct crew){ .quit_after = quit_after };
	c->shared = mmap(NULL, sizeof *c->shared, PROT_READ | PROT_WRITE,
	                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(c->shared != MAP_FAILED);
	open_queue(&c->q);
	for (int i = 0; i < WORKERS; i++)
		assert_int_equal(0, pool_fork(&c->pool, work, c, NULL));
	close(c->q.take);
	c->q.take = -1;
}

static void crew_end(struct crew *c)
{
	queue_close(&c->q);
	munmap(c->shared, sizeof *c->shared);
	no_child_is_left();
}

static int put_item(struct crew *c, uint32_t item, struct err *e)
{
	int memfd = memfd_with(item);
	int rc = queue_put(c->q.put, &item, sizeof item, memfd, e);
	close(memfd);
	return rc;
}

static void each_piece_goes_to_exactly_one_worker(void **state)
{
	(void)state;
	size_t fds = open_fds();
	struct crew c;
	struct err e = { "" };
	crew_start(&c, 0);
	for (uint32_t i = 0; i < ITEMS; i++)
		assert_int_equal(0, put_item(&c, i, &e));
	close(c.q.put);
	c.q.put = -1;
	assert_int_equal(0, pool_wait(&c.pool, &e));
	assert_string_equal("", e.text);
	for (uint32_t i = 0; i < ITEMS; i++)
		assert_int_equal(1, c.shared->taken[i]);
	assert_int_equal(0, c.shared->wrong);
	crew_end(&c);
	assert_int_equal(fds, open_fds());
}

static void a_worker_that_crashes_is_reported(void **state)
{
	(void)state;
	struct crew c;
	struct err e = { "" };
	crew_start(&c, 0);
	kill(c.pool.pids[2], SIGSEGV);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(0, put_item(&c, i, &e));
	close(c.q.put);
	c.q.put = -1;
	assert_int_equal(-ECHILD, pool_wait(&c.pool, &e));
	assert_non_null(strstr(e.text, "died of signal 11 (Segmentation fault)"));
	crew_end(&c);
}

/* They take three each and die; the producer blocks on the full queue, then is released. */
static void the_producer_is_released_when_all_workers_die(void **state)
{
	(void)state;
	struct crew c;
	struct err e = { "" };
	int rc = 0;
	uint32_t put = 0;
	crew_start(&c, 3);
	while (put < ITEMS && (rc = put_item(&c, put, &e)) == 0)
		put++;
	assert_int_equal(-EPIPE, rc);
	assert_string_equal("no worker is left to take work", e.text);
	assert_in_range(put, WORKERS * 3, WORKERS * 3 + 10);
	assert_int_equal(-EPIPE, put_item(&c, 0, &e));
	assert_int_equal(-ECHILD, pool_wait(&c.pool, &e));
	assert_non_null(strstr(e.text, "died of signal 9 (Killed)"));
	crew_end(&c);
}

static void killed_workers_take_nothing_more(void **state)
{
	(void)state;
	struct crew c;
	struct err e = { "" };
	crew_start(&c, 0);
	assert_int_equal(0, put_item(&c, 0, &e));
	pool_kill(&c.pool, SIGKILL);
	int rc = 0;
	for (uint32_t i = 1; i < 100 && rc == 0; i++)
		rc = put_item(&c, i, &e);
	assert_int_equal(-EPIPE, rc);
	crew_end(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_piece_arrives_whole),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(a_memfd_travels_beside_it),
		cmocka_unit_test(more_descriptors_than_agreed_are_refused),
		cmocka_unit_test(work_in_flight_is_bounded),
		cmocka_unit_test(the_end_comes_after_the_work),
		cmocka_unit_test(each_piece_goes_to_exactly_one_worker),
		cmocka_unit_test(a_worker_that_crashes_is_reported),
		cmocka_unit_test(the_producer_is_released_when_all_workers_die),
		cmocka_unit_test(killed_workers_take_nothing_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

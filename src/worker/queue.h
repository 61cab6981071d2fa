/* The work queue: one SOCK_SEQPACKET pair that siblings share.  Each datagram is one piece of
 * work, taken by exactly one worker; bulk bytes travel beside it in a memfd.  The kernel's small
 * send buffer is the bound on work in flight, so memory does not grow with the input.
 *
 * Order: queue_open, pool_fork the workers (each closes `put` first, or the end never comes),
 * close `take` (or a producer whose workers all died waits for ever), queue_put, close `put`,
 * pool_wait. */
#ifndef WORKER_QUEUE_H
#define WORKER_QUEUE_H

#include <stddef.h>
#include <stdint.h>

struct err;

struct queue {
	int put; /* the producer's end */
	int take; /* the workers' end, shared by all of them */
};

int queue_open(struct queue *q, struct err *e); /* both ends close-on-exec, blocking */
void queue_close(struct queue *q); /* whatever is still open; sets -1 */

/* Hand over one piece of work: `data` (1 to 4096 bytes) and, if memfd >= 0, a descriptor that
 * stays the caller's.  Blocks while the queue is full.  0, or -EPIPE when no worker is left,
 * or another -errno. */
int queue_put(int put, const void *data, size_t len, int memfd, struct err *e);
/* Take one piece of work: its length, 0 at the end (every producer closed), or -errno
 * (-EMSGSIZE: longer than `cap`; it is lost).  *ret_memfd is the caller's and close-on-exec, -1
 * if there was none. */
int queue_take(int take, void *data, size_t cap, int *ret_memfd, struct err *e);

#endif

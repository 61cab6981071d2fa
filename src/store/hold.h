/* Batches that came before their turn.  Memory and descriptors are bounded: what exceeds the
 * bound waits in a nameless file beside the store. */
#ifndef STORE_HOLD_H
#define STORE_HOLD_H

#include "../base/buf.h"

struct err;

enum {
	HOLD_FDS = 16, /* batches kept as they came, in memory */
	HOLD_AHEAD = 1 << 20, /* a batch further ahead than this is a mistake */
};

struct held {
	uint64_t seq, len, at; /* at: offset in the file when fd is -1 */
	int fd;
};

struct hold { /* hold_init before use, hold_done after */
	struct held *items; /* unsorted */
	size_t n, cap, nfds;
	int spill; /* -1 until needed */
	uint64_t spill_len;
};

void hold_init(struct hold *h);
void hold_done(struct hold *h);
/* Keep batch `seq`; takes *fd (sets it -1) on success.  -EEXIST: that number is held. */
int hold_add(struct hold *h, const char *dir, uint64_t seq, int *fd, uint64_t len, struct err *e);
/* Read batch `seq` into `out` and forget it: 1, 0 if it is not here, -errno. */
int hold_take(struct hold *h, uint64_t seq, struct buf *out, struct err *e);
/* Read the first `len` bytes of fd, which must have them. */
int hold_read(int fd, uint64_t at, uint64_t len, struct buf *out, struct err *e);

#endif

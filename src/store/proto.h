/* Datagrams between a command and the writer; both ends are always of one build. */
#ifndef STORE_PROTO_H
#define STORE_PROTO_H

#include "../base/err.h"
#include "writer.h"

#define PROTO_BATCH_MAX ((uint64_t)3 << 30) /* bytes; more than a batch can need */

enum proto_op {
	PROTO_PUT = 1, /* with one descriptor, the batch */
	PROTO_COMMIT, /* answered */
	PROTO_ENSURE, /* answered */
	PROTO_SUBSCRIBE, /* answered, then again whenever the outbox has grown */
};

struct proto_request {
	uint32_t op;
	uint32_t zero;
	uint64_t seq; /* PUT: the batch's number; COMMIT: how many batches there are */
	uint64_t len; /* PUT: bytes of the batch */
};

/* Also sent unasked when a session has failed; the writer then hangs up. */
struct proto_answer {
	int32_t rc;
	uint32_t zero;
	struct store_counts counts;
	char text[ERR_TEXT_MAX];
};

#endif

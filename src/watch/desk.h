/* The desk: the store as the watcher sees it.  What is known is read from it; changes are
 * collected, put to the writer in batches, and committed together. */
#ifndef WATCH_DESK_H
#define WATCH_DESK_H

#include "../store/sync.h"
#include "watch.h"

struct desk {
	const struct watch_setup *setup;
	struct store *store;
	struct encoder *encoder;
	int conn; /* to the writer */
	uint64_t seq; /* batches that went through it */
	struct buf batch; /* the next one */
	size_t changes; /* in it */
	size_t waiting; /* bytes put, but not committed */
	struct buf file, canon, name; /* scratch */
	struct watch_counts counts;
	bool
	    patient; /* we shall hear when a file that is being written is closed; SIGIO is ignored */
	bool broken; /* the writer cannot be reached, or refused: open another desk */
};

/* `conn` stays the caller's and is fresh. */
int desk_open(struct desk *d, const struct watch_setup *setup, int conn, struct err *e);
void desk_close(struct desk *d); /* what was not put is lost; zeroed is fine */

int desk_edit(struct desk *d, const struct edit *ed, struct err *e);
struct message;
struct record_marks;
int desk_record(struct desk *d, const struct message *m, const char *raw, size_t len, bool whole,
                const struct record_marks *marks, struct err *e);
bool desk_full(const struct desk *d); /* put it before adding more */
int desk_put(struct desk *d, struct err *e);
int desk_commit(struct desk *d, struct err *e); /* puts what there is; durable afterwards */
bool desk_idle(const struct desk *d); /* everything is committed */

void desk_log(const struct desk *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif

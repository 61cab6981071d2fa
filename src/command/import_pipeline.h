/* The import pipeline: the leader splits, siblings parse, the store's writer stores.
 *
 *     leader --queue--> sibling 1..n --store_put--> writer
 *
 * Batches are numbered by the leader, and the writer applies them in that order, so the result
 * does not depend on who was faster.  The first batch stays in memory: mail that fits into it
 * is parsed by the leader itself, without a fork. */
#ifndef COMMAND_IMPORT_PIPELINE_H
#define COMMAND_IMPORT_PIPELINE_H

#include "import_batch.h"

#include "../store/edit.h"
#include "../store/writer.h"
#include "../worker/pool.h"
#include "../worker/queue.h"

#include <stdio.h>

struct pipeline {
	int conn; /* to the writer; the caller's */
	size_t jobs; /* siblings to fork when they are needed */
	struct marks marks;
	FILE *errs; /* where siblings say what went wrong */
	/* private */
	struct queue queue;
	struct pool pool;
	struct buf batch, edits;
	uint64_t nbatches; /* handed over */
	bool running;
};

/* `folder`: the URL of the one in which m->name is, NULL for none. */
int pipeline_add(struct pipeline *p, const struct raw_mail *m, const char *folder, struct err *e);
/* Applied after all mail. */
int pipeline_edit(struct pipeline *p, const struct edit *ed, struct err *e);
/* Wait until all is durable.  0 is the only success.  Frees what the pipeline holds. */
int pipeline_finish(struct pipeline *p, struct store_counts *ret, struct err *e);
void pipeline_abort(struct pipeline *p); /* kill the siblings, free */

#endif

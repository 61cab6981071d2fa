/* Edits (store/edit.h) from a command to the store's writer. */
#ifndef COMMAND_EDITS_H
#define COMMAND_EDITS_H

#include "cmd.h"

#include "../base/buf.h"
#include "../store/edit.h"
#include "../store/record.h"
#include "../store/writer.h"

struct encoder;

struct edits { /* edits_open before use, edits_close after */
	int conn;
	struct buf batch;
	uint64_t n; /* batches handed over */
};

/* `store_dir`: a store is made there when there is none and something is added. */
int edits_open(struct edits *x, const struct cmd *c, const char *store_dir, struct err *e);
int edits_add(struct edits *x, const struct edit *ed, struct err *e);
/* Hand over what was added, or put into the batch, so far. */
int edits_put(struct edits *x, struct err *e);
/* A message with its bytes, if it is new; `enc` packs them (store/record.h). */
int edits_add_message(struct edits *x, struct encoder *enc, const struct message *m,
                      const char *raw, size_t len, const struct record_marks *marks, struct err *e);
/* Durable, all that were added, when it returns 0. */
int edits_commit(struct edits *x, struct store_counts *ret, struct err *e);
void edits_close(struct edits *x);

/* All of them together; durable when it returns 0.  Makes the store when there is none. */
int edits_send(const struct cmd *c, const char *store_dir, const struct edit *v, size_t n,
               struct store_counts *ret, struct err *e);

#endif

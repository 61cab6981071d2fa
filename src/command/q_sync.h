/* What lei q does for mail_sync around the writing of its results: before, what an old output has
 * and the store has not goes there (--import-before); after, the new files are made known. */
#ifndef COMMAND_Q_SYNC_H
#define COMMAND_Q_SYNC_H

#include "dest.h"
#include "edits.h"

struct q_sync { /* zeroed before use */
	struct cmd *c;
	const struct dest *dest;
	struct buf dir; /* the store's */
	struct buf url; /* empty: not a folder to be remembered */
	struct edits edits; /* conn -1 until there is a file to tell of */
	bool old; /* there is something at the destination */
};

/* Before the writer is opened, which may make the destination. */
int q_sync_open(struct q_sync *s, struct cmd *c, const struct dest *dest, struct err *e);
/* Once the writer has listed what it will replace: only then nothing that is replaced is newer than
 * what we take. */
int q_sync_before(struct q_sync *s, struct err *e);
/* A mail_written_fn. */
int q_sync_written(void *s, const struct written *f, struct err *e);
/* When the files are durable. */
int q_sync_after(struct q_sync *s, struct err *e);
void q_sync_close(struct q_sync *s);

#endif

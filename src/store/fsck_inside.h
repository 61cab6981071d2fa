/* Inside fsck. */
#ifndef STORE_FSCK_INSIDE_H
#define STORE_FSCK_INSIDE_H

#include "../base/buf.h"
#include "../mail/message.h"
#include "fsck.h"
#include "store.h"

/* What the index has of a message is compared by sums that do not depend on order: what it ought to
 * have is added, what it has is taken away, and nothing may be left. */
enum fsck_sum { SUM_WORDS, SUM_SIZES, SUM_MIDS, SUM_LISTS, SUMS };

struct fsck_message {
	int64_t docid;
	uint64_t sums[SUMS];
	bool unread; /* without its bytes nobody knows what its sums ought to be */
};

struct fsck {
	struct store *store;
	const struct fsck_watcher *w;
	struct fsck_counts counts;
	const char *is; /* for the next report: as of damage */
	struct fsck_message *v; /* sorted by docid */
	size_t n, cap;
};

void fsck_report(struct fsck *f, enum fsck_cure cure, const char *what, int64_t docid,
                 const char *oid, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* SQLite failed at `what`: that is a damage, too. */
void fsck_failed(struct fsck *f, const char *what);
struct fsck_message *fsck_find(struct fsck *f, int64_t docid); /* NULL: no such message */
uint64_t fsck_hash(uint64_t seed, const void *p, size_t n);

/* The parts; each reports what it finds, and fails only without memory. */
void fsck_schema(struct fsck *f);
void fsck_rows(struct fsck *f);
void fsck_threads(struct fsck *f);
int fsck_messages(struct fsck *f, struct err *e); /* fills v, adds to the sums */
int fsck_index(struct fsck *f, struct err *e); /* takes from the sums, reports what is left */

#endif

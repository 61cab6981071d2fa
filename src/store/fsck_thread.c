#include "fsck_inside.h"
#include "thread_check.h"

static void apart(void *rock, int64_t docid, const char *mid)
{
	fsck_report(rock, CURE_REINDEX, "thread", docid, NULL,
	            "the message is in another than '%s'", mid);
}

void fsck_threads(struct fsck *f)
{
	if (thread_check(f->store->db, apart, f) != SQLITE_OK)
		fsck_failed(f, "threads");
}

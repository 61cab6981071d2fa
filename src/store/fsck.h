/* Is a store whole?  Nothing is written; one state of it is looked at, while others go on. */
#ifndef STORE_FSCK_H
#define STORE_FSCK_H

#include <stdbool.h>
#include <stdint.h>

struct err;

enum fsck_cure {
	CURE_NONE, /* what is lost is lost */
	CURE_REINDEX, /* follows from what is stored */
	CURE_ROWS, /* a row that refers to nothing, and may go */
	CURE_BYTES, /* the bytes of a blob: another copy of it, if there is one */
};

struct damage { /* valid during the callback */
	const char *what; /* "blob", "message", "words", "label", "file", "database" ... */
	int64_t docid; /* 0: of no one message */
	const char *oid; /* "" when it is of no blob */
	const char *is; /* CURE_BYTES: the bytes are right, and have this id; else "" */
	const char *text;
	enum fsck_cure cure;
};

struct fsck_counts {
	uint64_t messages, blobs, words;
	uint64_t elsewhere; /* blobs that are only indexed, and whose files cannot be read */
	uint64_t removed; /* messages of which only words are left */
	uint64_t damages, incurable;
};

struct fsck_watcher {
	void *rock;
	void (*damage)(void *rock, const struct damage *d);
	void (*progress)(void *rock, uint64_t done, uint64_t all); /* messages; may be NULL */
};

/* 0 when it was looked at, whole or not: *ret says.  -ENOENT: there is no store. */
int store_fsck(const char *dir, const struct fsck_watcher *w, struct fsck_counts *ret,
               struct err *e);

#endif

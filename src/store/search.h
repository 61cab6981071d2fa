/* Reading a store: search, blobs.  Readers never block the writer nor wait for it. */
#ifndef STORE_SEARCH_H
#define STORE_SEARCH_H

#include "../base/buf.h"
#include "../mail/keywords.h"

#include <stdbool.h>
#include <stdint.h>

struct err;
struct store;
struct query;

/* The default directory: "$XDG_DATA_HOME/lei/cstore", else "$HOME/.local/share/lei/cstore"
 * (beside the original's own lei/store, never inside it). */
int store_default_dir(const char *xdg_data_home, const char *home, char *buf, size_t cap);
/* -EEXIST with the reason when `dir` is or lies inside a store of the original. */
int store_check_place(const char *dir, struct err *e);

/* Is `dir` an inbox, an external index or a store of the original? */
bool store_is_original(const char *dir);

/* Open for reading.  -ENOENT: no store there yet (an empty result, not an error, for q). */
int store_open(const char *dir, struct store **ret, struct err *e);
void store_close(struct store *s); /* NULL is fine */

/* Open somebody else's store: its keywords and labels are hidden behind those that the store in `own`
 * (NULL: none) has for the same messages.  -ENOENT, with the reason, when there is none. */
int store_open_other(const char *dir, const char *own, struct store **ret, struct err *e);

/* Are these the same store, opened twice? */
bool store_same(const struct store *a, const struct store *b);

/* Compile a query (words already joined by blanks as lei q does; `now` in seconds UTC for relative
 * dates).  -EINVAL says where and why. */
int query_compile(const char *text, int64_t now, struct query **ret, struct err *e);
void query_free(struct query *q);

enum search_sort { SORT_RECEIVED, SORT_RELEVANCE, SORT_DOCID };
struct search_opts {
	enum search_sort sort;
	bool reverse; /* the default order is newest, most relevant, highest first, as lei q */
	int64_t limit; /* -1: none; it counts matches, as does offset */
	int64_t offset;
	/* All messages of the matches' threads: threads in the order of their first match, messages of
	 * one in the order of docids. */
	bool threads;
};

struct hit { /* valid during the callback */
	struct store *store; /* that it is from; NULL: the one that was asked */
	int64_t docid;
	const char *oid; /* 40 hex */
	const uint8_t *content; /* 32 bytes: the identity of message.h */
	int64_t sent, received;
	uint64_t size;
	const char *subject, *from, *to, *cc;
	const char *mids, *refs; /* NUL-separated, ended by an empty string */
	kw_set kw;
	const char *labels; /* sorted, NUL-separated, ended by an empty string */
	/* Which match it is, counted from 1 in their order, and which is the first of its thread.  nth 0:
	 * none, it only shares a thread. */
	int64_t nth, lead;
	int pct; /* relevance, 0..99; -1 unless sorted by relevance */
	const char *zblob; /* for store_raw; NULL unless with_blob */
	size_t zblob_len;
};
/* Call fn for each hit in order; non-zero stops and is returned. */
int store_search(struct store *s, const struct query *q, const struct search_opts *o,
                 bool with_blob, int (*fn)(void *rock, const struct hit *h), void *rock,
                 struct err *e);

/* One message by its docid, with its blob: what fn returned; -ENOENT. */
int store_fetch(struct store *s, int64_t docid, int (*fn)(void *rock, const struct hit *h),
                void *rock, struct err *e);
/* The raw bytes of a hit that came with its blob, in place of what is in `out`.  -ESTALE: it is only
 * indexed, and its file has gone. */
int store_raw(struct store *s, const struct hit *h, struct buf *out, struct err *e);

/* The raw bytes of a blob by full or abbreviated id (7..40 hex).  -ENOENT, -EEXIST: ambiguous,
 * -ESTALE as above. */
int store_blob(struct store *s, const char *oid, struct buf *out, struct err *e);
/* All labels in use, sorted, and how many messages have each. */
int store_labels(struct store *s, int (*fn)(void *rock, const char *label, uint64_t messages),
                 void *rock, struct err *e);

#endif

/* Reading mail_sync: which message is which file in which folder (edit.h says how it is kept). */
#ifndef STORE_SYNC_H
#define STORE_SYNC_H

#include "edit.h"
#include "search.h"

struct sync_folder { /* valid during the callback */
	const char *url;
	bool wrote; /* made by us */
	uint64_t files;
	struct folder_look look; /* at the last whole scan */
};
typedef int sync_folder_fn(void *rock, const struct sync_folder *f);
/* All folders in order of URL; non-zero from fn stops and is returned. */
int sync_folders(struct store *s, sync_folder_fn *fn, void *rock, struct err *e);

struct sync_file { /* valid during the callback */
	const char *url, *name;
	char oid[41];
	int64_t docid; /* 0: the message was removed, and kw means nothing */
	kw_set base; /* what file and message agreed on last */
	kw_set own; /* of those, what the file alone is to have */
	kw_set kw; /* the message's now */
};
typedef int sync_file_fn(void *rock, const struct sync_file *f);
/* The files of a folder, in order of name; also those of messages that were removed. */
int sync_files(struct store *s, const char *url, sync_file_fn *fn, void *rock, struct err *e);
/* Those whose name has this unique part (what precedes ":2,"), likewise. */
int sync_named(struct store *s, const char *url, const char *unique, size_t len, sync_file_fn *fn,
               void *rock, struct err *e);
/* The files of one message, by blob id or by docid (oid NULL). */
int sync_of(struct store *s, const char *oid, int64_t docid, sync_file_fn *fn, void *rock,
            struct err *e);
/* The files of every message in the outbox, those of one message together, in order of docid. */
int sync_outbox(struct store *s, sync_file_fn *fn, void *rock, struct err *e);
/* As above for messages behind docid `after`; with `all`, every file that its message does not agree
 * with, whether in the outbox or not. */
int sync_waiting(struct store *s, bool all, int64_t after, sync_file_fn *fn, void *rock,
                 struct err *e);

/* 1 and the docid when the store has this blob, 0 when not. */
int sync_has_blob(struct store *s, const char *oid, int64_t *ret_docid, struct err *e);
/* 1 when the store has it, *ret_whole: with its bytes, not only indexed; 0 when not. */
int sync_blob(struct store *s, const char *oid, bool *ret_whole, struct err *e);

#endif

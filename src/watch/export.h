/* Export: keywords of the store become file names. */
#ifndef WATCH_EXPORT_H
#define WATCH_EXPORT_H

#include "desk.h"
#include "folder.h"

/* The folder behind a URL if it is to be written to now; else NULL. */
typedef struct folder *export_fn(void *rock, const char *url);

struct export
{
	struct desk *d;
	export_fn *folder;
	void *rock;
	bool all; /* every message that differs from one of its files; else the outbox */
	bool keep; /* leave the outbox alone: other folders have not been asked */
	bool again; /* out: some have to wait until their folder was looked at */
	size_t
	    settled; /* out: messages that left the outbox, unless they changed again just then */
	int64_t after; /* docid of the last message that was seen to */
};

/* Write keywords to `from`, which becomes cur/`to`; never over an existing file.  `to` may be `from`,
 * wherever that is. */
int export_rename(const struct folder_dirs *dirs, const char *from, const char *to);

/* Write a batch of messages: 1 there are more, 0 done, -errno.  What is written is committed.
 * A file that an MUA renamed meanwhile is heard of in its folder, and its message comes again. */
int export_step(struct export *x, struct err *e);

#endif

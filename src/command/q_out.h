/* What becomes of the hits of a search: one sink per kind of output. */
#ifndef COMMAND_Q_OUT_H
#define COMMAND_Q_OUT_H

#include "dest.h"
#include "q_dedupe.h"
#include "q_saved.h"
#include "q_sync.h"
#include "text_out.h"

#include "../store/search.h"

struct q_out {
	struct cmd *c;
	const struct dest *dest;
	bool pretty;
	struct buf buf; /* text that is not written yet */
	struct store *store; /* our own; NULL: there is none; may be set after q_out_begin */
	struct searched *searched; /* all that are asked; likewise */
	struct buf raw; /* one message, unpacked */
	struct mail_writer *mail;
	struct text_out text; /* prepared, for DEST_TEXT and DEST_REPLY */
	struct q_sync sync;
	struct q_saved *saved; /* NULL: it is not */
	struct q_dedupe dedupe;
	unsigned threads; /* how often -t was given */
	uint64_t count; /* what was written */
	uint64_t matches, duplicates;
	kw_set own; /* keywords that the message at hand has in the output alone */
	uint64_t lost; /* messages that could not be had; each was told */
	int64_t cap; /* matches at most; one more only sets `more` */
	bool more;
	struct err *e;
};

/* May make the store, or add to it (--import-before). */
int q_out_begin(struct q_out *o);
int q_out_hit(void *rock, const struct hit *h); /* for store_search; rock is a q_out */
/* 0 only when everything is out (and, at a path, durable).  Frees what o holds in any case; `failed`
 * drops what is unfinished. */
int q_out_end(struct q_out *o, bool failed);

#endif

/* A search that is saved, beside its output: what was delivered before is left out; what is new is noted
 * before it appears and when it is there; and the file of a new search is written. */
#ifndef COMMAND_Q_SAVED_H
#define COMMAND_Q_SAVED_H

#include "q_dedupe.h"

#include "../store/delivered.h"

struct q_saved { /* zeroed before use; q_saved_close after */
	struct buf dir; /* of the search; empty: it is not saved */
	struct buf text; /* of its file, which is to be written; empty: it is there */
	const struct dest *dest;
	struct mail_writer *mail; /* the caller's */
	enum dedupe by;
	struct delivered *known;
	int held; /* ours; -1 */
	uint64_t added;
	uint64_t old; /* hits that had been delivered */
	bool noted;
	bool untouched; /* the output is a file that is as we left it */
};

/* Is it the repetition of a saved search? */
static inline bool q_saved_repeats(const struct q_saved *s)
{
	return s != NULL && s->text.len == 0;
}
/* Decides whether the search is saved, and makes ready.  `text`: the query, if it came from standard
 * input.  `dir`: of the saved search that is repeated, which the caller holds; NULL: none. */
int q_saved_open(struct q_saved *s, struct cmd *c, const struct dest *dest, const char *text,
                 const char *dir, struct err *e);
/* Once the writer is open, if it is saved. */
int q_saved_begin(struct q_saved *s, struct mail_writer *w, enum dedupe by, bool augment,
                  struct err *e);
/* 1 when it was delivered before, or mail that is the same by the strategy. */
int q_saved_had(struct q_saved *s, const struct hit *h, struct err *e);
/* It was put to the writer; `n` mails were before. */
int q_saved_put(struct q_saved *s, const struct hit *h, size_t n, struct err *e);
/* What the writer wrote is in its place. */
int q_saved_after(struct q_saved *s, struct err *e);
void q_saved_close(struct q_saved *s);

#endif

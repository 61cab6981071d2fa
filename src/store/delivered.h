/* What a saved search has put into its output.  This outlives the mail there: what a person has
 * deleted does not come again.
 *
 * Mail on its way is noted, durably, before any of it appears in the output, together with a token
 * by which a later look tells how far the writing came (mail/staged.h).  So after a crash each mail is
 * either known to be out, or comes again. */
#ifndef STORE_DELIVERED_H
#define STORE_DELIVERED_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct delivered;

enum { DELIVERED_THERE = -1 }; /* a number: the output had it before */

/* Only one process may have `path` open; the caller sees to that.  Made when absent, then empty. */
int delivered_open(const char *path, struct delivered **ret, struct err *e);
void delivered_close(struct delivered *d); /* drops what was not noted; NULL is fine */

struct settling { /* what is done about it */
	/* Was mail `number` put out?  1, 0 or -errno; nothing is changed. */
	int (*is_out)(void *rock, const char *token, long number, struct err *e);
	/* Remove what the others have left; that they come again is durable by then. */
	void (*clean)(void *rock, const char *token);
	void *rock;
};
/* Settle what a crash has left open; to be called before anything else. */
int delivered_settle(struct delivered *d, const struct settling *how, struct err *e);

/* Begin a run: add, note, (publish,) commit.  `replaces`: what was delivered before does not count. */
int delivered_begin(struct delivered *d, bool replaces, struct err *e);
/* 1 when mail known by `key` has been delivered or is on its way, 0 when not. */
int delivered_has(struct delivered *d, const char *key, struct err *e);
/* It is on its way as mail `number` of the writing. */
int delivered_add(struct delivered *d, const char *key, long number, struct err *e);
/* All that a saved search of the original has delivered, by a copy of its over.sqlite3; was there. */
int delivered_add_original(struct delivered *d, const char *copy, struct err *e);
/* Durable: all that were added are about to appear. */
int delivered_note(struct delivered *d, const char *token, struct err *e);
/* Durable: they have.  `look`: what the output looks like now; "" for none. */
int delivered_commit(struct delivered *d, const char *look, struct err *e);
/* 1 when this is what it looked like after the last commit. */
int delivered_left_as(struct delivered *d, const char *look, struct err *e);

#endif

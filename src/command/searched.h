/* All stores that a command searches: our own, and the externals that the configuration and its options
 * (--only, --include, --exclude, --local, --external and their opposites) name. */
#ifndef COMMAND_SEARCHED_H
#define COMMAND_SEARCHED_H

#include "cmd.h"

#include "../base/buf.h"
#include "../store/search.h"

struct searched_store {
	struct store *store; /* owned */
	char *location; /* owned; NULL: our own */
};

struct searched {
	struct cmd *c;
	struct buf dir; /* of our own, whether it is asked or not */
	bool with_own;
	struct searched_store *v; /* ours comes first, the others by their boost */
	size_t n, cap;
	size_t failed; /* that could not be asked; each was told */
};

/* An external that cannot be opened is told and left out; when nothing is left, or when a name is
 * unknown, it is an error.  That our own is not there yet is none. */
int searched_open(struct cmd *c, struct searched *ret, struct err *e);
/* Our own may have been made since. */
int searched_look_again(struct searched *s, struct err *e);
void searched_close(struct searched *s);

struct store *searched_own(const struct searched *s); /* NULL: not there, or not asked */

/* As store_search, and the hits say which store they are from.  With several stores a message that is in
 * more than one comes once.  A store that fails is told and left out. */
int searched_find(struct searched *s, const struct query *q, const struct search_opts *o,
                  bool with_blob, int (*fn)(void *rock, const struct hit *h), void *rock,
                  struct err *e);
/* As store_blob, of the first store that has it. */
int searched_blob(struct searched *s, const char *oid, struct buf *out, struct err *e);

#endif

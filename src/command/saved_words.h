/* A saved search as a command line of `lei q`, and back. */
#ifndef COMMAND_SAVED_WORDS_H
#define COMMAND_SAVED_WORDS_H

#include "dest.h"
#include "saved.h"

/* The file's text for a search as it was asked for.  `text`: the query when it came from standard
 * input, NULL when it is in the arguments. */
int saved_write(const struct invocation *q, const struct dest *dest, const char *text,
                struct buf *out, struct err *e);

struct saved_words {
	char **argv; /* "q", options, "--", words; owned */
	size_t argc;
	const char *raw; /* a query that came from standard input; then there are no words */
	/* private */
	struct buf mem;
	size_t *starts;
	size_t cap;
};
/* -EINVAL for a setting that `lei q` does not know; others than lei.q... are passed over.
 * `original`: what the original writes without being told is left out. */
int saved_read(const struct saved *s, bool original, struct saved_words *ret, struct err *e);
/* As `lei q` reads it; ret points into w, and is freed in any case. */
int saved_parse(const struct saved_words *w, struct invocation *ret, struct err *e);
void saved_words_free(struct saved_words *w);

#endif

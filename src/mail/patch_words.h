/* What a patch, or the header of its mail, gives to search for: lei p2q. */
#ifndef MAIL_PATCH_WORDS_H
#define MAIL_PATCH_WORDS_H

#include "../base/buf.h"

enum patch_word {
	PATCH_DFA, /* removed lines */
	PATCH_DFB, /* added lines */
	PATCH_DFCTX, /* lines that stay */
	PATCH_DFHH, /* what follows "@@" */
	PATCH_DFN, /* names of files */
	PATCH_DFPRE, /* blob ids */
	PATCH_DFPOST,
	PATCH_WORDS
};

/* Phrases by kind, each once, in order. */
struct phrases {
	struct buf list; /* NUL-separated */
	void *seen; /* a GHashTable; NULL until there is one */
};
void phrases_free(struct phrases *p);
/* The longest runs of the text that a search takes for one phrase, in quotes where it needs
 * them. */
void phrases_add(struct phrases *p, const char *text, size_t len);

/* Sort the lines of a text into `to`, which has PATCH_WORDS; what belongs to no patch is left
 * out. */
void patch_words_add(struct phrases *to, const char *text, size_t len);

/* Append a name that stood between git's quotes. */
void patch_unquote(const char *p, size_t len, struct buf *out);

#endif

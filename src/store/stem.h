/* Snowball's English stemmer, the same that the original asks through Xapian. */
#ifndef STORE_STEM_H
#define STORE_STEM_H

#include <stddef.h>

struct stemmer; /* not for two processes or threads at once */

struct stem {
	const char *p; /* valid until the next call; NULL: out of memory */
	size_t n;
};

struct stemmer *stemmer_new(void); /* NULL: out of memory */
void stemmer_free(struct stemmer *s); /* NULL is fine */
struct stem stemmer_stem(struct stemmer *s, const char *word, size_t n);

#endif

/* The words met lately.  Most words of a text have been met before: whoever knows that saves what
 * it would do with them. */
#ifndef STORE_MET_H
#define STORE_MET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct met;

struct met *met_new(void); /* NULL: out of memory */
void met_free(struct met *m); /* NULL is fine */
void met_reset(struct met *m);
/* Was this word met lately?  From now on it was.  False at times even so: slots are shared, and
 * long words are not kept. */
bool met_before(struct met *m, const char *word, size_t n, uint32_t hash);

/* The hash of a word grows with each of its characters, from 0. */
static inline uint32_t met_hash(uint32_t hash, char c)
{
	return (hash << 5) + hash + (unsigned char)c;
}

#endif

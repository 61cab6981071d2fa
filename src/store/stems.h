/* "run" finds "running": the stems that lead to the words of a text, as those who make records find
 * them for the writer. */
#ifndef STORE_STEMS_H
#define STORE_STEMS_H

#include "../base/buf.h"
#include "stem.h"

/* The stem that leads to this word; p is NULL when it has none but itself, or memory is short. */
struct stem stems_of(struct stemmer *s, const char *word, size_t n);

struct stems;

struct stems *stems_new(void); /* NULL: out of memory */
void stems_free(struct stems *s); /* NULL is fine */
/* Append "stem word " for each of the words (terms.h) that is not its own stem, unless it did so
 * lately. */
void stems_add(struct stems *s, const char *words, size_t n, struct buf *out);

#endif

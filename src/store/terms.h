/* Words as the index knows them: those of Xapian, which the original uses, so that the same words
 * find the same mail.  Index and query language read with the same eyes. */
#ifndef STORE_TERMS_H
#define STORE_TERMS_H

#include "../base/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum { TERM_MAX = 64 }; /* bytes; longer ones are not indexed */

/* Between two pieces of text that no phrase reaches over, a word that nobody can ask for. */
#define TERM_GAP "|"

struct term {
	bool acronym; /* as in "U.N." */
	bool plain; /* begins with a letter that is not upper case: its stem counts */
	bool joined; /* a character of a script without blanks: those beside it make a phrase */
};

/* Length of the character at p, and what it is; bytes that are no UTF-8 are taken for Latin-1. */
size_t char_at(const char *p, size_t n, unsigned *ret);
/* Does a word begin here?  n may be 0. */
bool term_begins(const char *p, size_t n);
/* Append the word that begins at p in lower case; returns how many bytes of p it takes. */
size_t term_read(const char *p, size_t n, struct buf *out, struct term *ret);
/* Append all words of a text, each ended by a blank; a NUL becomes TERM_GAP. */
void terms_add(const char *p, size_t n, struct buf *out);

#endif

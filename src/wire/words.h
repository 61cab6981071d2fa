/* words: the counted list that a request and an `exec` reply have in common, and the digits
 * both are made of.  Private to wire/. */
#ifndef WIRE_WORDS_H
#define WIRE_WORDS_H

#include "wire.h"

enum { WORDS_DEC_MAX = 20 }; /* digits of UINT64_MAX */

/* Write `v` in decimal, without a NUL; returns the number of bytes. */
size_t wire_dec_put(char *to, uint64_t v);

/* Read 1*DIGIT filling all of data[0..len); saturates.  False when it is anything else. */
bool wire_dec_get(const char *data, size_t len, uint64_t *ret);

/* Parse COUNT [NUL WORD]...: the first COUNT words become argv, the rest envp.  WIRE_OK,
 * WIRE_BAD_ARGC or WIRE_NO_MEMORY. */
enum wire_fault wire_words_parse(const char *data, size_t len, struct wire_request *ret);

#endif

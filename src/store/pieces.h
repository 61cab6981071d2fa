/* Pieces: strings of bytes in a batch, each followed by a NUL, whose lengths stand in a head before
 * them. */
#ifndef STORE_PIECES_H
#define STORE_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct piece {
	const char *p;
	size_t n;
};

/* Cut n pieces at *at and advance; -EBADMSG when the batch ends before them. */
int pieces_next(const char *batch, size_t len, size_t *at, const uint32_t lens[], size_t n,
                struct piece ret[]);

size_t list_len(const char *list); /* of entries that end with a NUL each, ended by "" */
bool piece_is_list(struct piece p);
bool piece_is_text(struct piece p); /* no NUL within */
bool is_hex(const char *s, size_t n);

#endif

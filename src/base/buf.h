/* A growing byte buffer.  Zero-initialise it (`struct buf b = {0};`), fill it, buf_free it.
 *
 * Out of memory is sticky: once an append failed, `failed` stays set, later appends do
 * nothing, and the caller asks once, at the end, with buf_ok(). */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data; /* owned; NULL while empty; not NUL-terminated unless buf_cstr was called */
	size_t len, cap;
	bool failed;
};

/* Make room for `extra` more bytes; returns where they go, or NULL (then b->failed). The
 * caller adds what it wrote to b->len. */
char *buf_room(struct buf *b, size_t extra);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* NUL-terminate (the NUL is not counted in len) and return data; "" when out of memory. */
const char *buf_cstr(struct buf *b);
static inline bool buf_ok(const struct buf *b)
{
	return !b->failed;
}
void buf_reset(struct buf *b); /* len = 0, memory kept, failure forgotten */
void buf_free(struct buf *b); /* back to zero-initialised */

#endif

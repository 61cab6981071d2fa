/* Streaming decompression: bytes in, bytes out, no file and no descriptor. */
#ifndef MAIL_DECOMPRESS_H
#define MAIL_DECOMPRESS_H

#include <stdbool.h>
#include <stddef.h>

enum { DECOMPRESS_MAGIC = 10 }; /* bytes that decompress_find looks at */

enum decompress_result {
	DECOMPRESS_OK,
	DECOMPRESS_CORRUPT,
	DECOMPRESS_HUGE, /* wants more memory than we give */
	DECOMPRESS_NOMEM,
};

struct decompress_io {
	const char *in; /* advanced by what was taken */
	size_t in_len;
	char *out; /* advanced by what was produced */
	size_t out_len;
};

struct decompress; /* one stream's state */
struct codec; /* a compression format */

/* The format whose magic `head` starts with; NULL for none. */
const struct codec *decompress_find(const char *head, size_t len);
const char *decompress_name(const struct codec *c); /* "gzip"; static */

struct decompress *decompress_new(const struct codec *c); /* NULL: out of memory */
/* Work until the input is used up or the output is full; nothing produced means that more input
 * is needed.  Members that follow one another are joined. */
enum decompress_result decompress_step(struct decompress *d, struct decompress_io *io);
/* May the input end here?  False inside a member, before its trailer. */
bool decompress_complete(const struct decompress *d);
void decompress_free(struct decompress *d); /* NULL is fine */

#endif

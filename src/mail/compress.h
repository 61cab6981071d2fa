/* Streaming compression: bytes in, bytes out, no file and no descriptor. */
#ifndef MAIL_COMPRESS_H
#define MAIL_COMPRESS_H

#include <stdbool.h>
#include <stddef.h>

enum compression { COMPRESS_NONE, COMPRESS_GZIP, COMPRESS_BZIP2, COMPRESS_XZ, COMPRESS_ZSTD };

struct compress_io {
	const char *in; /* advanced by what was taken */
	size_t in_len;
	char *out; /* advanced by what was produced */
	size_t out_len;
};

struct compress; /* one stream's state */

/* By the end of a name: ".gz", ".bz2", ".xz" or ".zst". */
enum compression compression_of(const char *path);

/* `rsyncable`: begin anew at places that the content chooses, so that a change in one place leaves
 * the output elsewhere as it was (gzip and zstd; the others have no such thing).  NULL: out of
 * memory, or COMPRESS_NONE. */
struct compress *compress_new(enum compression how, bool rsyncable);
/* Work until the input is used up or the output is full: 0.  With `last`, 1 when the stream is complete.
 * -errno when the library refuses. */
int compress_step(struct compress *c, struct compress_io *io, bool last);
void compress_free(struct compress *c); /* NULL is fine */

#endif

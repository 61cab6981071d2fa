/* Compressed messages: zstd frames that carry their size.
 *
 * The context is made once and used for many messages: making one asks the processor what it
 * can do, which under a hypervisor costs more than packing a small message. */
#ifndef STORE_ZIP_H
#define STORE_ZIP_H

#include "../base/buf.h"

struct err;
struct zip; /* not for two processes or threads at once */

struct zip *zip_new(void); /* NULL: out of memory */
void zip_free(struct zip *z); /* NULL is fine */

/* Append the packed form of raw to out; *ret_len is its length. */
int zip_pack(struct zip *z, const char *raw, size_t len, struct buf *out, uint64_t *ret_len,
             struct err *e);
/* Replace out by the unpacked bytes.  -EBADMSG for what is no frame of ours, or is damaged. */
int zip_unpack(struct zip *z, const char *packed, size_t len, struct buf *out, struct err *e);

#endif

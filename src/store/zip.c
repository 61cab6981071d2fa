#include "zip.h"

#include "../base/err.h"
#include "../mail/mbox.h"

#include <errno.h>
#include <stdlib.h>
#include <zstd.h>

/* Level 1 makes a store of real mail a sixth smaller; to write all of it out takes a quarter longer. */
enum { LEVEL = -1 };

struct zip {
	ZSTD_CCtx *pack; /* each made at its first use */
	ZSTD_DCtx *unpack;
};

struct zip *zip_new(void)
{
	return calloc(1, sizeof(struct zip));
}

void zip_free(struct zip *z)
{
	if (!z)
		return;
	ZSTD_freeCCtx(z->pack);
	ZSTD_freeDCtx(z->unpack);
	free(z);
}

int zip_pack(struct zip *z, const char *raw, size_t len, struct buf *out, uint64_t *ret_len,
             struct err *e)
{
	size_t bound = ZSTD_compressBound(len);
	char *to = ZSTD_isError(bound) ? NULL : buf_room(out, bound);

	if (!z->pack)
		z->pack = ZSTD_createCCtx();
	if (!to || !z->pack)
		return err_sys(e, ENOMEM, "message of %zu bytes", len);
	size_t n = ZSTD_compressCCtx(z->pack, to, bound, raw, len, LEVEL);
	if (ZSTD_isError(n))
		return err_set(e, -EIO, "cannot compress a message: %s", ZSTD_getErrorName(n));
	out->len += n;
	*ret_len = n;
	return 0;
}

int zip_unpack(struct zip *z, const char *packed, size_t packed_len, struct buf *out, struct err *e)
{
	unsigned long long len = ZSTD_getFrameContentSize(packed, packed_len);

	if (len == ZSTD_CONTENTSIZE_ERROR || len == ZSTD_CONTENTSIZE_UNKNOWN ||
	    len > MAIL_MESSAGE_MAX)
		return err_set(e, -EBADMSG, "a stored message is damaged: no valid size");
	buf_reset(out);
	/* One byte more: a terminator fits without another allocation. */
	char *to = buf_room(out, (size_t)len + 1);
	if (!z->unpack)
		z->unpack = ZSTD_createDCtx();
	if (!to || !z->unpack)
		return err_sys(e, ENOMEM, "message of %llu bytes", len);
	size_t n = ZSTD_decompressDCtx(z->unpack, to, (size_t)len, packed, packed_len);
	if (ZSTD_isError(n) || n != len)
		return err_set(e, -EBADMSG, "a stored message is damaged: %s",
		               ZSTD_isError(n) ? ZSTD_getErrorName(n) : "wrong size");
	out->len = n;
	return 0;
}

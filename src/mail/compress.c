/* Each format moves bytes in one function; when to begin anew is common. */
#include "compress.h"

#include <bzlib.h>
#include <errno.h>
#include <lzma.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>
#include <zstd.h>

enum {
	WINDOW = 4096, /* bytes that decide about a place to begin anew; a power of two */
	BLOCK = 1 << 30, /* zlib and bzip2 count in unsigned int */
};

enum what { FLOW, CUT, END }; /* go on; let nothing before this place matter after it; finish */

struct coder {
	const char *suffix;
	bool (*begin)(struct compress *c);
	/* Compress; 1 once a CUT or the END is complete, 0 before. */
	int (*step)(struct compress *c, struct compress_io *io, enum what what);
	void (*end)(struct compress *c);
	bool cuts; /* can do CUT */
};

struct compress {
	const struct coder *coder;
	bool rsyncable, cutting; /* cutting: a CUT is not complete yet */
	size_t ahead; /* bytes of the input that were looked at and not taken */
	bool cut_ahead; /* and after them a CUT */
	unsigned char window[WINDOW];
	size_t at; /* in the window */
	uint32_t sum; /* of the window */
	union {
		z_stream z;
		bz_stream bz;
		lzma_stream xz;
		ZSTD_CCtx *zstd;
	} u;
};

static unsigned at_most(size_t n)
{
	return n < BLOCK ? (unsigned)n : BLOCK;
}

static void moved(struct compress_io *io, size_t in, size_t out)
{
	io->in += in;
	io->in_len -= in;
	io->out += out;
	io->out_len -= out;
}

/* ---- gzip ------------------------------------------------------------------------------- */

static bool gz_begin(struct compress *c)
{
	return deflateInit2(&c->u.z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
	                    Z_DEFAULT_STRATEGY) == Z_OK;
}

static int gz_step(struct compress *c, struct compress_io *io, enum what what)
{
	static const int how[] = { [FLOW] = Z_NO_FLUSH, [CUT] = Z_FULL_FLUSH, [END] = Z_FINISH };
	z_stream *z = &c->u.z;
	unsigned in = at_most(io->in_len), out = at_most(io->out_len);
	z->next_in = (unsigned char *)(uintptr_t)io->in;
	z->avail_in = in;
	z->next_out = (unsigned char *)io->out;
	z->avail_out = out;
	int rc = deflate(z, in < io->in_len ? Z_NO_FLUSH : how[what]);
	moved(io, in - z->avail_in, out - z->avail_out);
	if (rc == Z_STREAM_END)
		return 1;
	if (rc != Z_OK && rc != Z_BUF_ERROR)
		return -EIO;
	return what == CUT && io->in_len == 0 && io->out_len > 0;
}

static void gz_end(struct compress *c)
{
	deflateEnd(&c->u.z);
}

/* ---- bzip2 ------------------------------------------------------------------------------ */

static bool bz_begin(struct compress *c)
{
	return BZ2_bzCompressInit(&c->u.bz, 9, 0, 0) == BZ_OK;
}

static int bz_step(struct compress *c, struct compress_io *io, enum what what)
{
	bz_stream *bz = &c->u.bz;
	unsigned in = at_most(io->in_len), out = at_most(io->out_len);
	if (in == 0 && what != END)
		return 0;
	bz->next_in = (char *)(uintptr_t)io->in;
	bz->avail_in = in;
	bz->next_out = io->out;
	bz->avail_out = out;
	int rc = BZ2_bzCompress(bz, what == END && in == io->in_len ? BZ_FINISH : BZ_RUN);
	moved(io, in - bz->avail_in, out - bz->avail_out);
	return rc == BZ_STREAM_END ? 1 : rc < 0 ? -EIO : 0;
}

static void bz_end(struct compress *c)
{
	BZ2_bzCompressEnd(&c->u.bz);
}

/* ---- xz --------------------------------------------------------------------------------- */

static bool xz_begin(struct compress *c)
{
	c->u.xz = (lzma_stream)LZMA_STREAM_INIT;
	return lzma_easy_encoder(&c->u.xz, LZMA_PRESET_DEFAULT, LZMA_CHECK_CRC64) == LZMA_OK;
}

static int xz_step(struct compress *c, struct compress_io *io, enum what what)
{
	lzma_stream *xz = &c->u.xz;
	size_t in = io->in_len, out = io->out_len;
	xz->next_in = (const uint8_t *)io->in;
	xz->avail_in = in;
	xz->next_out = (uint8_t *)io->out;
	xz->avail_out = out;
	lzma_ret rc = lzma_code(xz, what == END ? LZMA_FINISH : LZMA_RUN);
	moved(io, in - xz->avail_in, out - xz->avail_out);
	if (rc == LZMA_STREAM_END)
		return 1;
	return rc == LZMA_OK || rc == LZMA_BUF_ERROR ? 0 : -EIO;
}

static void xz_end(struct compress *c)
{
	lzma_end(&c->u.xz);
}

/* ---- zstd ------------------------------------------------------------------------------- */

static bool zstd_begin(struct compress *c)
{
	c->u.zstd = ZSTD_createCCtx();
	if (c->u.zstd)
		ZSTD_CCtx_setParameter(c->u.zstd, ZSTD_c_checksumFlag, 1);
	return c->u.zstd != NULL;
}

/* A CUT ends a frame: frames one after the other are one stream. */
static int zstd_step(struct compress *c, struct compress_io *io, enum what what)
{
	ZSTD_inBuffer in = { .src = io->in, .size = io->in_len, .pos = 0 };
	ZSTD_outBuffer out = { .dst = io->out, .size = io->out_len, .pos = 0 };
	size_t rc = ZSTD_compressStream2(c->u.zstd, &out, &in,
	                                 what == FLOW ? ZSTD_e_continue : ZSTD_e_end);
	moved(io, in.pos, out.pos);
	return ZSTD_isError(rc) ? -EIO : what != FLOW && rc == 0;
}

static void zstd_end(struct compress *c)
{
	ZSTD_freeCCtx(c->u.zstd);
}

/* ---- all -------------------------------------------------------------------------------- */

static const struct coder coders[] = {
	[COMPRESS_GZIP] = { ".gz", gz_begin, gz_step, gz_end, true },
	[COMPRESS_BZIP2] = { ".bz2", bz_begin, bz_step, bz_end, false },
	[COMPRESS_XZ] = { ".xz", xz_begin, xz_step, xz_end, false },
	[COMPRESS_ZSTD] = { ".zst", zstd_begin, zstd_step, zstd_end, true },
};

static bool ends_with(const char *path, const char *suffix)
{
	size_t n = strlen(path), m = strlen(suffix);
	return n > m && strcasecmp(path + n - m, suffix) == 0;
}

enum compression compression_of(const char *path)
{
	for (enum compression i = COMPRESS_GZIP; i <= COMPRESS_ZSTD; i++)
		if (ends_with(path, coders[i].suffix))
			return i;
	return COMPRESS_NONE;
}

struct compress *compress_new(enum compression how, bool rsyncable)
{
	struct compress *c = how != COMPRESS_NONE ? calloc(1, sizeof(*c)) : NULL;
	if (!c)
		return NULL;
	c->coder = &coders[how];
	c->rsyncable = rsyncable && c->coder->cuts;
	if (!c->coder->begin(c)) {
		free(c);
		return NULL;
	}
	return c;
}

/* Bytes up to and with the next place to begin anew, all when there is none: where the sum of the
 * window is a multiple of its size. */
static size_t next_cut(struct compress *c, const char *p, size_t len, bool *ret_cut)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char new = (unsigned char)p[i];
		c->sum += (uint32_t) new - c->window[c->at];
		c->window[c->at] = new;
		c->at = (c->at + 1) & (WINDOW - 1);
		if (c->sum % WINDOW == 0) {
			*ret_cut = true;
			return i + 1;
		}
	}
	*ret_cut = false;
	return len;
}

static int finish_cut(struct compress *c, struct compress_io *io)
{
	struct compress_io none = { "", 0, io->out, io->out_len };
	int rc = c->coder->step(c, &none, CUT);
	moved(io, 0, io->out_len - none.out_len);
	c->cutting = rc == 0;
	return rc < 0 ? rc : 0;
}

/* Up to the next cut, which then is due. */
static int step_ahead(struct compress *c, struct compress_io *io)
{
	struct compress_io piece = { io->in, c->ahead, io->out, io->out_len };
	int rc = c->coder->step(c, &piece, FLOW);
	size_t taken = c->ahead - piece.in_len;
	moved(io, taken, io->out_len - piece.out_len);
	c->ahead -= taken;
	c->cutting = c->ahead == 0 && c->cut_ahead;
	return rc < 0 ? rc : 0;
}

int compress_step(struct compress *c, struct compress_io *io, bool last)
{
	int rc = 0;
	while (c->rsyncable && rc == 0 && io->out_len > 0 && (c->cutting || io->in_len > 0)) {
		if (!c->cutting && c->ahead == 0)
			c->ahead = next_cut(c, io->in, io->in_len, &c->cut_ahead);
		rc = c->cutting ? finish_cut(c, io) : step_ahead(c, io);
	}
	if (rc < 0 || io->out_len == 0 || c->cutting)
		return rc;
	return c->coder->step(c, io, last ? END : FLOW);
}

void compress_free(struct compress *c)
{
	if (!c)
		return;
	c->coder->end(c);
	free(c);
}

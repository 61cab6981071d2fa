/* Each format steps one member (stream, frame) at a time; the loop that joins members, and what
 * may stand between and after them, is common. */
#include "decompress.h"

#include <bzlib.h>
#include <lzma.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
	MEMORY_MAX = 256 << 20, /* bytes that an .xz may ask for; xz -9 needs 65 MiB */
	STEP_MAX = 1 << 30
}; /* zlib and bzip2 count in unsigned int */

enum step { STEP_MORE, STEP_END, STEP_CORRUPT, STEP_HUGE, STEP_NOMEM };

struct codec {
	const char *name;
	bool (*matches)(const char *head, size_t len);
	bool (*begin)(struct decompress *d); /* a member; false: out of memory */
	enum step (*step)(struct decompress *d, struct decompress_io *io);
	void (*end)(struct decompress *d);
};

struct decompress {
	const struct codec *codec;
	bool open; /* inside a member */
	union {
		z_stream z;
		bz_stream bz;
		lzma_stream xz;
		ZSTD_DStream *zstd;
	} u;
};

/* ---- gzip ------------------------------------------------------------------------------- */

static bool gz_matches(const char *head, size_t len)
{
	return len >= 3 && memcmp(head, "\x1f\x8b\x08", 3) == 0;
}

static bool gz_begin(struct decompress *d)
{
	d->u.z = (z_stream){ 0 };
	return inflateInit2(&d->u.z, 15 + 16) == Z_OK; /* 16: gzip, with its checksum */
}

static unsigned at_most(size_t n)
{
	return n < STEP_MAX ? (unsigned)n : STEP_MAX;
}

static void moved(struct decompress_io *io, size_t in, size_t out)
{
	io->in += in;
	io->in_len -= in;
	io->out += out;
	io->out_len -= out;
}

static enum step gz_step(struct decompress *d, struct decompress_io *io)
{
	z_stream *z = &d->u.z;
	unsigned in = at_most(io->in_len), out = at_most(io->out_len);

	z->next_in = (unsigned char *)(uintptr_t)io->in;
	z->avail_in = in;
	z->next_out = (unsigned char *)io->out;
	z->avail_out = out;
	int rc = inflate(z, Z_NO_FLUSH);
	moved(io, in - z->avail_in, out - z->avail_out);
	switch (rc) {
	case Z_STREAM_END:
		return STEP_END;
	case Z_OK:
	case Z_BUF_ERROR: /* nothing to do: more input or room is needed */
		return STEP_MORE;
	case Z_MEM_ERROR:
		return STEP_NOMEM;
	default:
		return STEP_CORRUPT;
	}
}

static void gz_end(struct decompress *d)
{
	inflateEnd(&d->u.z);
}

/* ---- bzip2 ------------------------------------------------------------------------------ */

/* "BZh1" could open a text, so the block's magic counts too; the second is an empty stream's. */
static bool bz_matches(const char *head, size_t len)
{
	if (len < 10 || memcmp(head, "BZh", 3) != 0 || head[3] < '1' || head[3] > '9')
		return false;
	return memcmp(head + 4, "\x31\x41\x59\x26\x53\x59", 6) == 0 ||
	       memcmp(head + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0;
}

static bool bz_begin(struct decompress *d)
{
	d->u.bz = (bz_stream){ 0 };
	return BZ2_bzDecompressInit(&d->u.bz, 0, 0) == BZ_OK;
}

static enum step bz_step(struct decompress *d, struct decompress_io *io)
{
	bz_stream *bz = &d->u.bz;
	unsigned in = at_most(io->in_len), out = at_most(io->out_len);

	bz->next_in = (char *)(uintptr_t)io->in;
	bz->avail_in = in;
	bz->next_out = io->out;
	bz->avail_out = out;
	int rc = BZ2_bzDecompress(bz);
	moved(io, in - bz->avail_in, out - bz->avail_out);
	switch (rc) {
	case BZ_STREAM_END:
		return STEP_END;
	case BZ_OK:
		return STEP_MORE;
	case BZ_MEM_ERROR:
		return STEP_NOMEM;
	default:
		return STEP_CORRUPT;
	}
}

static void bz_end(struct decompress *d)
{
	BZ2_bzDecompressEnd(&d->u.bz);
}

/* ---- xz --------------------------------------------------------------------------------- */

static bool xz_matches(const char *head, size_t len)
{
	return len >= 6 && memcmp(head,
	                          "\xfd"
	                          "7zXZ\0",
	                          6) == 0;
}

static bool xz_begin(struct decompress *d)
{
	d->u.xz = (lzma_stream)LZMA_STREAM_INIT;
	return lzma_stream_decoder(&d->u.xz, MEMORY_MAX, 0) == LZMA_OK;
}

static enum step xz_step(struct decompress *d, struct decompress_io *io)
{
	lzma_stream *xz = &d->u.xz;
	size_t in = io->in_len, out = io->out_len;

	xz->next_in = (const uint8_t *)io->in;
	xz->avail_in = in;
	xz->next_out = (uint8_t *)io->out;
	xz->avail_out = out;
	lzma_ret rc = lzma_code(xz, LZMA_RUN);
	moved(io, in - xz->avail_in, out - xz->avail_out);
	switch (rc) {
	case LZMA_STREAM_END:
		return STEP_END;
	case LZMA_OK:
	case LZMA_BUF_ERROR:
		return STEP_MORE;
	case LZMA_MEM_ERROR:
		return STEP_NOMEM;
	case LZMA_MEMLIMIT_ERROR:
		return STEP_HUGE;
	default:
		return STEP_CORRUPT;
	}
}

static void xz_end(struct decompress *d)
{
	lzma_end(&d->u.xz);
}

/* ---- zstd ------------------------------------------------------------------------------- */

static bool zstd_matches(const char *head, size_t len)
{
	return len >= 4 && memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0;
}

static bool zstd_begin(struct decompress *d)
{
	d->u.zstd = ZSTD_createDStream();
	return d->u.zstd != NULL;
}

static enum step zstd_step(struct decompress *d, struct decompress_io *io)
{
	ZSTD_inBuffer in = { .src = io->in, .size = io->in_len, .pos = 0 };
	ZSTD_outBuffer out = { .dst = io->out, .size = io->out_len, .pos = 0 };
	size_t rc = ZSTD_decompressStream(d->u.zstd, &out, &in);

	moved(io, in.pos, out.pos);
	if (ZSTD_isError(rc))
		return ZSTD_getErrorCode(rc) == ZSTD_error_frameParameter_windowTooLarge
		           ? STEP_HUGE
		           : STEP_CORRUPT;
	return rc == 0 ? STEP_END : STEP_MORE;
}

static void zstd_end(struct decompress *d)
{
	ZSTD_freeDStream(d->u.zstd);
}

/* ---- all -------------------------------------------------------------------------------- */

static const struct codec codecs[] = {
	{ "gzip", gz_matches, gz_begin, gz_step, gz_end },
	{ "bzip2", bz_matches, bz_begin, bz_step, bz_end },
	{ "xz", xz_matches, xz_begin, xz_step, xz_end },
	{ "zstd", zstd_matches, zstd_begin, zstd_step, zstd_end },
};

const struct codec *decompress_find(const char *head, size_t len)
{
	for (size_t i = 0; i < sizeof(codecs) / sizeof(*codecs); i++)
		if (codecs[i].matches(head, len))
			return &codecs[i];
	return NULL;
}

const char *decompress_name(const struct codec *c)
{
	return c->name;
}

struct decompress *decompress_new(const struct codec *c)
{
	struct decompress *d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->codec = c;
	d->open = c->begin(d);
	if (!d->open) {
		free(d);
		return NULL;
	}
	return d;
}

/* Between members: zero bytes are padding; anything else must open another one. */
static enum decompress_result next_member(struct decompress *d, struct decompress_io *io)
{
	while (io->in_len && *io->in == '\0')
		moved(io, 1, 0);
	if (!io->in_len)
		return DECOMPRESS_OK;
	d->open = d->codec->begin(d);
	return d->open ? DECOMPRESS_OK : DECOMPRESS_NOMEM;
}

enum decompress_result decompress_step(struct decompress *d, struct decompress_io *io)
{
	while (io->in_len || d->open) {
		if (!d->open) {
			enum decompress_result rc = next_member(d, io);
			if (rc != DECOMPRESS_OK || !d->open)
				return rc;
		}
		size_t in = io->in_len, out = io->out_len;
		switch (d->codec->step(d, io)) {
		case STEP_END:
			d->codec->end(d);
			d->open = false;
			break;
		case STEP_CORRUPT:
			return DECOMPRESS_CORRUPT;
		case STEP_HUGE:
			return DECOMPRESS_HUGE;
		case STEP_NOMEM:
			return DECOMPRESS_NOMEM;
		case STEP_MORE:
			if (!io->out_len || (in == io->in_len && out == io->out_len))
				return DECOMPRESS_OK;
			break;
		}
	}
	return DECOMPRESS_OK;
}

bool decompress_complete(const struct decompress *d)
{
	return !d->open;
}

void decompress_free(struct decompress *d)
{
	if (!d)
		return;
	if (d->open)
		d->codec->end(d);
	free(d);
}

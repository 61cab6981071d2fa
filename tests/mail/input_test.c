#include "fixture.h"

#include "mail/input.h"

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

enum { TEXT_LEN = 300000 };
static char text[TEXT_LEN]; /* hard enough to need several reads when compressed */

static int make_text(void **state)
{
	uint32_t x = 1;
	(void)state;
	for (size_t i = 0; i < TEXT_LEN; i++) {
		x = x * 1664525 + 1013904223;
		text[i] = (char)(x >> 24);
	}
	return 0;
}

typedef void packer(struct buf *out);

static void pack_gzip(struct buf *out)
{
	z_stream z = { 0 };
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (unsigned char *)text;
	z.avail_in = TEXT_LEN;
	z.next_out = (unsigned char *)buf_room(out, 2 * TEXT_LEN);
	z.avail_out = 2 * TEXT_LEN;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->len += z.total_out;
	deflateEnd(&z);
}

static void pack_bzip2(struct buf *out)
{
	unsigned n = 2 * TEXT_LEN;
	assert_int_equal(BZ2_bzBuffToBuffCompress(buf_room(out, n), &n, text, TEXT_LEN, 1, 0, 0),
	                 BZ_OK);
	out->len += n;
}

static void pack_xz(struct buf *out)
{
	size_t at = 0;
	assert_int_equal(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, (uint8_t *)text,
	                                         TEXT_LEN, (uint8_t *)buf_room(out, 2 * TEXT_LEN),
	                                         &at, 2 * TEXT_LEN),
	                 LZMA_OK);
	out->len += at;
}

static void pack_zstd(struct buf *out)
{
	size_t n = ZSTD_compress(buf_room(out, 2 * TEXT_LEN), 2 * TEXT_LEN, text, TEXT_LEN, 1);
	assert_false(ZSTD_isError(n));
	out->len += n;
}

static const struct {
	const char *name;
	packer *pack;
} formats[] = {
	{ "gzip", pack_gzip },
	{ "bzip2", pack_bzip2 },
	{ "xz", pack_xz },
	{ "zstd", pack_zstd },
};
enum { FORMATS = sizeof(formats) / sizeof(*formats) };

/* Everything, in odd portions; the error's text stays in e. */
static int slurp(const void *data, size_t len, struct buf *out, struct err *e)
{
	struct input *in;
	int fd = fd_of(data, len);
	ssize_t n = input_open(fd, "in", &in, e);
	if (n == 0) {
		while ((n = input_read(in, buf_room(out, 12345), 12345, e)) > 0)
			out->len += (size_t)n;
		if (n < 0) /* an error is not forgotten */
			assert_true(input_read(in, buf_room(out, 1), 1, e) < 0);
		input_close(in);
	}
	close(fd);
	return (int)n;
}

static void plain_bytes_pass(void **state)
{
	static const struct {
		const char *data;
		size_t len;
	} rows[] = {
		{ BYTES("") },
		{ BYTES("x") },
		{ BYTES("\0\0") },
		{ BYTES("\x1f\x8b") },
		{ BYTES("BZh9 text here") },
		{ BYTES("\x28\xb5") },
		{ BYTES("BZh9") },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct buf out = { 0 };
		assert_int_equal(slurp(rows[i].data, rows[i].len, &out, NULL), 0);
		assert_int_equal(out.len, rows[i].len);
		assert_memory_equal(buf_cstr(&out), rows[i].data, rows[i].len);
		buf_free(&out);
	}
}

static void joined_and_padded_members_are_read(void **state)
{
	(void)state;
	for (int i = 0; i < FORMATS; i++) {
		struct buf in = { 0 }, out = { 0 };
		struct err e = { "" };
		formats[i].pack(&in);
		formats[i].pack(&in);
		buf_add(&in, "\0\0\0\0", 4);
		assert_int_equal(slurp(in.data, in.len, &out, &e), 0);
		assert_int_equal(out.len, 2 * TEXT_LEN);
		assert_memory_equal(out.data, text, TEXT_LEN);
		assert_memory_equal(out.data + TEXT_LEN, text, TEXT_LEN);
		buf_free(&in);
		buf_free(&out);
	}
}

static void truncation_is_an_error(void **state)
{
	(void)state;
	for (int i = 0; i < FORMATS; i++) {
		struct buf in = { 0 };
		char want[64];
		formats[i].pack(&in);
		snprintf(want, sizeof(want), "in: truncated %s data", formats[i].name);
		const size_t cuts[] = { 1, 4, 9, in.len / 2, in.len - 12 };
		for (size_t c = 0; c < sizeof(cuts) / sizeof(*cuts); c++) {
			struct buf out = { 0 };
			struct err e = { "" };
			assert_int_equal(slurp(in.data, in.len - cuts[c], &out, &e), -EBADMSG);
			assert_string_equal(e.text, want);
			buf_free(&out);
		}
		buf_free(&in);
	}
}

static void corruption_is_an_error(void **state)
{
	(void)state;
	for (int i = 0; i < FORMATS; i++) {
		struct buf in = { 0 }, out = { 0 };
		struct err e = { "" };
		char want[64];
		formats[i].pack(&in);
		size_t whole = in.len;
		snprintf(want, sizeof(want), "in: corrupt %s data", formats[i].name);

		buf_adds(&in, "and what is no member");
		assert_int_equal(slurp(in.data, in.len, &out, &e), -EBADMSG);
		assert_string_equal(e.text, want);
		assert_int_equal(out.len, TEXT_LEN);

		if (i == 3) { /* zstd writes no checksum by default */
			memset(in.data + 4, 0xff, 8);
		} else {
			in.data[whole / 2] ^= 0x55;
			in.data[whole / 3] ^= 0x55;
		}
		buf_reset(&out);
		assert_int_equal(slurp(in.data, whole, &out, &e), -EBADMSG);
		assert_string_equal(e.text, want);
		buf_free(&in);
		buf_free(&out);
	}
}

static void peeking_takes_nothing(void **state)
{
	const char *head;
	char buf[8];
	struct input *in;
	int fd = fd_of("abcdef", 6);
	(void)state;

	assert_int_equal(input_open(fd, "in", &in, NULL), 0);
	assert_true(input_peek(in, &head, 2, NULL) >= 2);
	assert_memory_equal(head, "ab", 2);
	assert_int_equal(input_read(in, buf, 3, NULL), 3);
	assert_int_equal(input_peek(in, &head, 64 << 10, NULL), 3);
	assert_memory_equal(head, "def", 3);
	assert_int_equal(input_read(in, buf, 8, NULL), 3);
	assert_memory_equal(buf, "def", 3);
	assert_int_equal(input_peek(in, &head, 1, NULL), 0);
	assert_int_equal(input_read(in, buf, 8, NULL), 0);
	assert_string_equal(input_name(in), "in");
	input_close(in);
	input_close(NULL);
	close(fd);
}

static void a_failed_read_is_told(void **state)
{
	struct err e = { "" };
	struct input *in;
	int fd = open("/", O_RDONLY | O_CLOEXEC);
	(void)state;
	assert_int_equal(input_open(fd, "dir", &in, &e), -EISDIR);
	assert_string_equal(e.text, "cannot read dir: Is a directory");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_bytes_pass),
		cmocka_unit_test(joined_and_padded_members_are_read),
		cmocka_unit_test(truncation_is_an_error),
		cmocka_unit_test(corruption_is_an_error),
		cmocka_unit_test(peeking_takes_nothing),
		cmocka_unit_test(a_failed_read_is_told),
	};
	return cmocka_run_group_tests(tests, make_text, NULL);
}

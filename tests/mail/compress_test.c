#include "fixture.h"

#include "../work.h"

#include "mail/compress.h"
#include "mail/decompress.h"

enum { TEXT = 600 << 10 };

/* Words of a small alphabet: shrinks, and is nowhere the same. */
static char *some_text(unsigned seed)
{
	char *text = malloc(TEXT);
	assert_non_null(text);
	for (size_t i = 0; i < TEXT; i++) {
		seed = seed * 1103515245 + 12345;
		text[i] = "etaoin shrdlu\n"[seed / 65536 % 14];
	}
	return text;
}

/* Compressed with pieces of `in` bytes into room for `out`. */
static struct buf pressed(enum compression how, bool rsyncable, const char *text, size_t len,
                          size_t in, size_t out)
{
	struct compress *c = compress_new(how, rsyncable);
	struct buf b = { 0 };
	assert_non_null(c);
	for (int done = 0; done == 0;) {
		size_t n = len < in ? len : in;
		bool last = n == len;
		struct compress_io io = { text, n, NULL, 0 };
		do {
			io.out = buf_room(&b, out);
			io.out_len = out;
			done = compress_step(c, &io, last);
			assert_true(done >= 0);
			b.len += out - io.out_len;
		} while (io.in_len > 0 || (last && done == 0));
		text += n;
		len -= n;
	}
	compress_free(c);
	return b;
}

static void assert_unpacks(const struct buf *b, const char *text, size_t len)
{
	struct decompress *d = decompress_new(decompress_find(b->data, b->len));
	char *out = malloc(len + 1);
	assert_non_null(d);
	struct decompress_io io = { b->data, b->len, out, len + 1 };
	assert_int_equal(decompress_step(d, &io), DECOMPRESS_OK);
	assert_true(decompress_complete(d));
	assert_int_equal(io.out_len, 1);
	assert_memory_equal(out, text, len);
	decompress_free(d);
	free(out);
}

static void all_of_it_comes_back(void **state)
{
	static const size_t pieces[][2] = {
		{ TEXT, 1 << 20 }, { 1000, 7 }, { 4096, 64 << 10 }, { 1, 4096 }
	};
	char *text = some_text(1);
	(void)state;
	for (enum compression how = COMPRESS_GZIP; how <= COMPRESS_ZSTD; how++) {
		for (int r = 0; r < 2; r++) {
			for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
				size_t len = i % 2 == 0 ? (size_t)work(TEXT, TEXT / 8) : TEXT / 20;
				struct buf b = pressed(how, r, text, len, pieces[i][0],
				                       pieces[i][1]);
				assert_unpacks(&b, text, len);
				assert_true(b.len < len * 3 / 4);
				buf_free(&b);
			}
			struct buf none = pressed(how, r, "", 0, 1, 100);
			assert_unpacks(&none, "", 0);
			buf_free(&none);
		}
	}
	free(text);
}

/* Bytes at the end of both that are the same, but for gzip's trailer. */
static size_t same_end(const struct buf *a, const struct buf *b, size_t trailer)
{
	size_t n = 0, most = (a->len < b->len ? a->len : b->len) - trailer;
	while (n < most && a->data[a->len - trailer - 1 - n] == b->data[b->len - trailer - 1 - n])
		n++;
	return n;
}

static void a_small_change_stays_small(void **state)
{
	char *one = some_text(1), *two = some_text(1);
	(void)state;
	memcpy(two + 100, "something new!!!", 16);
	for (enum compression how = COMPRESS_GZIP; how <= COMPRESS_ZSTD; how++) {
		if (how == COMPRESS_BZIP2 || how == COMPRESS_XZ)
			continue;
		size_t trailer = how == COMPRESS_GZIP ? 8 : 0;
		struct buf a = pressed(how, true, one, TEXT, TEXT, TEXT);
		struct buf b = pressed(how, true, two + 1, TEXT - 1, TEXT, TEXT);
		assert_true(same_end(&a, &b, trailer) > a.len / 2);
		buf_free(&a);
		buf_free(&b);
	}
	free(one);
	free(two);
}

static void names_tell(void **state)
{
	(void)state;
	assert_int_equal(compression_of("a.gz"), COMPRESS_GZIP);
	assert_int_equal(compression_of("dir/a.BZ2"), COMPRESS_BZIP2);
	assert_int_equal(compression_of("a.b.xz"), COMPRESS_XZ);
	assert_int_equal(compression_of("a.zst"), COMPRESS_ZSTD);
	assert_int_equal(compression_of(".gz"), COMPRESS_NONE);
	assert_int_equal(compression_of("a.gzip"), COMPRESS_NONE);
	assert_null(compress_new(COMPRESS_NONE, false));
	compress_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_comes_back),
		cmocka_unit_test(a_small_change_stays_small),
		cmocka_unit_test(names_tell),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

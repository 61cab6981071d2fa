/* Records: what goes in comes out, and damage is noticed. */
#include "testing.h"

static const struct mail full = {
	.subject = "s",
	.from = "f",
	.to = "t",
	.cc = "c",
	.mid = "m@x",
	.list = "l.x",
	.quoted = "> q",
	.body = "body",
	.filename = "a.txt",
	.refs = "r@x",
	.sent = -5,
	.received = 7,
	.size = 9,
	.content = 3,
	.kw = KW_SEEN | KW_DRAFT,
	.label = "inbox",
	.raw = "raw bytes",
};

static void what_goes_in_comes_out(void **state)
{
	(void)state;
	struct buf b = { 0 }, raw = { 0 };
	struct record r;
	struct err e = { 0 };
	size_t at = 0;

	encode(&b, &full);
	encode(&b, &(struct mail){ .no_kw = true });
	assert_int_equal(record_next(b.data, b.len, &at, &r), 1);
	assert_string_equal(r.msg.subject, "s");
	assert_string_equal(r.msg.cc, "c");
	assert_int_equal(r.msg.mids.len, 4);
	assert_memory_equal(r.msg.mids.data, "m@x", 4);
	assert_int_equal(r.msg.sent, -5);
	assert_int_equal(r.msg.received, 7);
	assert_int_equal(r.msg.size, 9);
	assert_int_equal(r.kw, KW_SEEN | KW_DRAFT);
	assert_true(r.set_kw);
	assert_memory_equal(r.labels, "inbox\0", 7);
	assert_int_equal(r.msg.text[TEXT_BODY].len, 5);
	assert_memory_equal(r.msg.text[TEXT_BODY].data, "body ", 5);
	assert_int_equal(unzip(r.blob, r.blob_len, &raw, &e), 0);
	assert_int_equal(raw.len, 9);
	assert_memory_equal(raw.data, "raw bytes", 9);
	assert_int_equal(record_next(b.data, b.len, &at, &r), 1);
	assert_false(r.set_kw);
	assert_string_equal(r.msg.subject, "");
	assert_string_equal(r.labels, "");
	assert_int_equal(unzip(r.blob, r.blob_len, &raw, &e), 0);
	assert_int_equal(raw.len, 0);
	assert_int_equal(record_next(b.data, b.len, &at, &r), 0);
	buf_free(&b);
	buf_free(&raw);
}

/* Exact-size copies, so that a sanitizer sees a read beyond the end. */
static int decode(const char *p, size_t n)
{
	char *copy = malloc(n ? n : 1);
	struct record r;
	size_t at = 0;
	int rc;

	assert_non_null(copy);
	memcpy(copy, p, n);
	while ((rc = record_next(copy, n, &at, &r)) == 1)
		;
	free(copy);
	return rc;
}

static void a_cut_record_is_noticed(void **state)
{
	(void)state;
	struct buf b = { 0 };

	encode(&b, &full);
	for (size_t n = 1; n < b.len; n++)
		assert_int_equal(decode(b.data, n), -EBADMSG);
	assert_int_equal(decode(b.data, 0), 0);
	buf_free(&b);
}

static void damage_is_never_trusted(void **state)
{
	(void)state;
	struct buf b = { 0 };

	encode(&b, &full);
	for (size_t i = 0; i < b.len; i++) {
		char was = b.data[i];
		b.data[i] = (char)(was ^ 0xff);
		decode(b.data, b.len);
		b.data[i] = 0;
		decode(b.data, b.len);
		b.data[i] = was;
	}
	b.data[0] ^= 1;
	assert_int_equal(decode(b.data, b.len), -EBADMSG);
	buf_free(&b);
}

static void a_damaged_blob_is_an_error(void **state)
{
	(void)state;
	struct buf out = { 0 };
	struct err e = { 0 };

	assert_int_equal(unzip("not a frame", 11, &out, &e), -EBADMSG);
	assert_int_equal(unzip("", 0, &out, &e), -EBADMSG);
	/* A frame header that announces 2^60 bytes. */
	static const char huge[] = "\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\0\0\x10";
	assert_int_equal(unzip(huge, sizeof(huge) - 1, &out, &e), -EBADMSG);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out),
		cmocka_unit_test(a_cut_record_is_noticed),
		cmocka_unit_test(damage_is_never_trusted),
		cmocka_unit_test(a_damaged_blob_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

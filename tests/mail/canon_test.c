#include "fixture.h"

#include "mail/canon.h"

static const struct row {
	const char *in;
	size_t in_len;
	const char *want;
	size_t want_len;
	kw_set kw;
} rows[] = {
	/* nothing to drop */
	{ BYTES("A: b\n\nbody\n"), BYTES("A: b\n\nbody\n"), 0 },
	{ BYTES("A: b\n\nStatus: RO\n"), BYTES("A: b\n\nStatus: RO\n"), 0 },
	{ BYTES("A: b\n"), BYTES("A: b\n"), 0 },
	{ BYTES("A: b\n\n"), BYTES("A: b\n\n"), 0 },
	{ BYTES("\nA: b\n\nx"), BYTES("\nA: b\n\nx"), 0 },
	{ BYTES("A: b\r\n\r\nx\n\n"), BYTES("A: b\r\n\r\nx\n\n"), 0 },
	{ BYTES("Delivered-To: me\n\n"), BYTES("Delivered-To: me\n\n"), 0 },
	/* dropped, wherever it stands and however often */
	{ BYTES("Status: RO\nA: b\n\nx"), BYTES("A: b\n\nx"), KW_SEEN },
	{ BYTES("A: b\nX-Status: AF\nstatus: RO\n\nx"), BYTES("A: b\n\nx"),
	  KW_SEEN | KW_ANSWERED | KW_FLAGGED },
	{ BYTES("Status: O\nA: b\nStatus: R\n\n"), BYTES("A: b\n\n"), KW_SEEN },
	{ BYTES("A: b\nCONTENT-LENGTH: 1\nLines: 1\nBytes:1\n\nx"), BYTES("A: b\n\nx"), 0 },
	{ BYTES("A: b\r\nStatus: RO\r\n\r\nx"), BYTES("A: b\r\n\r\nx"), KW_SEEN },
	{ BYTES("A: b\nStatus: RO\n"), BYTES("A: b\n"), KW_SEEN },
	{ BYTES("Status: RO\n"), BYTES(""), KW_SEEN },
	{ BYTES("Status: RO\n\n"), BYTES("\n"), KW_SEEN },
	/* with what continues it: lines with white space before any colon */
	{ BYTES("Status: R\n O\n\tF\nA: b\n\n"), BYTES("A: b\n\n"), KW_SEEN | KW_FLAGGED },
	{ BYTES("Lines: 1\nFrom x y\nA: b\n\n"), BYTES("A: b\n\n"), 0 },
	{ BYTES("Lines: 1\nB : c\nA: b\n\n"), BYTES("A: b\n\n"), 0 },
	{ BYTES("Lines: 1\n \nA: b\n\n"), BYTES("A: b\n\n"), 0 },
	{ BYTES("Lines: 1\nplain\nfoo bar\nA: b\n\n"), BYTES("plain\nfoo bar\nA: b\n\n"), 0 },
	{ BYTES("A: b\n Status: RO\n\n"), BYTES("A: b\n Status: RO\n\n"), 0 },
	/* near misses */
	{ BYTES("Status : R\nXStatus: A\nStatus-X: A\n\n"),
	  BYTES("Status : R\nXStatus: A\nStatus-X: A\n\n"), 0 },
	/* no blank line, and nothing that looks like a field in a complete last line: all body */
	{ BYTES("text"), BYTES("\ntext"), 0 },
	{ BYTES("text\n"), BYTES("\ntext\n"), 0 },
	{ BYTES("text\r\nmore\r\n"), BYTES("\r\ntext\r\nmore\r\n"), 0 },
	{ BYTES("A: b\nStatus: RO"), BYTES("\nA: b\nStatus: RO"), 0 },
	{ BYTES("text\nA: b\nStatus: R\n"), BYTES("text\nA: b\n"), KW_SEEN },
	{ BYTES("text\nA \t: b\n"), BYTES("text\nA \t: b\n"), 0 },
	{ BYTES("\n"), BYTES("\n\n"), 0 },
	{ BYTES(""), BYTES("\n"), 0 },
	/* any byte */
	{ BYTES("A: \0\nStatus: \0R\n\n\0"), BYTES("A: \0\n\n\0"), KW_SEEN },
	{ BYTES("\0"), BYTES("\n\0"), 0 },
	{ BYTES("\r"), BYTES("\n\r"), 0 },
	{ BYTES("A: b\r\r\n\r\nx"), BYTES("A: b\r\r\n\r\nx"), 0 },
};

static void stored_bytes_follow_the_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *r = &rows[i];
		struct buf out = { 0 };
		kw_set kw = 0;
		char *exact = malloc(r->in_len + !r->in_len);

		memcpy(exact, r->in, r->in_len);
		buf_adds(&out, "<");
		assert_int_equal(mail_canon(exact, r->in_len, &out, &kw), 0);
		if (out.len - 1 != r->want_len || memcmp(out.data + 1, r->want, r->want_len) != 0)
			fail_msg("row %zu: got '%s'", i, buf_cstr(&out));
		assert_int_equal(kw, r->kw);
		buf_free(&out);
		free(exact);
	}
}

static void what_is_stored_is_stable(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *r = &rows[i];
		struct buf out = { 0 };
		kw_set kw = 0;
		if (!memmem(r->want, r->want_len, ":", 1))
			continue; /* a text without a header gains a line each time */
		if (r->want[0] == '\n')
			continue;
		assert_int_equal(mail_canon(r->want, r->want_len, &out, &kw), 0);
		assert_int_equal(out.len, r->want_len);
		assert_memory_equal(out.data, r->want, r->want_len);
		assert_int_equal(kw, 0);
		buf_free(&out);
	}
}

static void a_copy_keeps_more(void **state)
{
	static const char in[] = "Lines: 1\nStatus: RO\nContent-Length: 1\n\nx";
	struct buf out = { 0 };
	kw_set kw = 0;
	const char *p;
	size_t n;
	(void)state;

	assert_int_equal(canon_copy(in, sizeof(in) - 1, &out, &kw, &p, &n), 0);
	assert_int_equal(kw, KW_SEEN);
	assert_int_equal(n, strlen("Lines: 1\nContent-Length: 1\n\nx"));
	assert_memory_equal(p, "Lines: 1\nContent-Length: 1\n\nx", n);
	buf_reset(&out);
	assert_int_equal(canon_copy("text", 4, &out, &kw, &p, &n), 0);
	assert_int_equal(n, 4);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stored_bytes_follow_the_rules),
		cmocka_unit_test(what_is_stored_is_stable),
		cmocka_unit_test(a_copy_keeps_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

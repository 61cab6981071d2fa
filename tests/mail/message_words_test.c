#include "mail/message_words.h"

#include "mail/message.h"
#include "mail/message_decode.h"
#include "mail/message_fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *in, *out;
} words[] = {
	{ "", "" },
	{ "plain =? text ?=", "plain =? text ?=" },
	{ "=?utf-8?q?caf=C3=A9?=", "caf\xc3\xa9" },
	{ "=?UTF-8?B?Y2Fmw6k=?= x", "caf\xc3\xa9 x" },
	{ "a =?iso-8859-1?Q?=E9_b?= c", "a \xc3\xa9 b c" },
	{ "=?utf-8*en?q?x?=", "x" },
	/* blanks between words go, other text stays */
	{ "=?utf-8?q?a?= \t =?utf-8?q?b?= c =?utf-8?q?d?=", "ab c d" },
	/* a character cut in two */
	{ "=?utf-8?q?caf=C3?= =?utf-8?q?=A9?=", "caf\xc3\xa9" },
	{ "=?utf-8?b?Y2Fmww==?= =?utf-8?q?=A9?=", "caf\xc3\xa9" },
	/* but not across charsets */
	{ "=?utf-8?q?=C3?= =?iso-8859-1?q?=A9?=", "\xc3\x83\xc2\xa9" },
	{ "=?iso-2022-jp?B?GyRCRnwbKEI=?= =?iso-2022-jp?B?GyRCS1wbKEI=?=",
	  "\xe6\x97\xa5\xe6\x9c\xac" },
	{ "=?no-such-charset?q?a=E9?=", "a\xc3\xa9" },
	{ "=?big5?q?=A7?=", "\xc2\xa7" },
	{ "=?utf-8?q?=zz=4?=", "=zz=4" },
	{ "=?utf-8?q?"
	  "?=",
	  "" },
	{ "=?utf-8?x?a?=", "=?utf-8?x?a?=" },
	{ "=?"
	  "?q?a?=",
	  "=?"
	  "?q?a?=" },
	{ "=?utf-8?q?a?", "=?utf-8?q?a?" },
	{ "=?utf-8?q?a", "=?utf-8?q?a" },
	{ "=?utf-8?q", "=?utf-8?q" },
	{ "=?=?utf-8?q?a?=", "=?a" },
	{ "=?utf-8?b?!!!?=", "" },
};

static void encoded_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct buf b = { 0 };
		size_t len = strlen(words[i].in);
		char *exact = malloc(len + 1);
		memcpy(exact, words[i].in, len);
		words_decode((struct slice){ exact, len }, &b);
		free(exact);
		if (strcmp(buf_cstr(&b), words[i].out) != 0)
			fail_msg("%s: %s", words[i].in, b.data);
		buf_free(&b);
	}
}

static const struct {
	const char *in, *out;
} fields[] = {
	{ "a\tb", "a b" },
	{ "caf\xe9", "caf\xc3\xa9" },
	{ "caf\xc3\xa9", "caf\xc3\xa9" },
	/* one byte that is no UTF-8 makes all of it Latin-1 */
	{ "\xc3\xa9 \xe9", "\xc3\x83\xc2\xa9 \xc3\xa9" },
	{ "=?utf-8?q?a=0D=0Ab=00c?=", "a b c" },
};

static void fields_are_one_line_of_utf8(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		struct buf b = { 0 };
		field_decode(fields[i].in, &b);
		assert_string_equal(buf_cstr(&b), fields[i].out);
		buf_free(&b);
	}
}

static const struct {
	const char *bytes;
	size_t valid;
} forms[] = {
	{ "abc", 3 },
	{ "0123456789\xc3\xa9", 12 },
	{ "\xc0\xaf", 0 }, /* too long a form */
	{ "\xe0\x80\x80", 0 },
	{ "\xed\xa0\x80", 0 }, /* a surrogate */
	{ "\xed\x9f\xbf", 3 },
	{ "\xf4\x8f\xbf\xbf", 4 },
	{ "\xf4\x90\x80\x80", 0 },
	{ "\xf5\x80\x80\x80", 0 },
	{ "a\xe2\x82", 1 },
	{ "\x80", 0 },
};

static void utf8_is_checked_strictly(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		assert_int_equal(utf8_valid(forms[i].bytes, strlen(forms[i].bytes)),
		                 forms[i].valid);
	assert_int_equal(utf8_cut("a\xc3\xa9", 3, 2), 1);
	assert_int_equal(utf8_cut("a\xc3\xa9", 3, 3), 3);
	assert_int_equal(utf8_cut("\xc3\xa9", 2, 0), 0);
}

static void decoded(const char *head, const char *unit, size_t n, struct buf *out)
{
	struct buf raw = { 0 };
	struct part p;
	struct decode d;
	struct slice piece;
	buf_addf(&raw, "%s\n\n", head);
	for (size_t i = 0; i < n; i++)
		buf_adds(&raw, unit);
	assert_int_equal(part_open((struct slice){ raw.data, raw.len }, &p), 0);
	decode_open(&d, &p, true);
	while (decode_next(&d, &piece))
		buf_add(out, piece.p, piece.len);
	assert_false(d.failed);
	decode_close(&d);
	part_done(&p);
	buf_free(&raw);
}

static const struct {
	const char *head, *unit, *want;
} bodies[] = {
	{ "Content-Type: text/plain; charset=utf-8", "\xe6\x97\xa5", "\xe6\x97\xa5" },
	{ "Content-Type: text/plain; charset=iso-8859-1", "a\xe9z", "a\xc3\xa9z" },
	{ "Content-Type: text/plain; charset=us-ascii", "a\xe9z", "a\xc3\xa9z" },
	{ "Content-Type: text/plain; charset=nonsense", "a\xe9z", "a\xc3\xa9z" },
	{ "Content-Type: text/plain; charset=euc-jp", "\xc6\xfc.", "\xe6\x97\xa5." },
	{ "Content-Type: text/plain; charset=utf-16be", "a\xe9 \xe9", "\xe6\x87\xa9\xe2\x83\xa9" },
	{ "Content-Type: text/plain; charset=koi8-r", "\xc1", "\xd0\xb0" },
	{ "Content-Transfer-Encoding: quoted-printable", "=C3=A9a",
	  "\xc3\xa9"
	  "a" },
	{ "Content-Transfer-Encoding: =BASE64;", "5pel\n", "\xe6\x97\xa5" },
};

/* Characters that lie across the pieces of a long body come out whole. */
static void long_bodies_in_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct buf out = { 0 };
		size_t n = 70001, len = strlen(bodies[i].want);
		decoded(bodies[i].head, bodies[i].unit, n, &out);
		assert_int_equal(out.len, n * len);
		for (size_t at = 0; at < out.len; at += len)
			assert_memory_equal(out.data + at, bodies[i].want, len);
		buf_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encoded_words),
		cmocka_unit_test(fields_are_one_line_of_utf8),
		cmocka_unit_test(utf8_is_checked_strictly),
		cmocka_unit_test(long_bodies_in_pieces),
	};
	message_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "mail/message.h"
#include "mail/message_address.h"
#include "mail/message_fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *field;
	const char *pairs; /* "name=address|", "-" for none */
} lists[] = {
	{ "", "" },
	{ "a@b.c", "-=a@b.c|" },
	{ "<a@b.c>", "-=a@b.c|" },
	{ "Julia <j@x>, O'Brien <o@y>", "Julia=j@x|O'Brien=o@y|" },
	{ "\"Foo, Bar\" <a@b.c>", "Foo, Bar=a@b.c|" },
	{ "Foo, Bar <a@b.c>", "-=-|Bar=a@b.c|" },
	{ "a@b.c (Comment Here)", "Comment Here=a@b.c|" },
	{ "(pre) a@b.c (post) (second)", "second=a@b.c|" },
	{ "Name (c) <a@b.c>", "Name=a@b.c|" },
	{ "J. Random <j@r.x>", "J. Random=j@r.x|" },
	{ "J . Random <j@r.x>", "J . Random=j@r.x|" },
	{ "\"q\"uoted <a@b>", "q uoted=a@b|" },
	{ "\"quoted \\\"x\\\" y\" <a@b>", "quoted \"x\" y=a@b|" },
	{ "Foo@Bar <x@y.z>", "-=Foo@Bar|" },
	{ "a@b.c b@c.d", "-=a@b.c|" },
	{ "a@[1.2.3.4]", "-=a@[1.2.3.4]|" },
	{ "a@[1.2", "-=a@[1.2|" },
	{ "Foo <@r1,@r2:a@b>", "Foo=a@b|" },
	{ "Foo <a@b", "Foo=a@b|" },
	{ "Foo <a b@c>", "Foo=-|" },
	{ "Foo <mailto:x@y>", "Foo=-|" },
	{ "Foo <\"a b\"@c>", "Foo=\"a b\"@c|" },
	{ "a @ b . c", "-=a@b.c|" },
	{ "a.@c", "-=\"a.\"@c|" },
	{ "a..b@c", "-=a..b@c|" },
	{ "user@", "-=-|" },
	{ "@host", "-=-|" },
	{ "<>", "-=-|" },
	{ "Foo <x>, y@z", "Foo=-|-=y@z|" },
	{ "Undisclosed.Recipients", "Undisclosed.Recipients=-|" },
	{ "A <x@y>, B", "A=x@y|B=-|" },
	{ "foo bar", "-=-|" },
	{ "MAILER-DAEMON (Mail)", "MAILER-DAEMON=-|" },
	{ "undisclosed-recipients:;", "" },
	{ "none:;, a@b", "-=a@b|" },
	{ "Group: a@b.c, B <b@c>;, c@d", "-=a@b.c|B=b@c|-=c@d|" },
	{ "Foo: bar <x@y>", "bar=x@y|" },
	{ "Foo (a(b)c) <x@y>", "Foo=x@y|" },
	{ "\"unterminated <x@y", "-=-|" },
	{ "(unterminated x@y", "" },
	{ "a@b (unterminated", "-=a@b|" },
	{ "a\\b@c", "-=-|" },
	{ "a@b\\", "-=a@b|" },
	{ "\"a\\", "-=-|" },
	{ "\xc3\xa9 \xc3\xa0 <x@y>", "\xc3\xa9 \xc3\xa0=x@y|" },
};

static void note(void *rock, const char *name, const char *addr)
{
	buf_addf(rock, "%s=%s|", name ? name : "-", addr ? addr : "-");
}

static void pairs_of_odd_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct buf b = { 0 };
		char *exact = strdup(lists[i].field);
		message_addresses(exact, note, &b);
		free(exact);
		if (strcmp(buf_cstr(&b), lists[i].pairs) != 0)
			fail_msg("%s: %s", lists[i].field, b.data);
		buf_free(&b);
	}
}

static const struct {
	const char *raw, *text;
} decodes[] = {
	{ "a@b", "a@b" },
	{ "Foo, Bar <a@b>", "Foo, Bar <a@b>" },
	{ "=?utf-8?q?Foo=2C_Bar?= <a@b>", "\"Foo, Bar\" <a@b>" },
	{ "=?utf-8?q?Julia?= <a@b>, c@d", "Julia <a@b>, c@d" },
	{ "=?utf-8?q?J=C3=B6rg?= <a@b>", "J\xc3\xb6rg <a@b>" },
	{ "=?utf-8?q?a=22b=5C?= <a@b>", "\"a\\\"b\\\\\" <a@b>" },
	{ "a@b (=?utf-8?q?c=29?=)", "a@b (c\\))" },
	{ "=?utf-8?q?x=0Ay?= <a@b>", "\"x y\" <a@b>" },
	{ "=?utf-8?q?nobody?=", "" },
	{ "\xe9 <a@b>", "\xc3\xa9 <a@b>" },
};

static void names_are_decoded_inside_their_address(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof decodes / sizeof *decodes; i++) {
		struct buf b = { 0 };
		field_decode_addresses(decodes[i].raw, &b);
		assert_string_equal(buf_cstr(&b), decodes[i].text);
		buf_free(&b);
	}
}

static void an_endless_list_ends(void **state)
{
	(void)state;
	static const char *const repeats[] = {
		",", "a:;,", "(", "\"", "<", "a@b,", "@,", "a ", "\\"
	};
	for (size_t i = 0; i < sizeof repeats / sizeof *repeats; i++) {
		struct buf b = { 0 }, seen = { 0 };
		while (b.len < MESSAGE_FIELD_MAX)
			buf_adds(&b, repeats[i]);
		message_addresses(buf_cstr(&b), note, &seen);
		buf_free(&b);
		buf_free(&seen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_of_odd_lists),
		cmocka_unit_test(names_are_decoded_inside_their_address),
		cmocka_unit_test(an_endless_list_ends),
	};
	message_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

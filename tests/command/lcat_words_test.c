/* What lcat finds in a piece of text. */
#include "command_fixture.h"

#include "command/lcat_words.h"

static void names_are_found(void **state)
{
	static const struct {
		const char *text;
		enum lcat_kind kind;
		const char *found;
		bool thread;
	} table[] = {
		{ "", LCAT_NOTHING, "", false },
		{ "a@b", LCAT_NOTHING, "", false },
		{ "<a@b>", LCAT_MID, "a@b", false },
		{ "<> <a@b>", LCAT_MID, "a@b", false },
		{ "x < y and <a", LCAT_NOTHING, "", false },
		{ "x <a\nb> y", LCAT_MID, "a\nb", false },
		{ "mid:a@b c", LCAT_MID, "a@b", false },
		{ "m:a mid:b", LCAT_TERM, "m:a", false },
		{ "mid:b m:a", LCAT_MID, "b", false },
		{ "xm:a", LCAT_NOTHING, "", false },
		{ "x.m:a", LCAT_TERM, "m:a", false },
		{ "mid:", LCAT_NOTHING, "", false },
		{ "id:a@b", LCAT_MID, "a@b", false },
		{ "pid:a", LCAT_NOTHING, "", false },
		{ "blob:0123456", LCAT_BLOB, "0123456", false },
		{ "blob:012345", LCAT_NOTHING, "", false },
		{ "blob:0123456x", LCAT_NOTHING, "", false },
		{ "blob:0 blob:0123456,", LCAT_BLOB, "0123456", false },
		{ "see Maildir:/a b\nc", LCAT_FOLDER, "Maildir:/a b", false },
		{ "maildir:", LCAT_NOTHING, "", false },
		{ "http://x/i/a@b/", LCAT_MID, "a@b", false },
		{ "<http://x/i/a@b/>.", LCAT_MID, "a@b", false },
		{ "http://x/a%40b@c", LCAT_MID, "a@b@c", false },
		{ "http://x/a%00b@c", LCAT_MID, "a%00b@c", false },
		{ "http://x/a@b%4", LCAT_MID, "a@b%4", false },
		{ "http://x/i/a@b/T/#u", LCAT_MID, "a@b", true },
		{ "http://x/i/a@b/t.mbox.gz", LCAT_MID, "a@b", true },
		{ "http://x/i/a@b/raw", LCAT_MID, "a@b", false },
		{ "http://x/i/ab/raw", LCAT_MID, "ab", false },
		{ "http://x/i/ab/t/", LCAT_MID, "ab", true },
		{ "http://x/i/ab/t.atom/", LCAT_NOTHING, "", false },
		{ "http://x//raw", LCAT_NOTHING, "", false },
		{ "http://x/raw", LCAT_NOTHING, "", false },
		{ "http://a@b/i", LCAT_NOTHING, "", false },
		{ "http://x/@/a@b", LCAT_MID, "a@b", false },
		{ "http://x/?q=a@b", LCAT_NOTHING, "", false },
		{ "http:// http://x/a@b", LCAT_MID, "a@b", false },
		{ "gopher://x/a@b/T/", LCAT_MID, "a@b", false },
		{ "news://x/a@b", LCAT_MID, "a@b", false },
		{ "nntp://x/group", LCAT_REMOTE, "nntp://x/group", false },
		{ "imaps://x/a@b", LCAT_REMOTE, "imaps://x/a@b", false },
		{ "://x/a@b", LCAT_NOTHING, "", false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct buf found = { 0 };
		bool thread = true;
		enum lcat_kind kind = lcat_word(table[i].text, &found, &thread);
		if (kind != table[i].kind || strcmp(buf_cstr(&found), table[i].found) != 0 ||
		    thread != table[i].thread)
			fail_msg("`%s' is %d, `%s', %d", table[i].text, (int)kind, found.data,
			         thread);
		buf_free(&found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

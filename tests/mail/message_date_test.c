#include "mail/message_date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *text;
	int64_t seconds; /* -1: no date */
} dates[] = {
	{ "Thu, 01 Jan 1970 00:00:00 +0000", 0 },
	{ "Mon, 16 Sep 2002 03:27:38 +0000", 1032146858 },
	{ "16 Sep 2002 08:57:38 +0530", 1032146858 },
	{ "16 Sep 2002 03:27:38 GMT", 1032146858 },
	{ "16 sEPTember 2002 03:27:38 Z", 1032146858 },
	{ "Mon,16 Sep 02 03:27:38 -0000", 1032146858 },
	{ "16 Sep 102 03:27:38 +0000", 1032146858 },
	{ "Sun, 15 Sep 2002 22.27.38 EST", 1032146858 },
	{ "16, Sep 2002 3:27 --0000 (junk)", 1032146820 },
	{ "16 Sep 2002 03:27: 8 +0", 1032146828 },
	{ "16 Sep 2002 04:27:38 +1", 1032146858 },
	{ "16 Sep 2002 03:57:38 +30", 1032146858 },
	{ "29 Feb 2000 00:00:00 +0000", 951782400 },
	{ "29 Feb 2100 00:00:00 +0000", -1 },
	{ "1 Mar 2100 00:00:00 +0000", 4107542400 },
	{ "31 Dec 9999 23:59:59 +0000", 253402300799 },
	{ "31 Apr 2002 00:00:00 +0000", -1 },
	{ "0 Apr 2002 00:00:00 +0000", -1 },
	{ "1 Apr 2002 24:00:00 +0000", -1 },
	{ "1 Apr 2002 00:60:00 +0000", -1 },
	{ "1 Apr 2002 00:00:60 +0000", -1 },
	{ "1 Foo 2002 00:00:00 +0000", -1 },
	{ "1 Jan 1969 00:00:00 +0000", -1 },
	{ "99999999999999999999 Jan 2002 00:00:00 +0000", -1 },
	{ "1 Jan 2002 99999999999999999999:00:00 +0000", -1 },
	{ "1 Jan 2002 00:00:00 +99999999999999999999", -1 },
	/* other forms */
	{ "Mon, 16 Sep 2002 03:27:38 (GMT)", 1032146858 },
	{ "Fri, 23 Aug 2002 19:27:52", 1030130872 },
	{ "Fri, 23 Aug 2002 22:46:34 GMT+1", 1030139194 },
	{ "2002/09/14 Sat 02:29:32 CDT", 1031988572 },
	{ "Sat Sep 21 08:18:08 2002", 1032596288 },
	{ "27 Jun 01 3:36:25 AM", 993612985 },
	{ "28 Jun 01 10:05:15 PM", 993765915 },
	{ "03 Jul 01 12:47:50 AM", 994121270 },
	{ "Tue, 06 Aug 2002 06:50:21 PM -0400", 1028674221 },
	{ "2002-09-16T03:27:38Z", 1032146858 },
	{ "2002-09-16 03:27:38 +0000", 1032146858 },
	{ "9/16/2002 3:27", 1032146820 },
	{ "Fri, 30 Aug 02 21:48:08 Eastern Daylight Time", -1 },
	{ "Thu, 18 Jul 2002 21:16:12 version=2.40", -1 },
	{ "", -1 },
	{ "yesterday", -1 },
	{ "12:00", -1 },
	{ "Jan", -1 },
	{ "1-", -1 },
	{ "(", -1 },
	{ "+", -1 },
	{ "1/2/", -1 },
};

static void dates_as_programs_write_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
		int64_t t = -5;
		char *exact = strdup(dates[i].text); /* a heap block ends where the text ends */
		bool ok = date_parse(exact, &t);
		free(exact);
		if (ok != (dates[i].seconds != -1) || t != (ok ? dates[i].seconds : -5))
			fail_msg("%s: %d %lld", dates[i].text, ok, (long long)t);
	}
}

static bool of(bool (*fn)(const struct head *, int64_t *), const char *text, int64_t *ret)
{
	struct head h;
	assert_int_equal(head_parse((struct slice){ text, strlen(text) }, &h), 0);
	bool ok = fn(&h, ret);
	head_done(&h);
	return ok;
}

static void first_good_line_counts(void **state)
{
	(void)state;
	int64_t t = 0;
	assert_true(of(date_of_date, "Date: bad\nDate: 16 Sep 2002 03:27:38 +0000\n", &t));
	assert_int_equal(t, 1032146858);
	assert_false(of(date_of_date, "Date: bad\nDate:\n", &t));
	assert_true(
	    of(date_of_received,
	       "Received: from x (1 2 3)\n\tby y; Mon, 16 Sep 2002\n 03:27:38 +0000 (UTC)\n", &t));
	assert_int_equal(t, 1032146858);
	/* relays without a numeric zone are passed over, as in the original */
	assert_true(of(date_of_received,
	               "Received: by a; 1 Jan 2003 00:00:00 GMT\nReceived: nothing\n"
	               "Received: by b; 16 Sep 2002 03:27:38 +0000\n",
	               &t));
	assert_int_equal(t, 1032146858);
	assert_false(of(date_of_received, "Received: by c\n", &t));
}

static void long_lines_take_no_long_time(void **state)
{
	(void)state;
	static const char *const repeats[] = { "1", "1 ", "1 Jan ", "a", " ", "(", "1:", "+" };
	for (size_t i = 0; i < sizeof repeats / sizeof *repeats; i++) {
		struct buf b = { 0 };
		int64_t t;
		while (b.len < 1 << 20)
			buf_adds(&b, repeats[i]);
		assert_false(date_parse(buf_cstr(&b), &t));
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_as_programs_write_them),
		cmocka_unit_test(first_good_line_counts),
		cmocka_unit_test(long_lines_take_no_long_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

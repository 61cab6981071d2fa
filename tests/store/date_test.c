/* Dates in queries.  Relative ones were compared with git rev-parse --since. */
#include "testing.h"

#include "store/query.h"

#include <time.h>

struct date {
	const char *text;
	const char *lo, *hi; /* "YYYY-MM-DD HH:MM:SS" UTC; hi NULL: the same; lo NULL: refused */
};

static const struct date dates[] = {
	{ "2020-01-02", "2020-01-02 00:00:00", "2020-01-02 23:59:59" },
	{ "2020/01/02", "2020-01-02 00:00:00", "2020-01-02 23:59:59" },
	{ "2020.01.02", "2020-01-02 00:00:00", "2020-01-02 23:59:59" },
	{ "20200102", "2020-01-02 00:00:00", "2020-01-02 23:59:59" },
	{ "2020-02", "2020-02-01 00:00:00", "2020-02-29 23:59:59" },
	{ "2019", "2019-01-01 00:00:00", "2019-12-31 23:59:59" },
	{ "2020-12-31", "2020-12-31 00:00:00", "2020-12-31 23:59:59" },
	{ "20200102030405", "2020-01-02 03:04:05", NULL },
	{ "2020-01-02T03:04:05Z", "2020-01-02 03:04:05", NULL },
	{ "2020-01-02 03:04:05 +0200", "2020-01-02 01:04:05", NULL },
	{ "2020-01-02T03:04:05-01:30", "2020-01-02 04:34:05", NULL },
	{ "2020-01-02T03:04", "2020-01-02 03:04:00", "2020-01-02 03:04:59" },
	{ "1577934245", "2020-01-02 03:04:05", NULL },
	{ "@5", "1970-01-01 00:00:05", NULL },
	{ "now", "2020-09-13 12:26:40", NULL },
	{ "today", "2020-09-13 00:00:00", "2020-09-13 23:59:59" },
	{ "yesterday", "2020-09-12 12:26:40", NULL },
	{ "Yesterday", "2020-09-12 12:26:40", NULL },
	{ "noon", "2020-09-13 12:00:00", NULL },
	{ "midnight", "2020-09-13 00:00:00", NULL },
	{ "tea", "2020-09-12 17:00:00", NULL },
	{ "yesterday noon", "2020-09-12 12:00:00", NULL },
	{ "noon.yesterday", "2020-09-12 12:00:00", NULL },
	{ "never", "1970-01-01 00:00:00", NULL },
	{ "2.days.ago", "2020-09-11 12:26:40", NULL },
	{ "2 days ago", "2020-09-11 12:26:40", NULL },
	{ "2.days", "2020-09-11 12:26:40", NULL },
	{ "90.minutes.ago", "2020-09-13 10:56:40", NULL },
	{ "1.hour.ago", "2020-09-13 11:26:40", NULL },
	{ "three.weeks.ago", "2020-08-23 12:26:40", NULL },
	{ "1.month.ago", "2020-08-13 12:26:40", NULL },
	{ "1.year.2.months.ago", "2019-07-13 12:26:40", NULL },
	{ "last.week", "2020-09-06 12:26:40", NULL },
	{ "last.month", "2020-08-13 12:26:40", NULL },
	{ "last.year", "2019-09-13 12:26:40", NULL },
	{ "last.friday", "2020-09-11 12:26:40", NULL },
	{ "last.sunday", "2020-09-06 12:26:40", NULL },
	{ "friday", "2020-09-11 12:26:40", NULL },
	{ "2.fridays.ago", "2020-09-04 12:26:40", NULL },
	{ "jan.5", "2020-01-05 00:00:00", "2020-01-05 23:59:59" },
	{ "5 jan 2019", "2019-01-05 00:00:00", "2019-01-05 23:59:59" },
	{ "dec 25", "2019-12-25 00:00:00", "2019-12-25 23:59:59" },
	{ "february", "2020-02-01 00:00:00", "2020-02-29 23:59:59" },
	{ "6am", "2020-09-13 06:00:00", NULL },
	{ "3:30pm yesterday", "2020-09-12 15:30:00", NULL },
	{ "15:04:05", "2020-09-13 15:04:05", NULL },
	{ "", NULL, NULL },
	{ "junk", NULL, NULL },
	{ "2020-13-01", NULL, NULL },
	{ "2020-02-30", NULL, NULL },
	{ "2020-1-1", NULL, NULL },
	{ "20200230", NULL, NULL },
	{ "2020-01-02T25:00", NULL, NULL },
	{ "2020-01-02T03:04:05+99", NULL, NULL },
	{ "2020-01-02x", NULL, NULL },
	{ "1", NULL, NULL },
	{ "12345678901234567890", NULL, NULL },
	{ "13pm", NULL, NULL },
	{ "jan feb", NULL, NULL },
	{ "jan 32", NULL, NULL },
	{ "3", NULL, NULL },
	{ "@", NULL, NULL },
	{ "2 3 days", NULL, NULL },
};

static void show(int64_t t, char buf[32])
{
	time_t clock = (time_t)t;
	struct tm tm;

	gmtime_r(&clock, &tm);
	strftime(buf, 32, "%Y-%m-%d %H:%M:%S", &tm);
}

static void dates_mean_what_people_mean(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(dates); i++) {
		const struct date *d = &dates[i];
		int64_t lo, hi;
		char from[32], to[32];
		int rc = query_date(d->text, strlen(d->text), FILTER_DAY, NOW, &lo, &hi);

		if (!d->lo) {
			if (rc != -EINVAL)
				fail_msg("'%s' should be refused", d->text);
			continue;
		}
		if (rc)
			fail_msg("'%s' should be understood", d->text);
		show(lo, from);
		show(hi, to);
		if (strcmp(from, d->lo) || strcmp(to, d->hi ? d->hi : d->lo))
			fail_msg("'%s' is %s .. %s", d->text, from, to);
	}
}

static void eight_digits_are_seconds_in_rt(void **state)
{
	(void)state;
	int64_t lo, hi;

	assert_int_equal(query_date("20200102", 8, FILTER_RECEIVED, NOW, &lo, &hi), 0);
	assert_int_equal(lo, 20200102);
	assert_int_equal(hi, 20200102);
}

/* Figures are days of UTC wherever we are; "today" is ours. */
static void zones_are_kept_apart(void **state)
{
	(void)state;
	int64_t lo, hi;

	setenv("TZ", "JST-9", 1);
	tzset();
	int figures = query_date("20200102", 8, FILTER_DAY, NOW, &lo, &hi);
	int64_t day = lo;
	int today = query_date("today", 5, FILTER_DAY, NOW, &lo, &hi);
	setenv("TZ", "UTC", 1);
	tzset();
	assert_int_equal(figures, 0);
	assert_int_equal(day, 1577923200);
	assert_int_equal(today, 0);
	assert_int_equal(lo, NOW - NOW % 86400 - 9 * 3600);
}

/* No text may read beyond its end or overflow. */
static void odd_text_is_harmless(void **state)
{
	(void)state;
	static const char *const pieces[] = {
		"2020",  "-",    "01",  ":", "am",  "last", "99999999999999",
		"month", "year", "ago", "@", "jan", "fri",  "."
	};
	for (size_t i = 0; i < COUNT(pieces); i++)
		for (size_t j = 0; j < COUNT(pieces); j++)
			for (size_t k = 0; k < COUNT(pieces); k++) {
				char text[64];
				int64_t lo, hi;
				int n = snprintf(text, sizeof(text), "%s%s%s", pieces[i], pieces[j],
				                 pieces[k]);
				char *exact = malloc((size_t)n);
				assert_non_null(exact);
				memcpy(exact, text, (size_t)n);
				query_date(exact, (size_t)n, FILTER_SENT, NOW, &lo, &hi);
				free(exact);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_mean_what_people_mean),
		cmocka_unit_test(eight_digits_are_seconds_in_rt),
		cmocka_unit_test(zones_are_kept_apart),
		cmocka_unit_test(odd_text_is_harmless),
	};
	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

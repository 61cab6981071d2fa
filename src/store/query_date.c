/* Dates as people write them: 2020-01-02, 20200102, 2020-01-02T03:04:05Z, 1577934245; what is
 * relative to now is in query_guess.c. */
#include "date.h"
#include "query.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <time.h>

/* ---- calendar ---- */

int date_span(int year, int mon, int mday, bool local, int64_t *lo, int64_t *hi)
{
	struct tm from = { .tm_year = year - 1900, .tm_mon = mon ? mon - 1 : 0, .tm_isdst = -1 };

	from.tm_mday = mday ? mday : 1;
	struct tm to = from;
	if (mday)
		to.tm_mday++;
	else if (mon)
		to.tm_mon++;
	else
		to.tm_year++;
	int64_t first = local ? mktime(&from) : timegm(&from);
	int64_t next = local ? mktime(&to) : timegm(&to);
	if (next <= first)
		return -EINVAL;
	*lo = first;
	*hi = next - 1;
	return 0;
}

static int days_in(int year, int mon)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[mon - 1] + (mon == 2 && leap);
}

bool date_ok(int year, int mon, int mday)
{
	return year >= 1900 && mon >= 1 && mon <= 12 && mday >= 1 && mday <= days_in(year, mon);
}

/* ---- scanning ---- */

bool scan_digits(struct scan *s, int width, int *ret)
{
	int v = 0;

	if (s->end - s->p < width)
		return false;
	for (int i = 0; i < width; i++) {
		if (!isdigit((unsigned char)s->p[i]))
			return false;
		v = v * 10 + (s->p[i] - '0');
	}
	s->p += width;
	*ret = v;
	return true;
}

bool scan_one_of(struct scan *s, const char *any)
{
	if (s->p == s->end || !strchr(any, *s->p))
		return false;
	s->p++;
	return true;
}

bool scan_number(struct scan *s, int64_t *ret)
{
	const char *from = s->p;
	int64_t v = 0;

	while (s->p < s->end && isdigit((unsigned char)*s->p)) {
		if (s->p - from == 15)
			return false;
		v = v * 10 + (*s->p++ - '0');
	}
	*ret = v;
	return s->p > from;
}

/* ---- absolute ---- */

/* Z or +HHMM or +HH:MM after an optional blank; 1 there is one, 0 none, -EINVAL. */
static int zone(struct scan *s, int *ret_offset)
{
	int hours, minutes = 0;

	while (scan_one_of(s, " "))
		;
	*ret_offset = 0;
	if (s->p == s->end)
		return 0;
	if (scan_one_of(s, "Zz"))
		return s->p == s->end ? 1 : -EINVAL;
	int sign = *s->p == '-' ? -1 : 1;
	if (!scan_one_of(s, "+-") || !scan_digits(s, 2, &hours))
		return -EINVAL;
	scan_one_of(s, ":");
	if (s->p < s->end && !scan_digits(s, 2, &minutes))
		return -EINVAL;
	*ret_offset = sign * (hours * DATE_HOUR + minutes * DATE_MINUTE);
	return s->p == s->end && hours <= 14 && minutes < 60 ? 1 : -EINVAL;
}

/* What follows YYYY-MM-DD: a blank or T, and the time. */
static int iso_time(struct scan *s, struct tm tm, int64_t *lo, int64_t *hi)
{
	int offset, sec = 0;

	if (!scan_one_of(s, "Tt. ") || !scan_digits(s, 2, &tm.tm_hour) || !scan_one_of(s, ":.") ||
	    !scan_digits(s, 2, &tm.tm_min))
		return -EINVAL;
	bool has_sec = scan_one_of(s, ":.");
	if (has_sec && !scan_digits(s, 2, &sec))
		return -EINVAL;
	tm.tm_sec = sec;
	int zoned = zone(s, &offset);
	if (zoned < 0 || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
		return -EINVAL;
	tm.tm_isdst = -1;
	*lo = zoned ? timegm(&tm) - offset : mktime(&tm);
	*hi = has_sec ? *lo : *lo + DATE_MINUTE - 1;
	return 0;
}

/* 1 understood, 0 another form, -EINVAL. */
static int iso(struct scan s, int64_t *lo, int64_t *hi)
{
	int year, mon, mday;

	if (!scan_digits(&s, 4, &year) || !scan_one_of(&s, "-./") || !scan_digits(&s, 2, &mon))
		return 0;
	if (s.p == s.end)
		return date_ok(year, mon, 1) && !date_span(year, mon, 0, false, lo, hi) ? 1
		                                                                        : -EINVAL;
	if (!scan_one_of(&s, "-./") || !scan_digits(&s, 2, &mday) || !date_ok(year, mon, mday))
		return -EINVAL;
	if (s.p == s.end)
		return date_span(year, mon, mday, false, lo, hi) ? -EINVAL : 1;
	struct tm tm = { .tm_year = year - 1900, .tm_mon = mon - 1, .tm_mday = mday };
	return iso_time(&s, tm, lo, hi) ? -EINVAL : 1;
}

static int compact(struct scan s, int64_t *lo, int64_t *hi) /* YYYYMMDD[HHMMSS] */
{
	int year, mon, mday;
	bool has_time = s.end - s.p == 14;

	if (!scan_digits(&s, 4, &year) || !scan_digits(&s, 2, &mon) || !scan_digits(&s, 2, &mday) ||
	    !date_ok(year, mon, mday))
		return -EINVAL;
	struct tm tm = { .tm_year = year - 1900, .tm_mon = mon - 1, .tm_mday = mday };
	if (!has_time)
		return date_span(year, mon, mday, false, lo, hi);
	if (!scan_digits(&s, 2, &tm.tm_hour) || !scan_digits(&s, 2, &tm.tm_min) ||
	    !scan_digits(&s, 2, &tm.tm_sec))
		return -EINVAL;
	*lo = *hi = timegm(&tm);
	return tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60 ? -EINVAL : 0;
}

/* Nothing but digits: seconds, a compact date or a year.  As in the original 8 digits are a
 * day in d: and dt:, seconds in rt:. */
static int bare_number(struct scan s, enum filter f, int64_t *lo, int64_t *hi)
{
	size_t n = (size_t)(s.end - s.p);
	int64_t v;

	if (n == 14 || (n == 8 && f != FILTER_RECEIVED))
		return compact(s, lo, hi);
	if (!scan_number(&s, &v))
		return -EINVAL;
	if (n == 4)
		return v < 1900 ? -EINVAL : date_span((int)v, 0, 0, false, lo, hi);
	if (n < 5)
		return -EINVAL;
	*lo = *hi = v;
	return 0;
}

int query_date(const char *p, size_t n, enum filter f, int64_t now, int64_t *lo, int64_t *hi)
{
	struct scan s = { p, p + n };
	size_t plain = 0;

	if (n == 0 || n > 100)
		return -EINVAL;
	if (*p == '@') {
		s.p++;
		if (!scan_number(&s, lo) || s.p != s.end)
			return -EINVAL;
		*hi = *lo;
		return 0;
	}
	while (plain < n && isdigit((unsigned char)p[plain]))
		plain++;
	if (plain == n)
		return bare_number(s, f, lo, hi);
	int rc = iso(s, lo, hi);
	return rc ? (rc < 0 ? rc : 0) : date_guess(s, now, lo, hi);
}

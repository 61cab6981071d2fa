/* Dates as people write them: 2020-01-02, 20200102, 2020-01-02T03:04:05Z, 1577934245, and the
 * useful part of git's "approxidate": yesterday, 2.weeks.ago, last.friday, jan.5, noon. */
#include "query.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

/* ---- calendar ---- */

/* First and last second of the day, month or year that starts at tm (local time). */
static int span(struct tm tm, int years, int months, int days, int64_t *lo, int64_t *hi)
{
	struct tm end = tm;

	end.tm_year += years;
	end.tm_mon += months;
	end.tm_mday += days;
	tm.tm_isdst = end.tm_isdst = -1;
	time_t from = mktime(&tm), to = mktime(&end);
	if (from == (time_t)-1 || to <= from)
		return -EINVAL;
	*lo = from;
	*hi = to - 1;
	return 0;
}

static int whole_span(int year, int mon, int mday, int64_t *lo, int64_t *hi)
{
	struct tm tm = { .tm_year = year - 1900, .tm_mon = mon ? mon - 1 : 0, .tm_mday = 1 };

	if (mday)
		tm.tm_mday = mday;
	return span(tm, !mon, mon && !mday, mday != 0, lo, hi);
}

static int days_in(int year, int mon)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[mon - 1] + (mon == 2 && leap);
}

static bool date_ok(int year, int mon, int mday)
{
	return year >= 1900 && mon >= 1 && mon <= 12 && mday >= 1 && mday <= days_in(year, mon);
}

/* ---- scanning ---- */

struct scan {
	const char *p, *end;
};

/* Exactly `width` digits. */
static bool digits(struct scan *s, int width, int *ret)
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

static bool take(struct scan *s, const char *any)
{
	if (s->p == s->end || !strchr(any, *s->p))
		return false;
	s->p++;
	return true;
}

static bool number(struct scan *s, int64_t *ret)
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

	while (take(s, " "))
		;
	*ret_offset = 0;
	if (s->p == s->end)
		return 0;
	if (take(s, "Zz"))
		return s->p == s->end ? 1 : -EINVAL;
	int sign = *s->p == '-' ? -1 : 1;
	if (!take(s, "+-") || !digits(s, 2, &hours))
		return -EINVAL;
	take(s, ":");
	if (s->p < s->end && !digits(s, 2, &minutes))
		return -EINVAL;
	*ret_offset = sign * (hours * HOUR + minutes * MINUTE);
	return s->p == s->end && hours <= 14 && minutes < 60 ? 1 : -EINVAL;
}

/* What follows YYYY-MM-DD: a blank or T, and the time. */
static int iso_time(struct scan *s, struct tm tm, int64_t *lo, int64_t *hi)
{
	int offset, sec = 0;

	if (!take(s, "Tt. ") || !digits(s, 2, &tm.tm_hour) || !take(s, ":.") ||
	    !digits(s, 2, &tm.tm_min))
		return -EINVAL;
	bool has_sec = take(s, ":.");
	if (has_sec && !digits(s, 2, &sec))
		return -EINVAL;
	tm.tm_sec = sec;
	int zoned = zone(s, &offset);
	if (zoned < 0 || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
		return -EINVAL;
	tm.tm_isdst = -1;
	*lo = zoned ? timegm(&tm) - offset : mktime(&tm);
	*hi = has_sec ? *lo : *lo + MINUTE - 1;
	return 0;
}

/* 1 understood, 0 another form, -EINVAL. */
static int iso(struct scan s, int64_t *lo, int64_t *hi)
{
	int year, mon, mday;

	if (!digits(&s, 4, &year) || !take(&s, "-./") || !digits(&s, 2, &mon))
		return 0;
	if (s.p == s.end)
		return date_ok(year, mon, 1) && !whole_span(year, mon, 0, lo, hi) ? 1 : -EINVAL;
	if (!take(&s, "-./") || !digits(&s, 2, &mday) || !date_ok(year, mon, mday))
		return -EINVAL;
	if (s.p == s.end)
		return whole_span(year, mon, mday, lo, hi) ? -EINVAL : 1;
	struct tm tm = { .tm_year = year - 1900, .tm_mon = mon - 1, .tm_mday = mday };
	return iso_time(&s, tm, lo, hi) ? -EINVAL : 1;
}

static int compact(struct scan s, int64_t *lo, int64_t *hi) /* YYYYMMDD[HHMMSS] */
{
	int year, mon, mday;
	bool has_time = s.end - s.p == 14;

	if (!digits(&s, 4, &year) || !digits(&s, 2, &mon) || !digits(&s, 2, &mday) ||
	    !date_ok(year, mon, mday))
		return -EINVAL;
	struct tm tm = { .tm_year = year - 1900, .tm_mon = mon - 1, .tm_mday = mday };
	if (!has_time)
		return whole_span(year, mon, mday, lo, hi);
	if (!digits(&s, 2, &tm.tm_hour) || !digits(&s, 2, &tm.tm_min) || !digits(&s, 2, &tm.tm_sec))
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
	if (!number(&s, &v))
		return -EINVAL;
	if (n == 4)
		return v < 1900 ? -EINVAL : whole_span((int)v, 0, 0, lo, hi);
	if (n < 5)
		return -EINVAL;
	*lo = *hi = v;
	return 0;
}

/* ---- relative ---- */

struct guess {
	struct tm tm; /* local */
	int64_t num; /* a number whose meaning the next word decides; -1 none */
	bool last; /* num stands for the word "last" */
	bool day_moved; /* the day was named: noon is noon of that day */
	bool whole_day;
	int mon, mday, year; /* of a date with a month's name; 0 while unknown */
};

struct word {
	const char *name;
	int value;
};

static const struct word unit_words[] = {
	{ "second", 1 }, { "minute", MINUTE }, { "hour", HOUR },
	{ "day", DAY },  { "week", 7 * DAY },
};
static const struct word number_words[] = {
	{ "a", 1 },    { "an", 1 },  { "one", 1 },   { "two", 2 },   { "three", 3 }, { "four", 4 },
	{ "five", 5 }, { "six", 6 }, { "seven", 7 }, { "eight", 8 }, { "nine", 9 },  { "ten", 10 },
};
static const struct word hour_words[] = { { "midnight", 0 }, { "noon", 12 }, { "tea", 17 } };
static const char *const months[] = { "january",   "february", "march",    "april",
	                              "may",       "june",     "july",     "august",
	                              "september", "october",  "november", "december" };
static const char *const weekdays[] = { "sunday",   "monday", "tuesday", "wednesday",
	                                "thursday", "friday", "saturday" };

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static bool is(const char *name, const char *p, size_t n)
{
	return strlen(name) == n && !strncasecmp(name, p, n);
}

/* The whole name, or its first three letters or more; with a plural s if asked. */
static int by_name(const char *const *names, size_t count, const char *p, size_t n)
{
	for (size_t i = 0; i < count; i++) {
		size_t full = strlen(names[i]);
		if (n >= 3 && n <= full && !strncasecmp(names[i], p, n))
			return (int)i;
		if (n == full + 1 && !strncasecmp(names[i], p, full) && (p[full] | 32) == 's')
			return (int)i;
	}
	return -1;
}

static const struct word *exact(const struct word *words, size_t count, const char *p, size_t n)
{
	for (size_t i = 0; i < count; i++)
		if (is(words[i].name, p, n))
			return &words[i];
	return NULL;
}

static void settle(struct guess *g)
{
	g->tm.tm_isdst = -1;
	mktime(&g->tm);
}

static void back(struct guess *g, int64_t seconds)
{
	g->tm.tm_isdst = -1;
	time_t t = mktime(&g->tm) - (time_t)seconds;
	localtime_r(&t, &g->tm);
}

static void at_hour(struct guess *g, int hour)
{
	bool ahead = hour > g->tm.tm_hour;

	g->tm.tm_hour = hour;
	g->tm.tm_min = g->tm.tm_sec = 0;
	if (ahead && !g->day_moved)
		g->tm.tm_mday--;
	g->day_moved = true;
	g->whole_day = false;
	settle(g);
}

static int64_t take_num(struct guess *g, int64_t otherwise)
{
	int64_t n = g->num < 0 ? otherwise : g->num;

	g->num = -1;
	g->last = false;
	return n > 1000000 ? 1000000 : n;
}

/* n weeks back to that weekday; 0 and 1 mean the latest one before today. */
static void to_weekday(struct guess *g, int wday)
{
	int64_t n = take_num(g, 1);
	int diff = g->tm.tm_wday - wday;

	if (diff <= 0)
		diff += 7;
	back(g, (diff + 7 * (n > 1 ? n - 1 : 0)) * DAY);
	g->day_moved = true;
}

static bool unit(struct guess *g, const char *p, size_t n)
{
	if (n > 3 && (p[n - 1] | 32) == 's')
		n--;
	for (size_t i = 0; i < COUNT(unit_words); i++)
		if (is(unit_words[i].name, p, n)) {
			back(g, take_num(g, 1) * unit_words[i].value);
			g->day_moved |= unit_words[i].value >= DAY;
			return true;
		}
	if (is("month", p, n))
		g->tm.tm_mon -= (int)take_num(g, 1);
	else if (is("year", p, n))
		g->tm.tm_year -= (int)(take_num(g, 1) % 10000);
	else
		return false;
	g->day_moved = true;
	settle(g);
	return true;
}

static bool simple_word(struct guess *g, const char *p, size_t n)
{
	if (is("now", p, n) || is("ago", p, n) || is("at", p, n) || is("on", p, n)) {
		;
	} else if (is("today", p, n)) {
		g->whole_day = g->day_moved = true;
	} else if (is("yesterday", p, n)) {
		back(g, DAY);
		g->day_moved = true;
	} else if (is("never", p, n)) {
		time_t zero = 0;
		localtime_r(&zero, &g->tm);
	} else if (is("last", p, n)) {
		g->num = 1;
		g->last = true;
	} else {
		return false;
	}
	return true;
}

static int read_word(struct guess *g, const char *p, size_t n)
{
	const struct word *w;
	int i;

	if (simple_word(g, p, n))
		return 0;
	if ((w = exact(number_words, COUNT(number_words), p, n))) {
		g->num = w->value;
	} else if ((w = exact(hour_words, COUNT(hour_words), p, n))) {
		at_hour(g, w->value);
	} else if ((i = by_name(weekdays, COUNT(weekdays), p, n)) >= 0) {
		to_weekday(g, i);
	} else if ((i = by_name(months, COUNT(months), p, n)) >= 0 && !g->mon) {
		g->mon = i + 1;
		if (g->num > 0 && g->num <= 31 && !g->last)
			g->mday = (int)g->num;
		else if (g->num >= 0 && !g->last)
			return -EINVAL;
		g->num = -1;
	} else if (!unit(g, p, n)) {
		return -EINVAL;
	}
	return 0;
}

/* 6am, 3:30pm, 15:04, 15:04:05 after the number has been read. */
static int clock_time(struct guess *g, struct scan *s, int64_t hour)
{
	int min = 0, sec = 0;

	if (take(s, ":") && !digits(s, 2, &min))
		return -EINVAL;
	if (take(s, ":") && !digits(s, 2, &sec))
		return -EINVAL;
	bool half = s->end - s->p >= 2 && (s->p[1] | 32) == 'm' && strchr("aApP", s->p[0]);
	if (half) {
		if (hour < 1 || hour > 12)
			return -EINVAL;
		hour = hour % 12 + ((s->p[0] | 32) == 'p' ? 12 : 0);
		s->p += 2;
	}
	if (hour > 23 || min > 59 || sec > 60)
		return -EINVAL;
	g->tm.tm_hour = (int)hour;
	g->tm.tm_min = min;
	g->tm.tm_sec = sec;
	g->whole_day = false;
	settle(g);
	return 0;
}

static int read_number(struct guess *g, struct scan *s)
{
	int64_t v;

	if (!number(s, &v))
		return -EINVAL;
	if (s->p < s->end && (*s->p == ':' || (strchr("aApP", *s->p) && s->end - s->p >= 2 &&
	                                       (s->p[1] | 32) == 'm')))
		return clock_time(g, s, v);
	if (g->mon && !g->mday && v >= 1 && v <= 31)
		g->mday = (int)v;
	else if (g->mon && !g->year && v >= 1900 && v <= 9999)
		g->year = (int)v;
	else if (g->num >= 0)
		return -EINVAL;
	else
		g->num = v;
	return 0;
}

static int finish(struct guess *g, int64_t *lo, int64_t *hi)
{
	if (g->num >= 0)
		return -EINVAL;
	if (g->mon) {
		if (!g->year)
			g->year = g->tm.tm_year + 1900 - (g->mon > g->tm.tm_mon + 1);
		if (!date_ok(g->year, g->mon, g->mday ? g->mday : 1))
			return -EINVAL;
		return whole_span(g->year, g->mon, g->mday, lo, hi);
	}
	if (g->whole_day)
		return whole_span(g->tm.tm_year + 1900, g->tm.tm_mon + 1, g->tm.tm_mday, lo, hi);
	g->tm.tm_isdst = -1;
	*lo = *hi = mktime(&g->tm);
	return 0;
}

static int approximate(struct scan s, int64_t now, int64_t *lo, int64_t *hi)
{
	time_t t = (time_t)now;
	struct guess g = { .num = -1 };
	int rc = 0;

	if (!localtime_r(&t, &g.tm))
		return -EINVAL;
	while (!rc && s.p < s.end) {
		const char *p = s.p;
		if (isdigit((unsigned char)*p)) {
			rc = read_number(&g, &s);
		} else if (isalpha((unsigned char)*p)) {
			while (s.p < s.end && isalpha((unsigned char)*s.p))
				s.p++;
			rc = read_word(&g, p, (size_t)(s.p - p));
		} else if (strchr(" .,-_/", *p)) {
			s.p++;
		} else {
			rc = -EINVAL;
		}
	}
	return rc ? rc : finish(&g, lo, hi);
}

int query_date(const char *p, size_t n, enum filter f, int64_t now, int64_t *lo, int64_t *hi)
{
	struct scan s = { p, p + n };
	size_t plain = 0;

	if (n == 0 || n > 100)
		return -EINVAL;
	if (*p == '@') {
		s.p++;
		if (!number(&s, lo) || s.p != s.end)
			return -EINVAL;
		*hi = *lo;
		return 0;
	}
	while (plain < n && isdigit((unsigned char)p[plain]))
		plain++;
	if (plain == n)
		return bare_number(s, f, lo, hi);
	int rc = iso(s, lo, hi);
	return rc ? (rc < 0 ? rc : 0) : approximate(s, now, lo, hi);
}

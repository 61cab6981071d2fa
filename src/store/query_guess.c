/* The useful part of git's "approxidate": yesterday, 2.weeks.ago, last.friday, jan.5, noon. */
#include "date.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <time.h>

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
	{ "second", 1 },     { "minute", DATE_MINUTE }, { "hour", DATE_HOUR },
	{ "day", DATE_DAY }, { "week", 7 * DATE_DAY },
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
	back(g, (diff + 7 * (n > 1 ? n - 1 : 0)) * DATE_DAY);
	g->day_moved = true;
}

static bool unit(struct guess *g, const char *p, size_t n)
{
	if (n > 3 && (p[n - 1] | 32) == 's')
		n--;
	for (size_t i = 0; i < COUNT(unit_words); i++)
		if (is(unit_words[i].name, p, n)) {
			back(g, take_num(g, 1) * unit_words[i].value);
			g->day_moved |= unit_words[i].value >= DATE_DAY;
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
		back(g, DATE_DAY);
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

	if (scan_one_of(s, ":") && !scan_digits(s, 2, &min))
		return -EINVAL;
	if (scan_one_of(s, ":") && !scan_digits(s, 2, &sec))
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

	if (!scan_number(s, &v))
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
		return date_span(g->year, g->mon, g->mday, true, lo, hi);
	}
	if (g->whole_day)
		return date_span(g->tm.tm_year + 1900, g->tm.tm_mon + 1, g->tm.tm_mday, true, lo,
		                 hi);
	g->tm.tm_isdst = -1;
	*lo = *hi = mktime(&g->tm);
	return 0;
}

int date_guess(struct scan s, int64_t now, int64_t *lo, int64_t *hi)
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

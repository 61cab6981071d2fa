#include "message_date.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DIGITS_MAX = 9, YEAR_MAX = 9999, LOOSE_MAX = 255 /* bytes of an unusual date */ };

struct when {
	int year, month, day, hour, minute, second; /* month from 0; year -1 while unknown */
	long zone; /* seconds east of UTC */
};

/* ---- the calendar ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int64_t days_before(int64_t year, int month) /* from 1970-01-01 to the month's first */
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	int64_t y = month > 1 ? year : year - 1; /* leap days up to and with this year's */
	return (year - 1970) * 365 + before[month] + (y / 4 - y / 100 + y / 400) -
	       (1969 / 4 - 1969 / 100 + 1969 / 400);
}

static bool to_seconds(const struct when *w, int64_t *ret)
{
	if (w->month < 0 || w->month > 11 || w->day < 1 || w->hour > 23 || w->minute > 59 ||
	    w->second > 59 || w->year < 1 || w->year > YEAR_MAX)
		return false;
	int64_t first = days_before(w->year, w->month);
	int64_t next = w->month == 11 ? days_before(w->year + 1, 0)
	                              : days_before(w->year, w->month + 1);
	if (w->day > next - first)
		return false;
	int64_t local = (first + w->day - 1) * 86400 + w->hour * 3600 + w->minute * 60 + w->second;
	if (local < 0)
		return false;
	*ret = local - w->zone;
	return true;
}

static int month_of(const char *p, size_t len)
{
	static const char *const names[] = { "january",   "february", "march",    "april",
		                             "may",       "june",     "july",     "august",
		                             "september", "october",  "november", "december" };
	for (int m = 0; m < 12; m++)
		if ((len == 3 || len == strlen(names[m])) && strncasecmp(p, names[m], len) == 0)
			return m;
	return -1;
}

/* Two and three digits count from 1900, up to 49 from 2000; so do the years 100 to 999, which
 * programs with a year bug write. */
static int full_year(int year, size_t digits)
{
	if (digits <= 3)
		return year + 1900 + (year < 50 ? 100 : 0);
	if (year < 100)
		return year + (year < 70 ? 2000 : 1900);
	return year < 1000 ? year + 1900 : year;
}

static int number(const char *p, size_t digits)
{
	int n = 0;
	for (size_t i = 0; i < digits; i++)
		n = n * 10 + (p[i] - '0');
	return n;
}

static size_t digits_at(const char *p)
{
	size_t n = 0;
	while (n <= DIGITS_MAX && is_digit(p[n]))
		n++;
	return n <= DIGITS_MAX ? n : 0;
}

static size_t letters_at(const char *p)
{
	size_t n = 0;
	while (is_letter(p[n]))
		n++;
	return n;
}

static size_t blanks_at(const char *p)
{
	size_t n = 0;
	while (is_blank(p[n]))
		n++;
	return n;
}

/* ---- zones ---- */

static bool named_zone(const char *p, size_t len, long *ret)
{
	static const struct {
		const char *name;
		short minutes;
	} zones[] = {
		{ "gmt", 0 },     { "utc", 0 },    { "ut", 0 },     { "z", 0 },
		{ "wet", 0 },     { "est", -300 }, { "edt", -240 }, { "cst", -360 },
		{ "cdt", -300 },  { "mst", -420 }, { "mdt", -360 }, { "pst", -480 },
		{ "pdt", -420 },  { "ast", -240 }, { "adt", -180 }, { "akst", -540 },
		{ "akdt", -480 }, { "hst", -600 }, { "hdt", -540 }, { "brt", -180 },
		{ "brst", -120 }, { "bst", 60 },   { "cet", 60 },   { "cest", 120 },
		{ "met", 60 },    { "mest", 120 }, { "mez", 60 },   { "eet", 120 },
		{ "eest", 180 },  { "msk", 180 },  { "msd", 240 },  { "hkt", 480 },
		{ "cct", 480 },   { "wst", 480 },  { "jst", 540 },  { "kst", 540 },
		{ "aest", 600 },  { "aedt", 660 }, { "nzst", 720 }, { "nzt", 720 },
		{ "nzdt", 780 },
	};
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
		if (len == strlen(zones[i].name) && strncasecmp(p, zones[i].name, len) == 0) {
			*ret = zones[i].minutes * 60L;
			return true;
		}
	}
	return false;
}

/* Digits of a zone: "0530", "530"; one digit is hours, two are minutes, as the original reads
 * them. */
static long zone_seconds(const char *p, size_t digits, bool west)
{
	int n = number(p, digits);
	long hours = digits == 1 ? n : digits == 2 ? 0 : n / 100;
	long minutes = digits == 1 ? 0 : n % 100;
	long off = hours * 3600 + minutes * 60;
	return west ? -off : off;
}

/* ---- the usual form: [Day,] dd Mon yyyy hh:mm[:ss] zone ---- */

static size_t two_digits(const char *p, int *ret) /* of a minute or second, perhaps " 7" */
{
	if (is_digit(p[0]) && is_digit(p[1])) {
		*ret = number(p, 2);
		return 2;
	}
	size_t blank = is_blank(p[0]) ? 1 : 0;
	if (!is_digit(p[blank]))
		return 0;
	*ret = p[blank] - '0';
	return blank + 1;
}

/* hh:mm[:ss], colons or dots; bytes taken, 0 when it is none. */
static size_t take_time(const char *p, struct when *w)
{
	size_t at = digits_at(p), n;
	if (at == 0 || (p[at] != ':' && p[at] != '.'))
		return 0;
	w->hour = number(p, at);
	n = two_digits(p + at + 1, &w->minute);
	if (n == 0)
		return 0;
	at += n + 1;
	w->second = 0;
	if (p[at] == ':' || p[at] == '.') {
		n = two_digits(p + at + 1, &w->second);
		at += n > 0 ? n + 1 : 0;
	}
	return at;
}

static bool take_zone(const char *p, long *ret)
{
	bool west = *p == '-';
	p += strspn(p, "+-");
	size_t n = digits_at(p);
	if (n > 0) {
		*ret = zone_seconds(p, n, west);
		return p[n] == '\0' || is_blank(p[n]);
	}
	n = letters_at(p);
	return n > 0 && (p[n] == '\0' || is_blank(p[n])) && named_zone(p, n, ret);
}

/* p is at the day's first digit.  False: not this form; else *ret_ok says whether it is a date.
 * With signed_zone a zone's name will not do. */
static bool usual_form(const char *p, bool signed_zone, bool *ret_ok, int64_t *ret)
{
	struct when w = { 0 };
	size_t n = digits_at(p);
	w.day = number(p, n);
	p += n;
	p += *p == ',';
	size_t gap = blanks_at(p);
	size_t letters = letters_at(p + gap);
	if (n == 0 || gap == 0 || letters == 0)
		return false;
	w.month = month_of(p + gap, letters);
	p += gap + letters;
	gap = blanks_at(p);
	n = digits_at(p + gap);
	if (gap == 0 || n < 2 || n > 4)
		return false;
	w.year = full_year(number(p + gap, n), n);
	p += gap + n;
	gap = blanks_at(p);
	n = take_time(p + gap, &w);
	if (gap == 0 || n == 0)
		return false;
	p += gap + n;
	gap = blanks_at(p);
	if (gap == 0 || (signed_zone && p[gap] != '+' && p[gap] != '-') ||
	    !take_zone(p + gap, &w.zone))
		return false;
	*ret_ok = to_seconds(&w, ret);
	return true;
}

/* ---- any other form: words in any order ---- */

enum meridian { NO_MERIDIAN, AM, PM };
struct loose {
	struct when w;
	enum meridian half;
	bool time, zone;
};

static bool loose_letters(struct loose *l, const char *p, size_t n)
{
	static const char days[] = "sunmontuewedthufrisat";
	int month = month_of(p, n);
	if (month >= 0 && l->w.month < 0) {
		l->w.month = month;
		return true;
	}
	if (n == 2 && (p[1] == 'm' || p[1] == 'M') && strchr("aApP", p[0])) {
		l->half = p[0] == 'a' || p[0] == 'A' ? AM : PM;
		return true;
	}
	for (const char *d = days; n >= 3 && *d; d += 3)
		if (strncasecmp(p, d, 3) == 0)
			return true;
	if (l->zone || !named_zone(p, n, &l->w.zone))
		return false;
	l->zone = true;
	return true;
}

/* yyyy-mm-dd or dd.mm.yyyy with any of "-./" */
static size_t loose_triple(struct loose *l, const char *p)
{
	size_t a = digits_at(p);
	size_t b = strchr("-./", p[a]) && p[a] ? digits_at(p + a + 1) : 0;
	size_t at = a + 1 + b;
	if (a == 0 || b == 0 || b > 2 || p[at] != p[a])
		return 0;
	size_t c = digits_at(p + at + 1);
	if (c == 0 || l->w.month >= 0)
		return 0;
	l->w.month = number(p + a + 1, b) - 1;
	l->w.day = number(a == 4 ? p + at + 1 : p, a == 4 ? c : a);
	l->w.year = a == 4 ? number(p, a) : full_year(number(p + at + 1, c), c);
	if (a != 4) { /* mm/dd/yyyy */
		int first = l->w.day;
		l->w.day = l->w.month + 1;
		l->w.month = first - 1;
	}
	return at + 1 + c;
}

static size_t loose_number(struct loose *l, const char *p)
{
	size_t n = loose_triple(l, p);
	if (n > 0)
		return n;
	if (!l->time && (n = take_time(p, &l->w)) > 0) {
		l->time = true;
		return n;
	}
	n = digits_at(p);
	if (n == 0 || n > 4)
		return 0;
	if (n <= 2 && l->w.day == 0)
		l->w.day = number(p, n);
	else if (l->w.year < 0 && n != 3)
		l->w.year = full_year(number(p, n), n);
	else
		return 0;
	return n;
}

static size_t loose_zone(struct loose *l, const char *p)
{
	size_t n = digits_at(p + 1);
	/* "GMT+1" is an hour from Greenwich. */
	if (n == 0 || n > 4 || !l->time)
		return 0;
	l->w.zone += n <= 2 ? (*p == '-' ? -3600L : 3600L) * number(p + 1, n)
	                    : zone_seconds(p + 1, n, *p == '-');
	l->zone = true;
	return n + 1;
}

static size_t loose_token(struct loose *l, const char *p)
{
	if (is_letter(*p)) {
		size_t n = letters_at(p);
		if (n == 1 && (*p == 'T' || *p == 't') && is_digit(p[1]))
			return 1;
		return loose_letters(l, p, n) ? n : 0;
	}
	if (is_digit(*p))
		return loose_number(l, p);
	if (*p == '+' || *p == '-')
		return loose_zone(l, p);
	if (*p == '(') {
		const char *close = strchr(p, ')');
		return close ? (size_t)(close - p) + 1 : 0;
	}
	return is_blank(*p) || *p == ',' || *p == '"' ? 1 : 0;
}

static bool loose_form(const char *p, int64_t *ret)
{
	struct loose l = { .w = { .year = -1, .month = -1 } };
	while (*p) {
		size_t n = loose_token(&l, p);
		if (n == 0)
			return false; /* something that is no part of any date */
		p += n;
	}
	if (l.half == PM && l.w.hour < 12)
		l.w.hour += 12;
	if (l.half == AM && l.w.hour == 12)
		l.w.hour = 0;
	return l.w.year >= 0 && l.w.day > 0 && to_seconds(&l.w, ret);
}

/* The usual form anywhere in the text; otherwise as usual_form. */
static bool find_usual(const char *text, bool signed_zone, bool *ret_ok, int64_t *ret)
{
	for (const char *p = text; *p; p++)
		if (is_digit(*p) && (p == text || !is_digit(p[-1])) &&
		    usual_form(p, signed_zone, ret_ok, ret))
			return true;
	return false;
}

bool date_parse(const char *text, int64_t *ret)
{
	bool ok;
	if (find_usual(text, false, &ok, ret))
		return ok;
	return strlen(text) <= LOOSE_MAX && loose_form(text, ret);
}

/* ---- header lines ---- */

bool date_of_date(const struct head *h, int64_t *ret)
{
	struct buf line = { 0 };
	bool ok = false;
	size_t at = 0;
	for (struct slice v; !ok && head_next(h, "Date", &at, &v);) {
		buf_reset(&line);
		head_unfold(v, &line);
		ok = date_parse(buf_cstr(&line), ret);
	}
	buf_free(&line);
	return ok;
}

bool date_of_received(const struct head *h, int64_t *ret)
{
	struct buf line = { 0 };
	bool ok = false;
	size_t at = 0;
	for (struct slice v; !ok && head_next(h, "Received", &at, &v);) {
		buf_reset(&line);
		head_unfold(v, &line);
		if (!find_usual(buf_cstr(&line), true, &ok, ret))
			ok = false;
	}
	buf_free(&line);
	return ok;
}

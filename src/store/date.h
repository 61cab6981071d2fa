/* Inside date parsing: a cursor and the calendar, shared by both kinds of date. */
#ifndef STORE_DATE_H
#define STORE_DATE_H

#include <stdbool.h>
#include <stdint.h>

enum { DATE_MINUTE = 60, DATE_HOUR = 3600, DATE_DAY = 86400 };

struct scan {
	const char *p, *end;
};

bool scan_digits(struct scan *s, int width, int *ret); /* exactly `width` digits */
bool scan_one_of(struct scan *s, const char *any);
bool scan_number(struct scan *s, int64_t *ret); /* at most 15 digits */

bool date_ok(int year, int mon, int mday);
/* First and last second of the year, month (mon 1..12) or day (mday 1..31).  Dates in figures
 * are days of UTC, as in the original's index; named ones are local. */
int date_span(int year, int mon, int mday, bool local, int64_t *lo, int64_t *hi);

/* "2.weeks.ago", "last.friday", "jan 5", "noon": -EINVAL when it is nothing like that. */
int date_guess(struct scan s, int64_t now, int64_t *lo, int64_t *hi);

#endif

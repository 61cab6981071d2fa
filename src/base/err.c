#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ": TEXT" behind what is there. */
static void append(struct err *e, const char *text)
{
	size_t n = strlen(e->text);

	snprintf(e->text + n, sizeof(e->text) - n, ": %s", text);
}

/* The system's reason stands behind it, unless errnum is NULL. */
static void put(struct err *e, const int *errnum, const char *fmt, va_list ap)
{
	int kept = errno;

	if (!e)
		return;
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	if (errnum)
		append(e, strerror(*errnum));
	errno = kept;
}

void err_put(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(e, NULL, fmt, ap);
	va_end(ap);
}

void err_put_sys(struct err *e, int errnum, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(e, &errnum, fmt, ap);
	va_end(ap);
}

void err_prefix(struct err *e, const char *fmt, ...)
{
	char old[ERR_TEXT_MAX];
	va_list ap;

	if (!e)
		return;
	memcpy(old, e->text, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	append(e, old);
}

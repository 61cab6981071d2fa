#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOG_LINE_MAX = 2048 };

static size_t put_stamp(char *buf, size_t cap)
{
	time_t now = time(NULL);
	struct tm tm = { 0 };

	gmtime_r(&now, &tm);
	size_t n = strftime(buf, cap, "%Y-%m-%dT%H:%M:%SZ ", &tm);
	return n + (size_t)snprintf(buf + n, cap - n, "%ld ", (long)getpid());
}

void log_line(const char *fmt, ...)
{
	char line[LOG_LINE_MAX];
	size_t head = put_stamp(line, sizeof(line));
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line + head, sizeof(line) - head - 1, fmt, ap);
	va_end(ap);

	size_t len = head + strlen(line + head);
	for (size_t i = head; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n';
	/* One write, so that lines of several processes do not mix; a full disk loses it. */
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}

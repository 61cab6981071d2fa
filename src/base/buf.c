#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_MIN = 256 }; /* bytes; small enough for a header, large enough to grow rarely */

char *buf_room(struct buf *b, size_t extra)
{
	if (b->failed)
		return NULL;
	if (extra <= b->cap - b->len)
		return b->data ? b->data + b->len : NULL;

	size_t want = b->len + extra;
	size_t cap = b->cap ? b->cap : BUF_MIN;
	while (cap < want && cap <= SIZE_MAX / 2)
		cap *= 2;
	char *p = want < extra || cap < want ? NULL : realloc(b->data, cap);
	if (!p) {
		b->failed = true;
		return NULL;
	}
	b->data = p;
	b->cap = cap;
	return p + b->len;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	char *to = n ? buf_room(b, n) : NULL;
	if (!to)
		return;
	memcpy(to, p, n);
	b->len += n;
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *to = n < 0 ? NULL : buf_room(b, (size_t)n + 1);
	if (to) {
		vsnprintf(to, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
}

const char *buf_cstr(struct buf *b)
{
	char *to = buf_room(b, 1);
	if (!to)
		return "";
	*to = '\0';
	return b->data;
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

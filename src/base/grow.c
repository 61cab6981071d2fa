/* See grow.h. */
#include "grow.h"

#include <stdlib.h>

enum { FIRST = 16 };

void *grow(void *v, size_t n, size_t *cap, size_t size)
{
	if (v && n < *cap)
		return v;
	size_t more = *cap ? *cap * 2 : FIRST;
	void *p = reallocarray(v, more, size);
	if (p)
		*cap = more;
	return p;
}

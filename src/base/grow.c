/* See grow.h. */
#include "grow.h"

#include <stdint.h>
#include <stdlib.h>

enum { FIRST = 16 };

void *grow(void *v, size_t n, size_t *cap, size_t size)
{
	if (v && n < *cap)
		return v;
	if (*cap > SIZE_MAX / 2 / size) /* sanitizers end a process that asks for that much */
		return NULL;
	size_t more = *cap ? *cap * 2 : FIRST;
	void *p = reallocarray(v, more, size);
	if (p)
		*cap = more;
	return p;
}

/* How much a test does where every instruction costs fifty (`make check-valgrind` says so).  There the numbers
 * are small: what large ones show, of growth or of chance, the same test has shown without it. */
#ifndef TESTS_WORK_H
#define TESTS_WORK_H

#include <stdlib.h>

static inline int work(int usual, int under_valgrind)
{
	return getenv("UNDER_VALGRIND") ? under_valgrind : usual;
}

#endif

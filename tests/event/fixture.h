/* What the tests of event/ share: a clock that stands until it is moved, and a count of
 * descriptors to find leaks. */
#ifndef TESTS_EVENT_FIXTURE_H
#define TESTS_EVENT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <dirent.h>

#include "event/event.h"

static inline int64_t stand_still(void *rock)
{
	return *(int64_t *)rock;
}

static inline size_t open_fds(void)
{
	size_t n = 0;
	DIR *d = opendir("/proc/self/fd");
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* Turn until `*done`; fail after a generous time instead of hanging. */
static inline void turn_until(struct loop *l, const bool *done)
{
	int64_t deadline_ns = loop_now(l) + 60 * EVENT_SECOND;
	while (!*done) {
		assert_true(loop_now(l) < deadline_ns);
		/* A short turn: one that has set `*done` in its pass would sleep all the same. */
		assert_int_equal(0, loop_turn(l, loop_now(l) + EVENT_SECOND / 100));
	}
}

#endif

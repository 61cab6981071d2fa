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

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../open_fds.h"
#include "event/event.h"

static inline int64_t stand_still(enum loop_clock clock, void *rock)
{
	(void)clock;
	return *(int64_t *)rock;
}

/* A loop whose clocks both read *now, and that never sleeps. */
static inline struct loop *still_loop_new(enum loop_clock clock, int64_t *now)
{
	const struct loop_time time = { .now = stand_still, .rock = now };
	return loop_new(clock, &time);
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

/* ---- a world with clocks that move only while something waits ---- */

enum { WORLD_DEEDS = 16 };

struct deed {
	int64_t at; /* on the monotonic clock, in seconds */
	char what; /* i: write text; e: end of file; s: step the wall clock; n: nothing; x: fail */
	const char *text;
	int64_t step;
};

struct world {
	int64_t wall, mono;
	int fds[2]; /* the stream's end, the peer's */
	struct deed deeds[WORLD_DEEDS];
	size_t n_deeds;
	size_t waits; /* how often somebody slept */
	int64_t asked; /* for how long, the last time */
	struct loop *loop;
	struct stream *stream;
	char trace[400];
};

static inline int64_t world_now(enum loop_clock clock, void *rock)
{
	const struct world *w = rock;
	return clock == LOOP_REALTIME ? w->wall : w->mono;
}

static inline void world_pass(struct world *w, int64_t ns)
{
	w->wall += ns;
	w->mono += ns;
}

static inline void world_end_of_file(struct world *w)
{
	close(w->fds[1]);
	w->fds[1] = -1;
}

static inline int world_do(struct world *w, const struct deed *d)
{
	if (d->what == 'i')
		assert_int_equal(strlen(d->text), write(w->fds[1], d->text, strlen(d->text)));
	if (d->what == 'e')
		world_end_of_file(w);
	if (d->what == 's')
		w->wall += d->step * EVENT_SECOND;
	return d->what == 'x' ? -ENOLINK : 0;
}

static inline int world_wait(int64_t ns, void *rock)
{
	struct world *w = rock;
	assert_true(ns > 0);
	assert_true(++w->waits < 100000);
	w->asked = ns;
	struct deed *next = NULL;
	for (size_t i = 0; i < w->n_deeds; i++)
		if (w->deeds[i].what && (!next || w->deeds[i].at < next->at))
			next = &w->deeds[i];
	if (!next || (ns != EVENT_NEVER && next->at * EVENT_SECOND > w->mono + ns)) {
		if (ns == EVENT_NEVER)
			return -EDEADLK; /* nothing will ever happen */
		world_pass(w, ns);
		return 0;
	}
	if (next->at * EVENT_SECOND > w->mono)
		world_pass(w, next->at * EVENT_SECOND - w->mono);
	struct deed now = *next;
	next->what = 0;
	return world_do(w, &now);
}

/* Both clocks read 1000 s; the stream is one end of a socket pair. */
static inline void world_open(struct world *w, enum loop_clock clock)
{
	*w = (struct world){ .wall = 1000 * EVENT_SECOND, .mono = 1000 * EVENT_SECOND };
	const struct loop_time time = { .now = world_now, .wait = world_wait, .rock = w };
	assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM, 0, w->fds));
	w->loop = loop_new(clock, &time);
	w->stream = stream_new(w->loop, w->fds[0], 0, NULL, NULL);
	assert_non_null(w->stream);
}

static inline void world_close(struct world *w)
{
	loop_free(w->loop);
	for (size_t i = 0; i < 2; i++)
		if (w->fds[i] >= 0)
			close(w->fds[i]);
}

static inline void world_plan(struct world *w, struct deed d)
{
	w->deeds[w->n_deeds++] = d;
}

/* Add "WORD@SECONDS" to the trace; fractions of a second in milliseconds. */
static inline void world_note(struct world *w, const char *word)
{
	size_t len = strlen(w->trace);
	int64_t s = w->mono / EVENT_SECOND, ms = w->mono / (EVENT_SECOND / 1000) % 1000;
	snprintf(w->trace + len, sizeof w->trace - len, ms ? "%s%s@%lld.%03lld" : "%s%s@%lld",
	         len ? " " : "", word, (long long)s, (long long)ms);
}

#endif

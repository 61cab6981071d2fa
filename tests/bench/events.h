/* What each implementation of wait events offers to the bench (events.c): one set of `n` events on
 * one watched descriptor that has no input.  Times are seconds from the making of the set; below 0
 * is overdue.  What fails ends the program. */
#ifndef BENCH_EVENTS_H
#define BENCH_EVENTS_H

#include <stdint.h>
#include <stdlib.h>

/* A callback moves its event this far, so that it stays active and is not due again. */
enum { PERIOD = 10000000 };

struct set;

struct set *set_new(size_t n); /* room for n events, none of them added */
void set_fill(struct set *s, const int32_t *at, size_t n); /* adds events 0 to n - 1 */
void set_free(struct set *s);

void event_add(struct set *s, size_t i, int32_t at);
void event_remove(struct set *s, size_t i);
void event_reschedule(struct set *s, size_t i, int32_t at);

void set_pass(struct set *s); /* runs what is due, looks at the descriptor, does not sleep */
size_t set_fired(const struct set *s); /* callbacks since set_new */

/* Implemented by events.c. */
void *need(void *p, const char *what); /* p, or the end of the program when it is NULL */
void need_zero(int rc, const char *what);

#endif

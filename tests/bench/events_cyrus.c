/* The bench of wait events, on Cyrus's prot layer (Debian's libcyrus 3.6.1).  Its header is not
 * packaged: the calls and the struct of an event, which its users may write to, are declared here.
 *
 * Adding walks the list, so a million calls would take ten minutes.  Sets beyond FILL_MAX are
 * therefore made by linking events to the first one by hand: what is measured is calls, on a list
 * as those calls would have left it. */
#include "events.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { FILL_MAX = 1000 };
enum { DONTBLOCK_OFFSET = 0xac }; /* in struct protstream: what the macro PROT_NONBLOCK sets */

struct protstream;
struct protwaitevent {
	time_t mark;
	struct protwaitevent *(*proc)(struct protstream *s, struct protwaitevent *ev, void *rock);
	void *rock;
	struct protwaitevent *next;
};

struct protstream *prot_new(int fd, int write);
int prot_free(struct protstream *s);
int prot_fill(struct protstream *s);
struct protwaitevent *prot_addwaitevent(struct protstream *s, time_t mark,
                                        struct protwaitevent *(*proc)(struct protstream *s,
                                                                      struct protwaitevent *ev,
                                                                      void *rock),
                                        void *rock);
void prot_removewaitevent(struct protstream *s, struct protwaitevent *ev);

struct set {
	struct protstream *stream;
	int fds[2];
	time_t start;
	size_t fired;
	struct protwaitevent *events[];
};

/* What libcyrus wants its program to supply. */
extern const int config_need_data;
const int config_need_data = 0;
_Noreturn void fatal(const char *message, int code);

void fatal(const char *message, int code)
{
	fprintf(stderr, "events: libcyrus: %s\n", message);
	exit(code);
}

static struct protwaitevent *periodic(struct protstream *s, struct protwaitevent *ev, void *rock)
{
	struct set *set = rock;

	(void)s;
	set->fired++;
	ev->mark = set->start + PERIOD;
	return ev;
}

struct set *set_new(size_t n)
{
	struct set *s = need(calloc(1, sizeof(*s) + n * sizeof(s->events[0])), "memory");

	need_zero(pipe(s->fds), "pipe");
	s->stream = need(prot_new(s->fds[0], 0), "prot_new");
	*(int *)(void *)((char *)s->stream + DONTBLOCK_OFFSET) = 1;
	s->start = time(NULL);
	return s;
}

void set_fill(struct set *s, const int32_t *at, size_t n)
{
	for (size_t i = 0; i < n && i < FILL_MAX; i++)
		event_add(s, i, at[i]);
	for (size_t i = FILL_MAX; i < n; i++) {
		s->events[i] = need(malloc(sizeof(*s->events[i])), "memory");
		*s->events[i] = (struct protwaitevent){ s->start + at[i], periodic, s, NULL };
		s->events[i - 1]->next = s->events[i];
	}
}

void set_free(struct set *s)
{
	prot_free(s->stream);
	close(s->fds[0]);
	close(s->fds[1]);
	free(s);
}

void event_add(struct set *s, size_t i, int32_t at)
{
	s->events[i] = need(prot_addwaitevent(s->stream, s->start + at, periodic, s), "add");
}

void event_remove(struct set *s, size_t i)
{
	prot_removewaitevent(s->stream, s->events[i]);
}

void event_reschedule(struct set *s, size_t i, int32_t at)
{
	s->events[i]->mark = s->start + at;
}

void set_pass(struct set *s)
{
	prot_fill(s->stream);
}

size_t set_fired(const struct set *s)
{
	return s->fired;
}

/* Streams: a descriptor in the epoll set, and the owner of wait events. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>

/* ---- watching ---- */

static int watch(struct stream *s, unsigned interest)
{
	struct epoll_event want = { .data.ptr = s };
	if (interest & STREAM_READ)
		want.events |= EPOLLIN;
	if (interest & STREAM_WRITE)
		want.events |= EPOLLOUT;
	int op = s->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	if (epoll_ctl(s->loop->epoll_fd, op, s->fd, &want) < 0)
		return -errno;
	s->watched = true;
	return 0;
}

static void unwatch(struct stream *s)
{
	if (s->watched)
		epoll_ctl(s->loop->epoll_fd, EPOLL_CTL_DEL, s->fd, NULL);
	s->watched = false;
}

/* Without a callback there is nobody to tell, and with a regular file nothing. */
static int watch_first(struct stream *s)
{
	if (s->fd < 0)
		return 0;
	if (!s->fn)
		return fcntl(s->fd, F_GETFD) < 0 ? -errno : 0;
	int rc = watch(s, s->interest);
	s->unwatchable = rc == -EPERM;
	return s->unwatchable && s->interest == 0 ? 0 : rc;
}

static bool arguments_ok(int fd, unsigned interest, stream_fn *fn)
{
	if (interest & ~(unsigned)(STREAM_READ | STREAM_WRITE) || fd < -1)
		return false;
	return interest == 0 || (fd >= 0 && fn);
}

int stream_interest(struct stream *s, unsigned interest)
{
	if (s->dead || !arguments_ok(s->fd, interest, s->fn))
		return -EINVAL;
	if (interest == s->interest && (s->watched || interest == 0))
		return 0;
	int rc = s->unwatchable ? -EPERM : watch(s, interest);
	if (rc == 0)
		s->interest = interest;
	stream_unread_changed(s);
	return rc;
}

/* ---- life ---- */

static struct stream *stream_make(struct loop *l, int fd, unsigned interest, stream_fn *fn,
                                  void *rock)
{
	struct stream *s = malloc(sizeof *s);
	if (!s)
		return NULL;
	*s = (struct stream){ .loop = l,
		              .fn = fn,
		              .rock = rock,
		              .fd = fd,
		              .interest = interest,
		              .by_mark = { HEAP_OUT },
		              .by_idle = { HEAP_OUT },
		              .by_limit = { HEAP_OUT },
		              .input_ns = loop_mono(l),
		              .limit_ns = EVENT_NEVER };
	link_init(&s->hooked);
	link_init(&s->unread);
	return s;
}

/* Room for every stream in each heap: sorting them never allocates. */
static bool reserve(struct loop *l)
{
	uint32_t n = l->n_streams + 1;
	return heap_reserve(&l->marks, n) && heap_reserve(&l->idles, n) &&
	       heap_reserve(&l->limits, n);
}

struct stream *stream_new(struct loop *l, int fd, unsigned interest, stream_fn *fn, void *rock)
{
	if (!l || !arguments_ok(fd, interest, fn)) {
		errno = EINVAL;
		return NULL;
	}
	struct stream *s = reserve(l) ? stream_make(l, fd, interest, fn, rock) : NULL;
	if (!s) {
		errno = ENOMEM;
		return NULL;
	}
	int rc = watch_first(s);
	if (rc < 0) {
		free(s);
		errno = -rc;
		return NULL;
	}
	link_last(&l->streams, &s->all);
	l->n_streams++;
	return s;
}

void stream_free(struct stream *s)
{
	if (!s || s->dead)
		return;
	struct loop *l = s->loop;
	s->dead = true;
	unwatch(s);
	link_out(&s->all);
	link_out(&s->hooked);
	link_out(&s->unread);
	l->n_streams--;
	events_drop(s);
	idle_limit_moved(s);
	s->next_dead = l->dead;
	l->dead = s;
	if (!l->waiting)
		loop_bury(l);
}

int stream_fd(const struct stream *s)
{
	return s->fd;
}

struct loop *stream_loop(const struct stream *s)
{
	return s->loop;
}

void stream_resort_marks(struct stream *s)
{
	heap_set(&s->loop->marks, &s->by_mark, s->marks.n > 0, heap_least(&s->marks));
}

void stream_resort_idles(struct stream *s)
{
	heap_set(&s->loop->idles, &s->by_idle, s->from_input.n + s->from_later.n > 0, idle_next(s));
}

void stream_resort(struct stream *s)
{
	stream_resort_marks(s);
	stream_resort_idles(s);
}

/* ---- callbacks ---- */

static void tell(struct stream *s, unsigned ready)
{
	if (ready & STREAM_READ)
		s->served = s->loop->turn;
	s->fn(s, ready, s->rock);
}

/* The interest that counts is today's: an earlier callback of the same turn may have changed
 * it, or freed the stream. */
void stream_ready(struct stream *s, uint32_t epoll_events)
{
	unsigned ready = 0;
	if (epoll_events & EPOLLIN)
		ready |= STREAM_READ;
	if (epoll_events & EPOLLOUT)
		ready |= STREAM_WRITE;
	if (epoll_events & (EPOLLHUP | EPOLLERR))
		ready |= STREAM_HANGUP | s->interest;
	ready &= s->interest | STREAM_HANGUP;
	if (s->dead || !ready)
		return;
	if (ready & STREAM_READ)
		idle_heard(s, loop_mono(s->loop));
	tell(s, ready);
	/* epoll would report a hangup for ever, and interest 0 cannot be lowered further. */
	if ((ready & STREAM_HANGUP) && !s->dead && s->interest == 0)
		unwatch(s);
}

/* A callback may end any stream, and put any other into the ring: each of those that stand in
 * it now has its turn. */
void streams_unread(struct loop *l)
{
	struct link round;
	link_take_all(&round, &l->unread);
	while (!link_alone(&round)) {
		struct stream *s = container_of(round.next, struct stream, unread);
		link_out(&s->unread);
		link_last(&l->unread, &s->unread);
		if (s->served != l->turn)
			tell(s, STREAM_READ);
	}
}

void stream_before_wait(struct stream *s, void (*fn)(struct stream *s, void *rock), void *rock)
{
	if (s->dead)
		return;
	s->before_wait = fn;
	s->before_wait_rock = rock;
	link_out(&s->hooked);
	if (fn)
		link_last(&s->loop->hooked, &s->hooked);
}

void streams_before_wait(struct loop *l)
{
	struct link round;
	link_take_all(&round, &l->hooked);
	while (!link_alone(&round)) {
		struct stream *s = container_of(round.next, struct stream, hooked);
		link_out(&s->hooked);
		link_last(&l->hooked, &s->hooked);
		s->before_wait(s, s->before_wait_rock);
	}
}

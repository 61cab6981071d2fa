/* Streams: a descriptor in the epoll set, and the owner of wait events. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

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

static bool arguments_ok(int fd, unsigned interest, stream_fn *fn)
{
	if (interest & ~(unsigned)(STREAM_READ | STREAM_WRITE))
		return false;
	return fd == -1 ? interest == 0 : fd >= 0 && fn;
}

struct stream *stream_new(struct loop *l, int fd, unsigned interest, stream_fn *fn, void *rock)
{
	if (!l || !arguments_ok(fd, interest, fn)) {
		errno = EINVAL;
		return NULL;
	}
	struct stream *s = malloc(sizeof *s);
	if (!s)
		return NULL;
	*s = (struct stream){ .loop = l,
		              .next = l->streams,
		              .fn = fn,
		              .rock = rock,
		              .fd = fd,
		              .interest = interest };
	int rc = fd < 0 ? 0 : watch(s, interest);
	if (rc < 0) {
		free(s);
		errno = -rc;
		return NULL;
	}
	if (s->next)
		s->next->prev = s;
	l->streams = s;
	return s;
}

int stream_interest(struct stream *s, unsigned interest)
{
	if (s->dead || !arguments_ok(s->fd, interest, s->fn))
		return -EINVAL;
	if (interest == s->interest && (s->watched || interest == 0))
		return 0;
	int rc = watch(s, interest);
	if (rc == 0)
		s->interest = interest;
	return rc;
}

int stream_fd(const struct stream *s)
{
	return s->fd;
}

struct loop *stream_loop(const struct stream *s)
{
	return s->loop;
}

void stream_free(struct stream *s)
{
	if (!s || s->dead)
		return;
	struct loop *l = s->loop;
	s->dead = true;
	unwatch(s);
	waitevents_free(s);
	if (s->prev)
		s->prev->next = s->next;
	else
		l->streams = s->next;
	if (s->next)
		s->next->prev = s->prev;
	if (!l->turning) {
		free(s);
		return;
	}
	s->next = l->dead_streams;
	l->dead_streams = s;
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
	s->fn(s, ready, s->rock);
	/* epoll would report a hangup for ever, and interest 0 cannot be lowered further. */
	if ((ready & STREAM_HANGUP) && !s->dead && s->interest == 0)
		unwatch(s);
}

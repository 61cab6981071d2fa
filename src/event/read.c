/* Buffered reads, and the wait for one stream. */
#include "internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the buffer ---- */

/* Bytes that make no line are no reason for a turn to call fn again and again. */
void stream_unread_changed(struct stream *s)
{
	bool wanted = !s->dead && s->len > 0 && !s->partial && (s->interest & STREAM_READ);
	if (wanted == !link_alone(&s->unread))
		return;
	if (wanted)
		link_last(&s->loop->unread, &s->unread);
	else
		link_out(&s->unread);
}

void stream_end(struct stream *s, int rc)
{
	s->ended = true;
	s->end = rc;
	idle_limit_moved(s);
}

static int make_room(struct stream *s)
{
	if (!s->buf) {
		s->buf = malloc(STREAM_LINE_MAX);
		return s->buf ? 0 : -ENOMEM;
	}
	if (s->start)
		memmove(s->buf, s->buf + s->start, s->len);
	s->start = 0;
	return 0;
}

/* Read what is there, without waiting even where the descriptor would.  1: bytes or an end,
 * 0: nothing, -ENOMEM. */
static int fill(struct stream *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	if (poll(&p, 1, 0) <= 0)
		return 0;
	int rc = make_room(s);
	if (rc < 0)
		return rc;
	ssize_t n = read(s->fd, s->buf + s->len, STREAM_LINE_MAX - s->len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		stream_end(s, n < 0 ? -errno : 0);
		return 1;
	}
	s->len += (size_t)n;
	s->partial = false;
	idle_heard(s, loop_mono(s->loop));
	stream_unread_changed(s);
	return 1;
}

static size_t take(struct stream *s, void *to, size_t n)
{
	if (n > s->len)
		n = s->len;
	memcpy(to, s->buf + s->start, n);
	s->start += n;
	s->len -= n;
	s->partial = false;
	stream_unread_changed(s);
	return n;
}

/* How much of the buffer is a line for a caller with room for `most` bytes; 0: none yet. */
static size_t line_length(const struct stream *s, size_t most)
{
	if (s->len == 0)
		return 0;
	const char *from = s->buf + s->start;
	size_t look = s->len < most ? s->len : most;
	const char *newline = memchr(from, '\n', look);
	if (newline)
		return (size_t)(newline - from) + 1;
	bool whole = look == most || s->len == STREAM_LINE_MAX || (s->ended && s->end == 0);
	return whole ? look : 0;
}

/* What a read is after: any bytes, or a line of at most `line` bytes. */
static bool satisfied(const struct stream *s, size_t line)
{
	return line ? line_length(s, line) > 0 : s->len > 0;
}

/* Until there is enough or no more: 1, 0 or -ENOMEM. */
static int fill_up(struct stream *s, size_t line)
{
	while (!satisfied(s, line)) {
		if (s->ended)
			return 1;
		int rc = fill(s);
		if (rc <= 0)
			return rc;
	}
	return 1;
}

/* ---- waiting for this stream ---- */

static void attend_to_signals(struct loop *l)
{
	struct pollfd p = { .fd = l->signal_fd, .events = POLLIN };
	if (l->signal_fd >= 0 && poll(&p, 1, 0) > 0)
		signals_ready(l);
	if (l->child_ended)
		children_reap(l);
}

/* After a pass at `now`: 1 when the stream has what is wanted or has ended, 0 when it is time
 * for another pass, or why the read is over. */
static int look_and_sleep(struct stream *s, size_t line, struct instant now)
{
	struct loop *l = s->loop;
	for (bool told = false;; told = true) {
		attend_to_signals(l);
		if (s->dead)
			return -EBADF;
		int rc = fill_up(s, line);
		if (rc != 0)
			return rc;
		if (idle_limit_at(s) <= now.mono && idle_limit_at(s) != EVENT_NEVER) {
			stream_end(s, -ETIMEDOUT);
			return 1;
		}
		if (l->stopped) {
			l->stopped = false;
			return -ECANCELED;
		}
		if (s->nonblock)
			return -EAGAIN;
		struct span span;
		struct instant later = loop_instant(l);
		if (!wait_span(l, s, later, &span))
			return 0;
		if (told || !s->before_wait)
			return wait_sleep(l, s->fd, later, span);
		s->before_wait(s, s->before_wait_rock);
	}
}

static int await(struct stream *s, size_t line)
{
	struct loop *l = s->loop;
	int rc = 0;
	l->waiting = true;
	while (rc == 0) {
		struct instant now = loop_instant(l);
		pass_run(l, s, now);
		rc = s->dead ? -EBADF : look_and_sleep(s, line, now);
	}
	if (s->dead)
		rc = -EBADF;
	l->waiting = false;
	loop_bury(l);
	return rc;
}

/* 1 when the stream has what is wanted or has ended, else -errno. */
static int need(struct stream *s, size_t line)
{
	if (s->dead || (s->fd < 0 && s->len == 0))
		return -EBADF;
	if (s->ended || satisfied(s, line))
		return 1;
	if (!s->loop->waiting)
		return await(s, line);
	int rc = fill_up(s, line);
	return rc ? rc : -EAGAIN;
}

ssize_t stream_read(struct stream *s, void *buf, size_t n)
{
	if (n == 0)
		return 0;
	int rc = need(s, 0);
	if (rc < 0)
		return rc;
	return s->len ? (ssize_t)take(s, buf, n) : s->end;
}

ssize_t stream_line(struct stream *s, char *buf, size_t size)
{
	if (size < 2)
		return -EINVAL;
	int rc = need(s, size - 1);
	if (rc == -EBADF)
		return rc;
	size_t n = rc < 0 ? 0 : line_length(s, size - 1);
	if (n == 0) {
		s->partial = s->len > 0;
		stream_unread_changed(s);
		return rc < 0 ? rc : s->end;
	}
	take(s, buf, n);
	buf[n] = '\0';
	return (ssize_t)n;
}

size_t stream_buffered(const struct stream *s)
{
	return s->len;
}

void stream_nonblock(struct stream *s, bool on)
{
	s->nonblock = on;
}

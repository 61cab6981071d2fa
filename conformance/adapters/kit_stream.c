/* kit: the streams of the script, and the peers at their other ends. */
#include "kit_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct kit_stream *stream_named(struct kit *k, const char *name)
{
	for (size_t i = 0; i < k->nstreams; i++)
		if (!strcmp(k->streams[i]->name, name))
			return k->streams[i];
	struct kit_stream *s = k->nstreams < KIT_STREAMS_MAX ? calloc(1, sizeof(*s)) : NULL;
	if (!s) {
		malformed(k, "fewer streams", (struct word){ name, strlen(name) });
		return NULL;
	}
	strcpy(s->name, name);
	s->k = k;
	s->fd = s->peer = s->out = s->out_peer = -1;
	k->streams[k->nstreams++] = s;
	return s;
}

const char *kit_stream_name(const struct kit *k, const void *s)
{
	for (size_t i = 0; s && i < k->nstreams; i++)
		if (k->streams[i]->obj == s)
			return k->streams[i]->name;
	return "-";
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_all(struct kit_stream *s)
{
	close_one(&s->fd);
	close_one(&s->peer);
	close_one(&s->out);
	close_one(&s->out_peer);
}

static bool make_pair(int *ours, int *peer)
{
	int pair[2];
	int room = 1 << 20; /* the kernel gives what it will */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return false;
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	*ours = pair[0];
	*peer = pair[1];
	return true;
}

void stream_make(struct kit_stream *s, struct kit_words *w, bool bare, bool bound)
{
	struct kit *k = s->k;
	struct word name = { s->name, strlen(s->name) };
	if (s->obj) {
		malformed(k, "the name of no other stream", name);
		return;
	}
	if ((!bare && !make_pair(&s->fd, &s->peer)) ||
	    (bound && !make_pair(&s->out, &s->out_peer))) {
		malformed(k, strerror(errno), name);
		close_all(s);
		return;
	}
	w->fd = s->fd;
	w->out_fd = s->out;
	s->write_only = w->write;
	s->sent = s->written = 0;
	s->life++;
	s->obj = k->impl->stream_new(k, k->all, w);
	if (!s->obj && !k->over)
		kit_error(k, NULL, strerror(errno));
	if (!s->obj)
		close_all(s);
}

void stream_drop(struct kit_stream *s)
{
	void *obj = s->obj;
	if (!obj)
		return;
	delivered(s->k);
	s->obj = NULL; /* whatever freeing it may call back */
	s->k->impl->stream_free(obj);
	close_all(s);
}

void stream_input(struct kit_stream *s, int64_t n, bool newline)
{
	char bytes[4096];
	if (!s->obj || s->peer < 0 || s->write_only)
		return;
	while (n > 0) {
		size_t part = n < (int64_t)sizeof(bytes) ? (size_t)n : sizeof(bytes);
		for (size_t i = 0; i < part; i++)
			bytes[i] = (char)('0' + s->sent++ % 10);
		n -= (int64_t)part;
		if (n == 0 && newline)
			bytes[part - 1] = '\n';
		ssize_t sent = send(s->peer, bytes, part, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EPIPE)
			return; /* after the end */
		if (sent != (ssize_t)part) {
			malformed(s->k, "less input at a time",
			          (struct word){ s->name, strlen(s->name) });
			return;
		}
	}
}

void stream_eof(struct kit_stream *s)
{
	if (s->obj && s->peer >= 0)
		shutdown(s->peer, SHUT_WR);
}

void stream_output(struct kit_stream *s, int64_t n)
{
	struct kit *k = s->k;
	char *bytes;
	if (!s->obj || s->out < 0 || n == 0)
		return;
	/* What nobody flushes must still fit into a socket, or flushing would hang. */
	s->written += n;
	if (s->written > KIT_BYTES_MAX || !(bytes = malloc((size_t)n))) {
		malformed(k, "less output", (struct word){ s->name, strlen(s->name) });
		return;
	}
	memset(bytes, 'o', (size_t)n);
	k->impl->output(s->obj, bytes, (size_t)n);
	free(bytes);
}

void delivered(struct kit *k)
{
	char bytes[4096];
	for (size_t i = 0; i < k->nstreams && !k->over; i++) {
		struct kit_stream *s = k->streams[i];
		ssize_t n, sum = 0;
		while (s->out_peer >= 0 &&
		       (n = recv(s->out_peer, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
			sum += n;
		s->written = s->written > sum ? s->written - sum : 0;
		if (sum > 0)
			say(k, "delivered %zd", sum);
	}
}

/* ---- reading ---- */

void kit_because(struct kit *k, const char *words)
{
	snprintf(k->because, sizeof(k->because), "%s", words);
}

static void say_bytes(struct kit_stream *s, const char *buf, size_t n)
{
	char *shown = malloc(2 * n + 1), *p = shown;
	if (!shown)
		return;
	for (size_t i = 0; i < n; i++) {
		if (buf[i] == '\n')
			*p++ = '\\';
		*p++ = buf[i] == '\n' ? 'n' : buf[i];
	}
	*p = '\0';
	say(s->k, "input %s %s", s->name, shown);
	free(shown);
}

static void say_failed(struct kit_stream *s, int error)
{
	struct kit *k = s->k;
	if (error == EBUSY || (error == EAGAIN && k->depth))
		say(k, "busy %s", s->name);
	else if (error == EAGAIN)
		say(k, "again %s", s->name);
	else if (error == ETIMEDOUT)
		say(k, "timeout %s", s->name);
	else if (error == EBADF && !*k->because)
		say(k, "error %s no descriptor", s->name);
	else
		say(k, "error %s %s", s->name, *k->because ? k->because : strerror(error));
}

static void say_read(struct kit_stream *s, const char *buf, size_t size, ssize_t n)
{
	struct kit *k = s->k;
	if (n == 0)
		say(k, "eof %s", s->name);
	else if (n < 0)
		say_failed(s, (int)-n);
	else if ((size_t)n > size)
		say(k, "error %s more bytes than asked for", s->name);
	else
		say_bytes(s, buf, (size_t)n);
}

void stream_read_from(struct kit_stream *s, int64_t n, bool line)
{
	struct kit *k = s->k;
	/* A line is as long as it is; its buffer has room for the terminator. */
	size_t size = line ? KIT_BYTES_MAX : n > 0 ? (size_t)n : 1;
	unsigned life = s->life;
	char *buf = malloc(size + 1);

	*k->because = '\0';
	if (!buf || !s->obj) {
		say(k, "error %s %s", s->name, buf ? "freed" : strerror(errno));
		free(buf);
		return;
	}
	if (!lacks(k, line ? k->impl->line : k->impl->read, line ? "line" : "read")) {
		ssize_t got = line ? k->impl->line(s->obj, buf, size + 1)
		                   : k->impl->read(s->obj, buf, size);
		if (!k->over && (!s->obj || s->life != life))
			say(k, "error %s freed", s->name);
		else if (!k->over)
			say_read(s, buf, size, got);
	}
	free(buf);
}

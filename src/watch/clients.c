/* Clients of the barrier, and what they say themselves. */
#include "../base/err.h"
#include "../wire/wire.h"
#include "watcher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the watcher's side ---- */

static void client_free(struct client *c)
{
	struct client **at = &c->w->clients;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	stream_free(c->stream);
	close(c->fd);
	free(c);
}

static void on_client(struct stream *s, unsigned ready, void *rock)
{
	struct client *c = rock;
	char text[16] = { 0 };
	struct wire_packet p = { .data = text, .cap = sizeof(text) };

	(void)s;
	(void)ready;
	int rc = wire_recv(c->fd, &p, MSG_DONTWAIT);
	if (rc == -EAGAIN || rc == -EINTR)
		return;
	for (size_t i = 0; rc == 0 && i < p.nfds; i++)
		close(p.fds[i]);
	if (rc < 0 || p.len != strlen(WATCH_SYNC) || memcmp(text, WATCH_SYNC, p.len) != 0) {
		client_free(c);
		return;
	}
	c->waiting = true;
	c->w->news++; /* what happened before this is told in the next turns */
	watcher_look_everywhere(c->w);
}

void client_admit(struct watcher *w, int *fd)
{
	struct client *c = calloc(1, sizeof(*c));

	if (!c)
		return;
	*c = (struct client){ .w = w, .next = w->clients, .fd = *fd };
	c->stream = stream_new(w->loop, c->fd, STREAM_READ, on_client, c);
	if (!c->stream) {
		free(c);
		return;
	}
	*fd = -1;
	w->clients = c;
}

bool clients_waiting(const struct watcher *w)
{
	for (const struct client *c = w->clients; c; c = c->next)
		if (c->waiting)
			return true;
	return false;
}

void clients_answer(struct watcher *w, const char *text)
{
	for (struct client *c = w->clients, *next; c; c = next) {
		next = c->next;
		if (!c->waiting)
			continue;
		c->waiting = false;
		if (wire_send(c->fd, text, strlen(text), NULL, 0, MSG_DONTWAIT) < 0)
			client_free(c);
	}
}

void clients_free(struct watcher *w)
{
	while (w->clients)
		client_free(w->clients); /* NOLINT(clang-analyzer-unix.Malloc): it unlinks itself */
}

/* ---- the client's side ---- */

int watch_barrier(int client, struct err *e)
{
	char text[sizeof(WATCH_ERROR) + ERR_TEXT_MAX];
	struct wire_packet p = { .data = text, .cap = sizeof(text) - 1 };
	int rc = wire_send(client, WATCH_SYNC, strlen(WATCH_SYNC), NULL, 0, 0);

	do
		if (rc == 0 || rc == -EINTR)
			rc = wire_recv(client, &p, 0);
	while (rc == -EINTR);
	for (size_t i = 0; rc == 0 && i < p.nfds; i++)
		close(p.fds[i]);
	if (rc == -EPIPE || rc == -ECONNRESET || (rc == 0 && p.len == 0))
		return err_set(e, -EPIPE, "the watcher has gone");
	if (rc < 0)
		return err_sys(e, -rc, "no answer from the watcher");
	text[p.len] = '\0';
	if (strcmp(text, WATCH_OK) == 0)
		return 0;
	if (strncmp(text, WATCH_ERROR, strlen(WATCH_ERROR)) == 0)
		return err_set(e, -EIO, "%s", text + strlen(WATCH_ERROR));
	return err_set(e, -EPROTO, "the watcher speaks another language");
}

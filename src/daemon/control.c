#include "control.h"

#include "../base/err.h"
#include "../wire/wire.h"
#include "stores.h"
#include "watchers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int answer_error(int sock, const struct err *e)
{
	char text[CONTROL_ANSWER_MAX];
	int n = snprintf(text, sizeof(text), CONTROL_ERROR "%s", e->text);

	return wire_send(sock, text, (size_t)n, NULL, 0, MSG_DONTWAIT);
}

static int do_store(struct server *srv, int sock, const char *dir)
{
	struct err e = { .text = "" };
	int conn = -1;

	if (*dir != '/') {
		err_put(&e, "the store's directory is not an absolute path");
		return answer_error(sock, &e);
	}
	if (stores_connect(srv, dir, &conn, &e) < 0)
		return answer_error(sock, &e);
	int rc = wire_send(sock, CONTROL_OK, strlen(CONTROL_OK), &conn, 1, MSG_DONTWAIT);
	close(conn);
	return rc;
}

/* Where nothing can be watched there is nothing to tell, and nobody to ask. */
static int do_watch(struct watcher *w, int sock)
{
	struct err e = { .text = "" };
	int conn = -1;
	int rc = w ? watcher_connect(w, &conn, &e)
	           : err_set(&e, -ENOENT, "without HOME nothing is watched");

	if (rc < 0)
		return answer_error(sock, &e);
	rc = wire_send(sock, CONTROL_OK, strlen(CONTROL_OK), &conn, 1, MSG_DONTWAIT);
	close(conn);
	return rc;
}

static int do_reload(struct watcher *w, int sock)
{
	struct err e = { .text = "" };

	if (w && watcher_reload(w, &e) < 0)
		return answer_error(sock, &e);
	return wire_send(sock, CONTROL_OK, strlen(CONTROL_OK), NULL, 0, MSG_DONTWAIT);
}

int control_serve(struct server *srv, int sock, struct watcher *w)
{
	char data[CONTROL_REQUEST_MAX + 1];
	ssize_t n = recv(sock, data, CONTROL_REQUEST_MAX, MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		return -EPIPE;
	if (n > CONTROL_REQUEST_MAX)
		return -EMSGSIZE;
	data[n] = '\0';
	if (strncmp(data, CONTROL_STORE, strlen(CONTROL_STORE)) == 0)
		return do_store(srv, sock, data + strlen(CONTROL_STORE));
	if (strcmp(data, CONTROL_WATCH) == 0)
		return do_watch(w, sock);
	if (strcmp(data, CONTROL_RELOAD) == 0)
		return do_reload(w, sock);
	return -EBADMSG;
}

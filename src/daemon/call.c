#include "call.h"

#include "../base/err.h"
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The descriptor that came with "ok", -1 when none was to come; -errno with the reason. */
static int take_answer(const struct wire_packet *p, size_t nfds, struct err *e)
{
	size_t head = strlen(CONTROL_ERROR);

	if (p->nfds == nfds && p->len == strlen(CONTROL_OK) &&
	    memcmp(p->data, CONTROL_OK, p->len) == 0)
		return nfds ? p->fds[0] : 0;
	if (p->len > head && memcmp(p->data, CONTROL_ERROR, head) == 0)
		return err_set(e, -EIO, "%.*s", (int)(p->len - head), p->data + head);
	return err_set(e, -EPIPE, "the daemon has gone");
}

int call_share(struct call *c, struct err *e)
{
	int fd = memfd_create("lei-turn", MFD_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "memfd");
	c->turn = fd;
	c->shared = true;
	return 0;
}

/* A lock that belongs to the process, and ends with it. */
static int take_turn(const struct call *c, bool take, struct err *e)
{
	struct flock lock = { .l_type = take ? F_WRLCK : F_UNLCK, .l_whence = SEEK_SET };

	if (!c->shared)
		return 0;
	while (fcntl(c->turn, F_SETLKW, &lock) < 0) {
		if (errno != EINTR)
			return err_sys(e, errno, "cannot take turns with others");
	}
	return 0;
}

static int ask_now(const struct call *c, const char *request, size_t len, size_t nfds,
                   struct err *e)
{
	char answer[CONTROL_ANSWER_MAX];
	struct wire_packet p = { .data = answer, .cap = sizeof(answer) };
	int rc = wire_send(c->control, request, len, NULL, 0, 0);

	while (rc == 0 && (rc = wire_recv(c->control, &p, 0)) == -EINTR)
		rc = 0;
	if (rc < 0)
		return err_sys(e, -rc, "cannot ask the daemon");
	rc = take_answer(&p, nfds, e);
	if (rc < 0)
		wire_packet_close(&p);
	return rc;
}

static int ask(const struct call *c, const char *request, size_t len, size_t nfds, struct err *e)
{
	int rc = take_turn(c, true, e);

	if (rc < 0)
		return rc;
	rc = ask_now(c, request, len, nfds, e);
	take_turn(c, false, NULL);
	return rc;
}

int call_store(const struct call *c, const char *dir, struct err *e)
{
	char request[CONTROL_REQUEST_MAX];
	int n = snprintf(request, sizeof(request), CONTROL_STORE "%s", dir);

	if ((size_t)n >= sizeof(request))
		return err_sys(e, ENAMETOOLONG, "%s", dir);
	int rc = ask(c, request, (size_t)n, 1, e);
	if (rc == -EPIPE)
		err_prefix(e, "cannot reach the writer of %s", dir);
	return rc;
}

int call_watch(const struct call *c, struct err *e)
{
	return ask(c, CONTROL_WATCH, strlen(CONTROL_WATCH), 1, e);
}

int call_watch_reload(const struct call *c, struct err *e)
{
	return ask(c, CONTROL_RELOAD, strlen(CONTROL_RELOAD), 0, e);
}

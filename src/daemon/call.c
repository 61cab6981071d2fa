#include "call.h"

#include "../base/err.h"
#include "control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int take_answer(const struct wire_packet *p, const char *dir, struct err *e)
{
	size_t head = strlen(CONTROL_ERROR);

	if (p->nfds == 1 && p->len == strlen(CONTROL_OK) &&
	    memcmp(p->data, CONTROL_OK, p->len) == 0)
		return p->fds[0];
	if (p->len > head && memcmp(p->data, CONTROL_ERROR, head) == 0)
		return err_set(e, -EIO, "%.*s", (int)(p->len - head), p->data + head);
	return err_set(e, -EPIPE, "cannot reach the writer of %s: the daemon has gone", dir);
}

int call_store(const struct call *c, const char *dir, struct err *e)
{
	char request[CONTROL_REQUEST_MAX], answer[CONTROL_ANSWER_MAX];
	struct wire_packet p = { .data = answer, .cap = sizeof(answer) };
	int n = snprintf(request, sizeof(request), CONTROL_STORE "%s", dir);

	if ((size_t)n >= sizeof(request))
		return err_sys(e, ENAMETOOLONG, "%s", dir);
	int rc = wire_send(c->control, request, (size_t)n, NULL, 0, 0);
	while (rc == 0 && (rc = wire_recv(c->control, &p, 0)) == -EINTR)
		rc = 0;
	if (rc < 0)
		return err_sys(e, -rc, "cannot ask the daemon for the writer of %s", dir);
	rc = take_answer(&p, dir, e);
	if (rc < 0)
		wire_packet_close(&p);
	return rc;
}

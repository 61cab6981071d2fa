#include "sink.h"

#include "compress.h"

#include "../base/err.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

enum { CAP = 256 << 10, BIG = 64 << 10 };

struct sink {
	int fd; /* the caller's */
	char *name;
	int rc; /* sticky */
	char *data; /* CAP bytes, ready to be written */
	size_t len;
	struct compress *press; /* NULL: the bytes go out as they come */
};

int sink_open(int fd, const char *name, const struct sink_opts *opts, struct sink **ret,
              struct err *e)
{
	enum compression how = opts ? opts->compression : COMPRESS_NONE;
	struct sink *s = calloc(1, sizeof(*s));
	if (s) {
		s->fd = fd;
		s->name = strdup(name);
		s->data = malloc(CAP);
		s->press = compress_new(how, opts && opts->rsyncable);
	}
	if (!s || !s->name || !s->data || !s->press != (how == COMPRESS_NONE)) {
		sink_free(s);
		return err_sys(e, ENOMEM, "cannot write %s", name);
	}
	*ret = s;
	return 0;
}

void sink_free(struct sink *s)
{
	if (!s)
		return;
	compress_free(s->press);
	free(s->data);
	free(s->name);
	free(s);
}

static int fail(struct sink *s, int errnum, struct err *e)
{
	s->rc = -errnum;
	return err_sys(e, errnum, "cannot write %s", s->name);
}

/* A descriptor that we were given may be non-blocking: somebody else shares it. */
static void wait_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	poll(&p, 1, -1);
}

static int write_all(struct sink *s, struct iovec *iov, int n, struct err *e)
{
	while (n) {
		ssize_t done = iov->iov_len ? writev(s->fd, iov, n) : 0;
		if (done < 0 && errno == EAGAIN)
			wait_writable(s->fd);
		else if (done < 0 && errno != EINTR)
			return fail(s, errno, e);
		size_t left = done > 0 ? (size_t)done : 0;
		while (n && left >= iov->iov_len) {
			left -= iov->iov_len;
			iov++;
			n--;
		}
		if (n) {
			iov->iov_base = (char *)iov->iov_base + left;
			iov->iov_len -= left;
		}
	}
	return 0;
}

static int flush(struct sink *s, struct err *e)
{
	struct iovec iov = { s->data, s->len };
	s->len = 0;
	return write_all(s, &iov, 1, e);
}

/* `last`: nothing follows. */
static int add_pressed(struct sink *s, const char *data, size_t len, bool last, struct err *e)
{
	struct compress_io io = { .in = data, .in_len = len };
	int rc = 0, done = 0;
	while (rc == 0 && (last ? done == 0 : io.in_len > 0)) {
		io.out = s->data + s->len;
		io.out_len = CAP - s->len;
		done = compress_step(s->press, &io, last);
		s->len = CAP - io.out_len;
		if (done < 0)
			return fail(s, -done, e);
		if (io.out_len == 0)
			rc = flush(s, e);
	}
	return rc;
}

int sink_add(struct sink *s, const void *data, size_t len, struct err *e)
{
	if (s->rc < 0)
		return err_sys(e, -s->rc, "cannot write %s", s->name);
	if (s->press)
		return add_pressed(s, data, len, false, e);
	if (len >= BIG) {
		struct iovec iov[2] = { { s->data, s->len }, { (void *)(uintptr_t)data, len } };
		s->len = 0;
		return write_all(s, iov, 2, e);
	}
	if (len > CAP - s->len) {
		int rc = flush(s, e);
		if (rc < 0)
			return rc;
	}
	memcpy(s->data + s->len, data, len);
	s->len += len;
	return 0;
}

int sink_finish(struct sink *s, struct err *e)
{
	if (s->rc < 0)
		return err_sys(e, -s->rc, "cannot write %s", s->name);
	int rc = s->press ? add_pressed(s, "", 0, true, e) : 0;
	return rc < 0 ? rc : flush(s, e);
}

#include "sink.h"

#include "../base/err.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <zlib.h>

enum { CAP = 256 << 10, BIG = 64 << 10, DEFLATE_MAX = 1 << 30 };

struct sink {
	int fd; /* the caller's */
	char *name;
	int rc; /* sticky */
	char *data; /* CAP bytes, ready to be written */
	size_t len;
	bool gzip;
	z_stream z;
};

int sink_open(int fd, const char *name, bool gzip, struct sink **ret, struct err *e)
{
	struct sink *s = calloc(1, sizeof(*s));
	if (s) {
		s->fd = fd;
		s->name = strdup(name);
		s->data = malloc(CAP);
		s->gzip = gzip && deflateInit2(&s->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
		                               Z_DEFAULT_STRATEGY) == Z_OK;
	}
	if (!s || !s->name || !s->data || s->gzip != gzip) {
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
	if (s->gzip)
		deflateEnd(&s->z);
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

static int deflate_some(struct sink *s, const char *data, unsigned len, int how, struct err *e)
{
	s->z.next_in = (unsigned char *)(uintptr_t)data;
	s->z.avail_in = len;
	for (;;) {
		s->z.next_out = (unsigned char *)s->data + s->len;
		s->z.avail_out = (unsigned)(CAP - s->len);
		int rc = deflate(&s->z, how);
		s->len = CAP - s->z.avail_out;
		if (rc == Z_STREAM_END || (how == Z_NO_FLUSH && s->z.avail_out))
			return 0;
		rc = flush(s, e);
		if (rc < 0)
			return rc;
	}
}

static int add_gzip(struct sink *s, const char *data, size_t len, struct err *e)
{
	int rc = 0;
	for (size_t n; rc == 0 && len; data += n, len -= n) {
		n = len < DEFLATE_MAX ? len : DEFLATE_MAX;
		rc = deflate_some(s, data, (unsigned)n, Z_NO_FLUSH, e);
	}
	return rc;
}

int sink_add(struct sink *s, const void *data, size_t len, struct err *e)
{
	if (s->rc < 0)
		return err_sys(e, -s->rc, "cannot write %s", s->name);
	if (s->gzip)
		return add_gzip(s, data, len, e);
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
	int rc = s->gzip ? deflate_some(s, NULL, 0, Z_FINISH, e) : 0;
	return rc < 0 ? rc : flush(s, e);
}

/* The mbox splitter.  The first byte picks the format ('0' mboxrd, '1' mboxo, '2' mboxcl, '3'
 * mboxcl2), the rest is the mailbox.  Reading it byte by byte must give what reading it whole
 * gives: the same messages, offsets and error. */
#include "base/buf.h"
#include "base/err.h"
#include "mail/decompress.h"
#include "mail/mbox.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LEN_MAX = 4096 }; /* a system call per byte is slow */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static int read_all(int fd, enum mail_format f, struct buf *out)
{
	struct err e = { "" };
	struct input *in;
	struct mbox *m;
	const char *data;
	size_t len;

	int rc = input_open(fd, "in", &in, &e);
	if (rc == 0) {
		must(mbox_open(in, f, &m, &e) == 0);
		while ((rc = mbox_next(m, &data, &len, &e)) == 1) {
			must(len > 0);
			buf_addf(out, "%zu bytes to %llu:", len,
			         (unsigned long long)mbox_offset(m));
			buf_add(out, data, len);
		}
		mbox_free(m);
		input_close(in);
	}
	buf_addf(out, "%d %s", rc, e.text);
	return rc;
}

static int whole(const uint8_t *data, size_t len)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	must(fd >= 0 && write(fd, data, len) == (ssize_t)len && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

struct drip {
	const uint8_t *data;
	size_t len;
	int fd;
};

/* A packet pipe hands out one write per read. */
static void *drip(void *rock)
{
	struct drip *d = rock;
	for (size_t i = 0; i < d->len && write(d->fd, d->data + i, 1) == 1; i++)
		;
	close(d->fd);
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf a = { 0 }, b = { 0 };
	pthread_t thread;
	int p[2];

	signal(SIGPIPE, SIG_IGN);
	if (len < 1 || len > LEN_MAX)
		return 0;
	enum mail_format f = (enum mail_format)(MAIL_MBOXRD + data[0] % 4);
	data++;
	len--;

	int fd = whole(data, len);
	int rc = read_all(fd, f, &a);
	close(fd);

	must(pipe2(p, O_CLOEXEC | O_DIRECT) == 0);
	struct drip d = { data, len, p[1] };
	must(pthread_create(&thread, NULL, drip, &d) == 0);
	int drip_rc = read_all(p[0], f, &b);
	close(p[0]);
	must(pthread_join(thread, NULL) == 0);

	must(buf_ok(&a) && buf_ok(&b) && (rc < 0) == (drip_rc < 0));
	/* How much comes out of corrupt compressed data before the error is its library's affair. */
	if (rc == 0 || !decompress_find((const char *)data, len))
		must(a.len == b.len && memcmp(a.data, b.data, a.len) == 0);
	buf_free(&a);
	buf_free(&b);
	return 0;
}

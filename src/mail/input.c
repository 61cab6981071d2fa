#include "input.h"

#include "decompress.h"

#include "../base/err.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEAD_MAX = 64 << 10, CHUNK = 128 << 10 };

struct input {
	int fd; /* the caller's */
	char *name;
	bool eof; /* of the descriptor */
	char *head; /* HEAD_MAX bytes: peeked at and not yet read */
	size_t head_at, head_len;
	struct decompress *codec; /* NULL: the bytes are as they come */
	const char *codec_name;
	enum decompress_result broken; /* sticky: a decompressor is not asked again */
	char *chunk; /* CHUNK compressed bytes, and what is left of them */
	const char *left;
	size_t left_len;
};

/* A descriptor that we were given may be non-blocking: somebody else shares it. */
static void wait_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	poll(&p, 1, -1);
}

static ssize_t read_fd(struct input *in, char *buf, size_t cap, struct err *e)
{
	ssize_t n;
	if (in->eof)
		return 0;
	while ((n = read(in->fd, buf, cap)) < 0 && (errno == EINTR || errno == EAGAIN))
		if (errno == EAGAIN)
			wait_readable(in->fd);
	if (n < 0)
		return err_sys(e, errno, "cannot read %s", in->name);
	in->eof = n == 0;
	return n;
}

static int codec_error(struct input *in, struct err *e)
{
	switch (in->broken) {
	case DECOMPRESS_NOMEM:
		return err_sys(e, ENOMEM, "cannot decompress %s", in->name);
	case DECOMPRESS_HUGE:
		return err_set(e, -EFBIG, "%s: needs too much memory to decompress", in->name);
	default:
		return err_set(e, -EBADMSG, "%s: corrupt %s data", in->name, in->codec_name);
	}
}

static ssize_t read_codec(struct input *in, char *buf, size_t cap, struct err *e)
{
	for (;;) {
		if (in->broken != DECOMPRESS_OK)
			return codec_error(in, e);
		struct decompress_io io = { in->left, in->left_len, buf, cap };
		in->broken = decompress_step(in->codec, &io);
		in->left = io.in;
		in->left_len = io.in_len;
		if (io.out_len < cap)
			return (ssize_t)(cap - io.out_len);
		if (in->broken != DECOMPRESS_OK)
			continue;
		ssize_t n = read_fd(in, in->chunk, CHUNK, e);
		if (n < 0)
			return n;
		if (n == 0 && !decompress_complete(in->codec))
			return err_set(e, -EBADMSG, "%s: truncated %s data", in->name,
			               in->codec_name);
		if (n == 0)
			return 0;
		in->left = in->chunk;
		in->left_len = (size_t)n;
	}
}

static ssize_t read_source(struct input *in, char *buf, size_t cap, struct err *e)
{
	return in->codec ? read_codec(in, buf, cap, e) : read_fd(in, buf, cap, e);
}

ssize_t input_read(struct input *in, char *buf, size_t cap, struct err *e)
{
	if (!in->head_len)
		return read_source(in, buf, cap, e);
	size_t n = in->head_len < cap ? in->head_len : cap;
	memcpy(buf, in->head + in->head_at, n);
	in->head_at += n;
	in->head_len -= n;
	return (ssize_t)n;
}

ssize_t input_peek(struct input *in, const char **ret, size_t want, struct err *e)
{
	if (in->head_at) {
		memmove(in->head, in->head + in->head_at, in->head_len);
		in->head_at = 0;
	}
	while (in->head_len < want) {
		ssize_t n = read_source(in, in->head + in->head_len, HEAD_MAX - in->head_len, e);
		if (n < 0)
			return n;
		if (n == 0)
			break;
		in->head_len += (size_t)n;
	}
	*ret = in->head;
	return (ssize_t)in->head_len;
}

/* The bytes peeked at were compressed: hand them to the decompressor. */
static int begin_codec(struct input *in, const struct codec *c)
{
	in->chunk = malloc(CHUNK);
	in->codec = decompress_new(c);
	if (!in->chunk || !in->codec)
		return -ENOMEM;
	in->codec_name = decompress_name(c);
	memcpy(in->chunk, in->head, in->head_len);
	in->left = in->chunk;
	in->left_len = in->head_len;
	in->head_len = 0;
	return 0;
}

static int look(struct input *in, struct err *e)
{
	const char *head;
	ssize_t n = input_peek(in, &head, DECOMPRESS_MAGIC, e);
	if (n < 0)
		return (int)n;
	const struct codec *c = decompress_find(head, (size_t)n);
	if (c && begin_codec(in, c) < 0)
		return err_sys(e, ENOMEM, "cannot decompress %s", in->name);
	return 0;
}

int input_open(int fd, const char *name, struct input **ret, struct err *e)
{
	struct input *in = calloc(1, sizeof(*in));
	if (in) {
		in->fd = fd;
		in->name = strdup(name);
		in->head = malloc(HEAD_MAX);
	}
	if (!in || !in->name || !in->head) {
		input_close(in);
		return err_sys(e, ENOMEM, "cannot read %s", name);
	}
	int rc = look(in, e);
	if (rc < 0) {
		input_close(in);
		return rc;
	}
	*ret = in;
	return 0;
}

const char *input_name(const struct input *in)
{
	return in->name;
}

void input_close(struct input *in)
{
	if (!in)
		return;
	decompress_free(in->codec);
	free(in->chunk);
	free(in->head);
	free(in->name);
	free(in);
}

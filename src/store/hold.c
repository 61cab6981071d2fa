#include "hold.h"

#include "../base/err.h"
#include "../base/grow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

void hold_init(struct hold *h)
{
	*h = (struct hold){ .spill = -1 };
}

void hold_done(struct hold *h)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->items[i].fd >= 0)
			close(h->items[i].fd);
	if (h->spill >= 0)
		close(h->spill);
	free(h->items);
	hold_init(h);
}

int hold_read(int fd, uint64_t at, uint64_t len, struct buf *out, struct err *e)
{
	buf_reset(out);
	if (len && !buf_room(out, (size_t)len))
		return err_sys(e, ENOMEM, "a batch of %llu bytes", (unsigned long long)len);
	while (out->len < len) {
		ssize_t n = pread(fd, out->data + out->len, (size_t)len - out->len,
		                  (off_t)(at + out->len));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, errno, "cannot read a batch");
		if (n == 0)
			return err_set(e, -EBADMSG, "corrupt batch: it is shorter than announced");
		out->len += (size_t)n;
	}
	return 0;
}

static int spill(struct hold *h, const char *dir, struct held *it, struct err *e)
{
	char chunk[65536];

	if (h->spill < 0)
		h->spill = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (h->spill < 0)
		return err_sys(e, errno, "cannot make a temporary file in '%s'", dir);
	it->at = h->spill_len;
	for (uint64_t done = 0; done < it->len;) {
		uint64_t left = it->len - done;
		ssize_t n = pread(it->fd, chunk, left < sizeof(chunk) ? left : sizeof(chunk),
		                  (off_t)done);
		if (n <= 0)
			return err_set(e, -EBADMSG, "corrupt batch: it is shorter than announced");
		ssize_t w = pwrite(h->spill, chunk, (size_t)n, (off_t)(it->at + done));
		if (w <= 0)
			return err_sys(e, errno, "cannot write a temporary file in '%s'", dir);
		done += (uint64_t)w;
	}
	h->spill_len += it->len;
	close(it->fd);
	it->fd = -1;
	return 0;
}

static struct held *find(struct hold *h, uint64_t seq)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->items[i].seq == seq)
			return &h->items[i];
	return NULL;
}

int hold_add(struct hold *h, const char *dir, uint64_t seq, int *fd, uint64_t len, struct err *e)
{
	struct held it = { .seq = seq, .len = len, .fd = *fd };

	if (find(h, seq))
		return err_set(e, -EEXIST, "corrupt batch: number %llu came twice",
		               (unsigned long long)seq);
	struct held *items = grow(h->items, h->n, &h->cap, sizeof(*items));
	if (!items)
		return err_sys(e, ENOMEM, "cannot hold a batch");
	h->items = items;
	if (h->nfds >= HOLD_FDS) {
		int rc = spill(h, dir, &it, e);
		if (rc)
			return rc;
	} else {
		h->nfds++;
	}
	h->items[h->n++] = it;
	*fd = -1;
	return 0;
}

int hold_take(struct hold *h, uint64_t seq, struct buf *out, struct err *e)
{
	struct held *it = find(h, seq);

	if (!it)
		return 0;
	int rc = it->fd >= 0 ? hold_read(it->fd, 0, it->len, out, e)
	                     : hold_read(h->spill, it->at, it->len, out, e);
	if (rc)
		return rc;
	if (it->fd >= 0) {
		close(it->fd);
		h->nfds--;
	}
	*it = h->items[--h->n];
	if (h->n == 0 && h->spill >= 0) { /* the file's space back to the disk */
		close(h->spill);
		h->spill = -1;
		h->spill_len = 0;
	}
	return 1;
}

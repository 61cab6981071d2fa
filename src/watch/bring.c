#include "bring.h"

#include "../base/err.h"
#include "../mail/canon.h"
#include "../mail/mbox.h"
#include "../store/record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { READ_STEP = 4096, SCRATCH_KEEP = 4 << 20 };

/* ---- reading ---- */

/* A descriptor of a regular file; a FIFO or a symbolic link could make us wait, or lead astray. */
static int open_regular(int dir, const char *name, struct stat *ret)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return errno == ELOOP || errno == ENXIO ? -EISDIR : -errno;
	int rc = fstat(fd, ret) < 0 ? -errno : S_ISREG(ret->st_mode) ? 0 : -EISDIR;
	if (rc < 0) {
		close(fd);
		return rc;
	}
	return fd;
}

static int read_whole(int fd, off_t expected, struct buf *b)
{
	size_t step = (size_t)(expected > 0 ? expected : 0) + 1;

	buf_reset(b);
	for (ssize_t n = 1; n > 0; step = READ_STEP) {
		if (b->len + step > MAIL_MESSAGE_MAX)
			return -EFBIG;
		char *to = buf_room(b, step);
		if (!to)
			return -ENOMEM;
		do
			n = read(fd, to, step);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return -errno;
		b->len += (size_t)n;
	}
	return 0;
}

static void trim(struct buf *b)
{
	if (b->cap > SCRATCH_KEEP)
		buf_free(b);
	buf_reset(b);
}

/* Some programs write right into cur/: half a mail is not news, its end will be.  A lease is refused
 * while a writer has the file open; where there are no leases, we take what there is. */
static bool is_being_written(int fd)
{
	if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return errno == EAGAIN;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return false;
}

int mail_open(struct desk *d, int dir, const char *name, struct mail *ret)
{
	struct stat st = { 0 };
	int fd = open_regular(dir, name, &st);

	if (fd < 0)
		return fd == -EISDIR ? 0 : fd;
	trim(&d->file);
	trim(&d->canon);
	if (d->patient && is_being_written(fd)) {
		close(fd);
		return 0;
	}
	int rc = read_whole(fd, st.st_size, &d->file);
	close(fd);
	if (rc < 0 || !d->file.len)
		return rc;
	*ret = (struct mail){ 0 };
	rc = canon_store(d->file.data, d->file.len, &d->canon, NULL, &ret->data, &ret->len);
	if (rc == 0)
		rc = message_parse(ret->data, ret->len, &ret->msg, NULL);
	return rc < 0 ? rc : 1;
}

void mail_done(struct mail *m)
{
	message_done(&m->msg);
}

/* ---- telling the store ---- */

/* A message that the store has. */
static int bring_known(struct desk *d, const struct folder *f, const char *name,
                       const struct mail *m, struct err *e)
{
	struct edit file = { .op = EDIT_FILE,
		             .folder = f->url,
		             .name = name,
		             .kw = kw_from_maildir(name) & KW_MAILDIR,
		             .news = true };
	struct edit mark = { .op = EDIT_MARK, .folder = "", .set = f->kw, .add_labels = f->labels };
	memcpy(file.oid, m->msg.oid, sizeof(file.oid));
	memcpy(mark.oid, m->msg.oid, sizeof(mark.oid));
	int rc = desk_edit(d, &file, e);
	if (rc == 0 && f->state.take >= WATCH_INDEX && (f->kw || *f->labels))
		rc = desk_edit(d, &mark, e);
	return rc;
}

static int bring_new(struct desk *d, const struct folder *f, const char *name, struct mail *m,
                     struct err *e)
{
	kw_set flags = kw_from_maildir(name) & KW_MAILDIR;
	const struct record_marks marks = { .kw = flags | f->kw,
		                            .set_kw = true,
		                            .labels = f->labels,
		                            .folder = f->url,
		                            .name = name,
		                            .file_kw = flags };

	if (m->msg.sent == 0 && m->msg.received == 0) /* no usable date: the day it came to us */
		m->msg.sent = m->msg.received = (int64_t)time(NULL);
	return desk_record(d, &m->msg, m->data, m->len, f->state.take == WATCH_IMPORT, &marks, e);
}

int bring(struct desk *d, const struct folder *f, const char *name, struct mail *m, struct err *e)
{
	bool whole = false;
	int known = sync_blob(d->store, m->msg.oid, &whole, e);

	if (known < 0)
		return known;
	d->counts.added += known || f->state.take >= WATCH_INDEX;
	if (known && (whole || f->state.take != WATCH_IMPORT))
		return bring_known(d, f, name, m, e);
	return f->state.take >= WATCH_INDEX ? bring_new(d, f, name, m, e) : 0;
}

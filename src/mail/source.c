#include "source.h"

#include "canon.h"
#include "input.h"
#include "maildir.h"
#include "mbox.h"
#include "mbox_lock.h"
#include "path.h"

#include "../base/buf.h"
#include "../base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD_MAX = 64 << 10, EML_CHUNK = 64 << 10 };

struct reader { /* one reading */
	const char *name;
	mail_sink *sink;
	void *rock;
	uint64_t *count; /* the caller's */
	uint64_t offset;
	struct buf copy, store; /* of the current message, when it must change */
};

/* `name`: of its file in a Maildir, else NULL. */
static int deliver(struct reader *r, const char *data, size_t len, bool mbox, const char *name,
                   struct err *e)
{
	struct raw_mail m = { .raw = data,
		              .raw_len = len,
		              .name = name,
		              .kw = name ? kw_from_maildir(name) : 0,
		              .offset = r->offset };
	int rc = 0;

	buf_reset(&r->copy);
	buf_reset(&r->store);
	/* The state of a single file or of a Maildir's is not in its header. */
	if (mbox)
		rc = canon_copy(data, len, &r->copy, &m.kw, &m.raw, &m.raw_len);
	if (rc == 0)
		rc = canon_store(data, len, &r->store, NULL, &m.data, &m.len);
	if (rc < 0)
		return err_sys(e, -rc, "cannot read %s", r->name);
	rc = r->sink(r->rock, &m, e);
	if (rc == 0)
		++*r->count;
	return rc;
}

/* ---- one descriptor --------------------------------------------------------------------- */

static int read_mbox(struct reader *r, struct input *in, enum mail_format f, struct err *e)
{
	struct mbox *m;
	const char *data;
	size_t len;
	int rc = mbox_open(in, f, &m, e);
	if (rc < 0)
		return rc;
	while ((rc = mbox_next(m, &data, &len, e)) == 1) {
		r->offset = mbox_offset(m);
		rc = deliver(r, data, len, true, NULL, e);
		if (rc)
			break;
	}
	mbox_free(m);
	return rc;
}

/* Bytes of a "From " line at the start, as "git format-patch" and mutt's pipe leave it. */
static size_t from_line_len(const char *data, size_t len)
{
	size_t at = 0;
	while (at < len && (data[at] == '\n' || data[at] == '\r'))
		at++;
	if (len - at < 5 || memcmp(data + at, "From ", 5) != 0)
		return 0;
	const char *nl = memchr(data + at, '\n', len - at);
	return nl ? (size_t)(nl - data) + 1 : 0;
}

static int read_eml(struct reader *r, struct input *in, const char *file, struct err *e)
{
	struct buf b = { 0 };
	ssize_t n;
	do {
		char *to = b.len < MAIL_MESSAGE_MAX ? buf_room(&b, EML_CHUNK) : NULL;
		if (!to) {
			int rc = b.failed ? err_sys(e, ENOMEM, "cannot read %s", r->name)
			                  : err_set(e, -EFBIG, "%s: larger than %zu MiB", r->name,
			                            MAIL_MESSAGE_MAX >> 20);
			buf_free(&b);
			return rc;
		}
		n = input_read(in, to, EML_CHUNK, e);
		b.len += n > 0 ? (size_t)n : 0;
	} while (n > 0);

	int rc = (int)n;
	size_t from = from_line_len(b.data, b.len);
	r->offset = b.len;
	if (rc == 0 && b.len > from)
		rc = deliver(r, b.data + from, b.len - from, false, file, e);
	buf_free(&b);
	return rc;
}

/* See as much of the first header as is needed to tell formats apart, and no more: a pipe may
 * give the rest late. */
static int sniff(struct input *in, enum mail_format *ret, bool *ret_empty, struct err *e)
{
	const char *head;
	ssize_t n = 0, had;
	do {
		had = n;
		n = input_peek(in, &head, (size_t)had + 1, e);
		if (n < 0)
			return (int)n;
	} while (n > had && n < HEAD_MAX && !memmem(head, (size_t)n, "\n\n", 2) &&
	         !memmem(head, (size_t)n, "\n\r\n", 3));
	*ret_empty = n == 0;
	*ret = mail_format_sniff(head, (size_t)n);
	return 0;
}

/* `file`: its name when it lies in a Maildir, else NULL. */
static int read_fd(struct reader *r, int fd, enum mail_format f, const char *file, struct err *e)
{
	struct input *in;
	bool empty = false;
	int rc = input_open(fd, r->name, &in, e);
	if (rc < 0)
		return rc;
	if (f == MAIL_UNKNOWN)
		rc = sniff(in, &f, &empty, e);
	if (rc == 0 && !empty) {
		if (f == MAIL_UNKNOWN)
			rc = err_set(e, -EINVAL, "%s: neither an mbox nor a message", r->name);
		else if (f == MAIL_MAILDIR)
			rc = err_set(e, -ENOTDIR, "%s: not a directory, so not a maildir", r->name);
		else
			rc = f == MAIL_EML ? read_eml(r, in, file, e) : read_mbox(r, in, f, e);
	}
	input_close(in);
	return rc;
}

static void reader_done(struct reader *r)
{
	buf_free(&r->copy);
	buf_free(&r->store);
}

int mail_read_fd(int fd, const char *name, enum mail_format f, mail_sink *sink, void *rock,
                 uint64_t *ret_count, struct err *e)
{
	struct reader r = { .name = name, .sink = sink, .rock = rock, .count = ret_count };
	*ret_count = 0;
	int rc = read_fd(&r, fd, f, NULL, e);
	reader_done(&r);
	return rc;
}

/* ---- one path --------------------------------------------------------------------------- */

static int on_maildir_mail(void *rock, const struct maildir_mail *m, struct err *e)
{
	struct reader *r = rock;
	r->offset += m->len;
	return deliver(r, m->data, m->len, false, m->name, e);
}

static int read_dir(struct reader *r, int fd, enum mail_format f, struct err *e)
{
	if (!maildir_is(fd) && maildir_is_mh(fd))
		return err_set(e, -EISDIR, "%s: an MH folder, which is not read; " MH_INSTEAD,
		               r->name);
	if (!maildir_is(fd))
		return err_set(e, -EISDIR, "%s: a directory, but not a maildir (no cur/ or new/)",
		               r->name);
	if (f != MAIL_UNKNOWN && f != MAIL_MAILDIR)
		return err_set(e, -EISDIR, "%s: a maildir, not %s", r->name, mail_format_name(f));
	return maildir_read(fd, r->name, on_maildir_mail, r, e);
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);
	return n > m && strcasecmp(s + n - m, end) == 0;
}

/* The base name of path when it lies in a cur/ or new/, else NULL. */
static const char *maildir_basename(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;
	if (n < 4 || path[n - 4] != '/')
		return NULL;
	return memcmp(slash - 3, "cur", 3) == 0 || memcmp(slash - 3, "new", 3) == 0 ? slash + 1
	                                                                            : NULL;
}

static int read_file(struct reader *r, const char *path, int fd, enum mail_format f,
                     const struct lock_plan *plan, struct err *e)
{
	const char *base = maildir_basename(path);
	bool single = base && (f == MAIL_UNKNOWN || f == MAIL_EML);

	if (single && maildir_is_trash(base))
		return 0;
	if (f == MAIL_UNKNOWN && (single || ends_with(path, ".eml") || ends_with(path, ".patch")))
		f = MAIL_EML;
	if (f == MAIL_EML || plan == NULL || plan->n == 0)
		return read_fd(r, fd, f, single ? base : NULL, e);
	struct mbox_lock *lock;
	int rc = mbox_lock_open(path, LOCK_TO_READ, plan, &lock, e);
	if (rc < 0)
		return rc;
	rc = read_fd(r, mbox_lock_fd(lock), f, NULL, e);
	mbox_lock_free(lock);
	return rc;
}

static int read_path(struct reader *r, const char *path, enum mail_format f,
                     const struct lock_plan *plan, struct err *e)
{
	int fd = path_fd(path, e);
	bool ours = fd == -1;
	struct stat st;

	if (fd < -1)
		return fd;
	if (ours)
		fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		int rc = err_sys(e, errno, "cannot open %s", path);
		if (ours && fd >= 0)
			close(fd);
		return rc;
	}
	int rc;
	if (S_ISDIR(st.st_mode))
		rc = read_dir(r, fd, f, e);
	else if (S_ISREG(st.st_mode))
		rc = ours ? read_file(r, path, fd, f, plan, e) : read_fd(r, fd, f, NULL, e);
	else if (S_ISBLK(st.st_mode))
		rc = err_set(e, -EINVAL, "%s: a disk, not a file", path);
	else
		rc = read_fd(r, fd, f, NULL, e);
	if (ours)
		close(fd);
	return rc;
}

int mail_read_locked(const char *path, enum mail_format f, const struct lock_plan *lock,
                     mail_sink *sink, void *rock, uint64_t *ret_count, struct err *e)
{
	struct reader r = { .name = path, .sink = sink, .rock = rock, .count = ret_count };
	*ret_count = 0;
	int rc = read_path(&r, path, f, lock, e);
	reader_done(&r);
	return rc;
}

int mail_read_path(const char *path, enum mail_format f, mail_sink *sink, void *rock,
                   uint64_t *ret_count, struct err *e)
{
	return mail_read_locked(path, f, NULL, sink, rock, ret_count, e);
}

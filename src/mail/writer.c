#include "writer.h"

#include "input.h"
#include "maildir_writer.h"
#include "mbox_writer.h"
#include "path.h"
#include "sink.h"

#include "../base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_CHUNK = 64 << 10, HEAD_MAX = 64 << 10 };

struct mail_writer {
	enum mail_format format;
	struct maildir_writer *maildir; /* or the rest */
	struct sink *sink;
	bool recent; /* joins older mail */
	int fd; /* ours; -1 for the caller's */
	char *path; /* the file to replace; NULL when we write to it directly */
	char *tmp; /* what to rename to it, or unlink; NULL while it has no name */
	struct stat before; /* of path; st_nlink 0: it was not there */
	enum writer_mode mode;
};

static bool is_mbox(enum mail_format f)
{
	return f >= MAIL_MBOXRD && f <= MAIL_MBOXCL2;
}

static struct mail_writer *writer_new(enum mail_format f)
{
	struct mail_writer *w = calloc(1, sizeof(*w));
	if (w) {
		w->format = f;
		w->fd = -1;
	}
	return w;
}

static void writer_free(struct mail_writer *w)
{
	sink_free(w->sink);
	if (w->fd >= 0)
		close(w->fd);
	free(w->path);
	free(w->tmp);
	free(w);
}

int mail_writer_fd(int fd, const char *name, enum mail_format f, struct mail_writer **ret,
                   struct err *e)
{
	if (!is_mbox(f))
		return err_set(e, -EINVAL, "cannot write %s to %s", mail_format_name(f), name);
	struct mail_writer *w = writer_new(f);
	if (!w)
		return err_sys(e, ENOMEM, "cannot write %s", name);
	int rc = sink_open(fd, name, false, &w->sink, e);
	if (rc < 0) {
		writer_free(w);
		return rc;
	}
	*ret = w;
	return 0;
}

/* ---- an mbox file ----------------------------------------------------------------------- */

/* The file beside which we write: a symbolic link is followed, not replaced. */
static char *resolve(const char *path, struct stat *st)
{
	struct stat link;
	*st = (struct stat){ 0 };
	if (stat(path, st) < 0)
		return errno == ENOENT ? strdup(path) : NULL;
	if (lstat(path, &link) == 0 && S_ISLNK(link.st_mode))
		return realpath(path, NULL);
	return strdup(path);
}

/* A file without a name, so that nothing stays behind whatever ends us; where the file system
 * has none, one with a name. */
static int open_tmp(struct mail_writer *w, const char *dir)
{
	w->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (w->fd >= 0)
		return 0;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		return -errno;
	if (asprintf(&w->tmp, "%s/.lei-XXXXXX", dir) < 0) {
		w->tmp = NULL;
		return -ENOMEM;
	}
	w->fd = mkostemp(w->tmp, O_CLOEXEC);
	if (w->fd >= 0)
		return 0;
	int rc = -errno;
	free(w->tmp);
	w->tmp = NULL;
	return rc;
}

static int make_tmp(struct mail_writer *w, struct err *e)
{
	char *dir = strdup(w->path);
	mode_t mask = umask(077);
	umask(mask);
	mode_t mode = w->before.st_nlink ? w->before.st_mode & 07777 : 0666 & ~mask;

	int rc = dir ? open_tmp(w, dirname(dir)) : -ENOMEM;
	free(dir);
	if (rc < 0)
		return err_sys(e, -rc, "cannot write beside %s", w->path);
	if (w->before.st_nlink && fchown(w->fd, w->before.st_uid, w->before.st_gid) < 0 &&
	    errno != EPERM)
		return err_sys(e, errno, "cannot give %s its owner", w->path);
	if (fchmod(w->fd, mode) < 0)
		return err_sys(e, errno, "cannot give %s its mode", w->path);
	return 0;
}

/* What is there must be an mbox; a blank file is an empty one. */
static int check_old(struct input *in, bool *ret_empty, struct err *e)
{
	const char *head;
	ssize_t n = input_peek(in, &head, HEAD_MAX, e);
	if (n < 0)
		return (int)n;
	size_t at = 0;
	while (at < (size_t)n && strchr("\r\n \t", head[at]) && head[at])
		at++;
	*ret_empty = at == (size_t)n;
	if (!*ret_empty && !is_mbox(mail_format_sniff(head + at, (size_t)n - at)))
		return err_set(e, -EINVAL, "%s: not an mbox, so nothing is added to it",
		               input_name(in));
	return 0;
}

/* Line ends to add so that an empty line follows the text whose last three bytes these are. */
static size_t missing_newlines(const char last[3])
{
	if (last[2] != '\n')
		return 2;
	return last[1] == '\n' || (last[1] == '\r' && last[0] == '\n') ? 0 : 1;
}

/* Old mail first, then the empty line that a "From " line wants before it. */
static int copy_old(struct mail_writer *w, struct input *in, struct err *e)
{
	char *chunk = malloc(COPY_CHUNK);
	char last[3] = { 0 };
	ssize_t n = 0;

	if (!chunk)
		return err_sys(e, ENOMEM, "cannot read %s", w->path);
	while (n == 0 && (n = input_read(in, chunk, COPY_CHUNK, e)) > 0) {
		for (ssize_t i = n < 3 ? 0 : n - 3; i < n; i++) {
			memmove(last, last + 1, 2);
			last[2] = chunk[i];
		}
		n = sink_add(w->sink, chunk, (size_t)n, e);
		if (n < 0)
			break;
	}
	free(chunk);
	return n < 0 ? (int)n : sink_add(w->sink, "\n\n", missing_newlines(last), e);
}

static int take_over(struct mail_writer *w, struct err *e)
{
	struct input *in = NULL;
	bool empty = true;
	int fd = open(w->path, O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 ? err_sys(e, errno, "cannot read %s", w->path) : 0;
	if (rc == 0 && fstat(fd, &w->before) < 0)
		rc = err_sys(e, errno, "cannot read %s", w->path);
	if (rc == 0)
		rc = input_open(fd, w->path, &in, e);
	if (rc == 0)
		rc = check_old(in, &empty, e);
	if (rc == 0 && !empty)
		rc = copy_old(w, in, e);
	w->recent = !empty && w->mode == WRITER_AUGMENT;
	input_close(in);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* ".gz" and others at the end of a name. */
static bool has_suffix(const char *path, const char *suffix)
{
	size_t n = strlen(path), m = strlen(suffix);
	return n > m && strcasecmp(path + n - m, suffix) == 0;
}

static int open_special(struct mail_writer *w, const char *path, bool gzip, struct err *e)
{
	if (w->mode != WRITER_REPLACE)
		return err_set(e, -ESPIPE, "%s: not a regular file, nothing can be added to it",
		               path);
	w->fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (w->fd < 0)
		return err_sys(e, errno, "cannot write %s", path);
	return sink_open(w->fd, path, gzip, &w->sink, e);
}

static int open_file(struct mail_writer *w, const char *path, struct err *e)
{
	static const char *const unwritten[] = { ".bz2", ".xz", ".zst" };
	for (size_t i = 0; i < sizeof(unwritten) / sizeof(*unwritten); i++)
		if (has_suffix(path, unwritten[i]))
			return err_set(e, -ENOTSUP, "%s: cannot write %s (only .gz)", path,
			               unwritten[i]);
	bool gzip = has_suffix(path, ".gz");

	w->path = resolve(path, &w->before);
	if (!w->path)
		return err_sys(e, errno, "cannot write %s", path);
	bool there = w->before.st_nlink > 0;
	if (there && S_ISDIR(w->before.st_mode))
		return err_sys(e, EISDIR, "cannot write %s", path);
	if (there && !S_ISREG(w->before.st_mode)) {
		free(w->path);
		w->path = NULL;
		return open_special(w, path, gzip, e);
	}
	if (there && access(w->path, W_OK) < 0)
		return err_sys(e, errno, "cannot write %s", path);
	int rc = make_tmp(w, e);
	if (rc == 0)
		rc = sink_open(w->fd, path, gzip, &w->sink, e);
	if (rc == 0 && w->mode != WRITER_REPLACE && there)
		rc = take_over(w, e);
	return rc;
}

/* Without a format: a Maildir, unless a file is there. */
static int choose(const char *path, enum mail_format *f, struct err *e)
{
	struct stat st;
	if (*f == MAIL_UNKNOWN && stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		return err_set(e, -EINVAL, "%s: a file, so name its format (mboxrd:%s)", path,
		               path);
	if (*f == MAIL_UNKNOWN)
		*f = MAIL_MAILDIR;
	return 0;
}

int mail_writer_path(const char *path, enum mail_format f, enum writer_mode mode,
                     struct mail_writer **ret, struct err *e)
{
	int rc = choose(path, &f, e);
	if (rc < 0)
		return rc;
	if (f != MAIL_MAILDIR && !is_mbox(f))
		return err_set(e, -EINVAL, "cannot write %s to %s", mail_format_name(f), path);
	int fd = path_fd(path, e);
	if (fd < -1)
		return fd;
	if (f != MAIL_MAILDIR && fd >= 0 && mode == WRITER_REPLACE)
		return mail_writer_fd(fd, path, f, ret, e);

	struct mail_writer *w = writer_new(f);
	if (!w)
		return err_sys(e, ENOMEM, "cannot write %s", path);
	w->mode = mode;
	rc = f == MAIL_MAILDIR ? maildir_writer_open(path, mode, &w->maildir, e)
	                       : open_file(w, path, e);
	if (rc < 0) {
		mail_writer_abort(w);
		return rc;
	}
	*ret = w;
	return 0;
}

void mail_writer_tell(struct mail_writer *w, mail_written_fn *fn, void *rock)
{
	if (w->maildir)
		maildir_writer_tell(w->maildir, fn, rock);
}

int mail_writer_put(struct mail_writer *w, const struct out_mail *m, struct err *e)
{
	return w->maildir ? maildir_writer_put(w->maildir, m, e)
	                  : mbox_write(w->sink, w->format, m, w->recent, e);
}

/* Mail that arrived since we copied the file would be lost by the rename. */
static int unchanged(const struct mail_writer *w, struct err *e)
{
	struct stat now;
	const struct stat *was = &w->before;
	if (w->mode == WRITER_REPLACE || !was->st_nlink)
		return 0;
	if (stat(w->path, &now) < 0)
		return err_sys(e, errno, "cannot write %s", w->path);
	if (now.st_ino == was->st_ino && now.st_dev == was->st_dev && now.st_size == was->st_size &&
	    now.st_mtim.tv_sec == was->st_mtim.tv_sec &&
	    now.st_mtim.tv_nsec == was->st_mtim.tv_nsec)
		return 0;
	return err_set(e, -EBUSY, "%s: changed meanwhile, so it is left as it is", w->path);
}

static int sync_dir_of(const char *path)
{
	char *copy = strdup(path);
	int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int rc = fd < 0 || fsync(fd) < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	free(copy);
	return rc;
}

/* A name for what open_tmp opened without one; rename() alone can replace a file. */
static int name_tmp(struct mail_writer *w)
{
	char link[64], *path = strdup(w->path);
	const char *dir = path ? dirname(path) : NULL;
	int rc = dir ? -EEXIST : -ENOMEM;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", w->fd);
	for (int try = 0; rc == -EEXIST && try < 100; try++) {
		free(w->tmp);
		if (asprintf(&w->tmp, "%s/.lei-%d-%d", dir, (int)getpid(), try) < 0) {
			w->tmp = NULL;
			rc = -ENOMEM;
		} else {
			rc = linkat(AT_FDCWD, link, AT_FDCWD, w->tmp, AT_SYMLINK_FOLLOW) < 0
			         ? -errno
			         : 0;
		}
	}
	if (rc < 0) {
		free(w->tmp);
		w->tmp = NULL;
	}
	free(path);
	return rc;
}

static int replace_file(struct mail_writer *w, struct err *e)
{
	if (fsync(w->fd) < 0)
		return err_sys(e, errno, "cannot write %s", w->path);
	int rc = unchanged(w, e);
	if (rc < 0)
		return rc;
	rc = w->tmp ? 0 : name_tmp(w);
	if (rc < 0)
		return err_sys(e, -rc, "cannot replace %s", w->path);
	if (rename(w->tmp, w->path) < 0)
		return err_sys(e, errno, "cannot replace %s", w->path);
	free(w->tmp);
	w->tmp = NULL;
	rc = sync_dir_of(w->path);
	return rc < 0 ? err_sys(e, -rc, "cannot sync the directory of %s", w->path) : 0;
}

int mail_writer_close(struct mail_writer *w, struct err *e)
{
	int rc;
	if (w->maildir) {
		rc = maildir_writer_close(w->maildir, e);
		w->maildir = NULL;
	} else {
		rc = sink_finish(w->sink, e);
		if (rc == 0 && w->path)
			rc = replace_file(w, e);
	}
	mail_writer_abort(w);
	return rc;
}

void mail_writer_abort(struct mail_writer *w)
{
	if (!w)
		return;
	maildir_writer_abort(w->maildir);
	if (w->tmp)
		unlink(w->tmp);
	writer_free(w);
}

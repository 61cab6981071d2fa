#include "outfile.h"

#include "format.h"
#include "input.h"
#include "mbox_lock.h"
#include "staged.h"

#include "../base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_CHUNK = 64 << 10, HEAD_MAX = 64 << 10 };

struct outfile {
	enum outfile_kind kind;
	enum writer_mode mode;
	struct sink *sink;
	bool joins;
	int fd;
	char *name; /* as the user calls it */
	char *path; /* the file to replace; NULL when we write to it directly */
	char *tmp; /* what to rename to it, or unlink; NULL while it has no name */
	struct mbox_lock *lock;
	struct stat before; /* of path */
	mail_staged_fn *staged; /* may be NULL */
	void *staged_rock;
};

/* A file without a name, so that nothing stays behind whatever ends us; where the file system
 * has none, one with a name. */
static int open_tmp(struct outfile *o, const char *dir)
{
	o->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (o->fd >= 0)
		return 0;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		return -errno;
	if (asprintf(&o->tmp, "%s/.lei-XXXXXX", dir) < 0) {
		o->tmp = NULL;
		return -ENOMEM;
	}
	o->fd = mkostemp(o->tmp, O_CLOEXEC);
	if (o->fd >= 0)
		return 0;
	int rc = -errno;
	free(o->tmp);
	o->tmp = NULL;
	return rc;
}

static int make_tmp(struct outfile *o, struct err *e)
{
	char *dir = strdup(o->path);
	int rc = dir ? open_tmp(o, dirname(dir)) : -ENOMEM;
	free(dir);
	if (rc < 0)
		return err_sys(e, -rc, "cannot write beside %s", o->name);
	if (fchown(o->fd, o->before.st_uid, o->before.st_gid) < 0 && errno != EPERM)
		return err_sys(e, errno, "cannot give %s its owner", o->name);
	if (fchmod(o->fd, o->before.st_mode & 07777) < 0)
		return err_sys(e, errno, "cannot give %s its mode", o->name);
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
	if (!*ret_empty && !mail_format_is_mbox(mail_format_sniff(head + at, (size_t)n - at)))
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

/* What is there first; in an mbox then the empty line that a "From " line wants before it. */
static int copy_old(struct outfile *o, struct input *in, struct err *e)
{
	char *chunk = malloc(COPY_CHUNK);
	char last[3] = { 0 };
	ssize_t n = 0;

	if (!chunk)
		return err_sys(e, ENOMEM, "cannot read %s", o->name);
	while (n == 0 && (n = input_read(in, chunk, COPY_CHUNK, e)) > 0) {
		for (ssize_t i = n < 3 ? 0 : n - 3; i < n; i++) {
			memmove(last, last + 1, 2);
			last[2] = chunk[i];
		}
		n = sink_add(o->sink, chunk, (size_t)n, e);
		if (n < 0)
			break;
	}
	free(chunk);
	if (n < 0 || o->kind != OUTFILE_MBOX)
		return (int)n;
	return sink_add(o->sink, "\n\n", missing_newlines(last), e);
}

static int take_over(struct outfile *o, struct err *e)
{
	struct input *in = NULL;
	bool empty = o->before.st_size == 0;
	if (empty)
		return 0;
	int fd = mbox_lock_fd(o->lock);
	int rc = input_open(fd, o->name, &in, e);
	if (rc == 0 && o->kind == OUTFILE_MBOX)
		rc = check_old(in, &empty, e);
	if (rc == 0 && !empty)
		rc = copy_old(o, in, e);
	o->joins = !empty;
	input_close(in);
	return rc;
}

static int open_special(struct outfile *o, const char *path, const struct sink_opts *how,
                        struct err *e)
{
	if (o->mode != WRITER_REPLACE)
		return err_set(e, -ESPIPE, "%s: not a regular file, nothing can be added to it",
		               path);
	o->fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (o->fd < 0)
		return err_sys(e, errno, "cannot write %s", path);
	return sink_open(o->fd, path, how, &o->sink, e);
}

static int open_regular(struct outfile *o, const char *path, const struct writer_opts *opts,
                        const struct sink_opts *how, struct err *e)
{
	int rc = mbox_lock_open(path, LOCK_TO_WRITE, opts->lock, &o->lock, e);
	if (rc < 0)
		return rc;
	o->path = strdup(mbox_lock_path(o->lock));
	if (!o->path || fstat(mbox_lock_fd(o->lock), &o->before) < 0)
		return err_sys(e, o->path ? errno : ENOMEM, "cannot write %s", path);
	if (!S_ISREG(o->before.st_mode)) /* whatever it was a moment ago: no device is replaced */
		return err_set(e, -EINVAL, "%s: not a regular file", path);
	rc = make_tmp(o, e);
	if (rc == 0)
		rc = sink_open(o->fd, path, how, &o->sink, e);
	if (rc == 0 && o->mode != WRITER_REPLACE)
		rc = take_over(o, e);
	return rc;
}

static int open_any(struct outfile *o, const char *path, const struct writer_opts *opts,
                    struct err *e)
{
	const struct sink_opts how = { compression_of(path), opts->rsyncable };
	struct stat st;
	bool there = stat(path, &st) == 0;
	if (!there && errno != ENOENT)
		return err_sys(e, errno, "cannot write %s", path);
	if (!there || S_ISREG(st.st_mode))
		return open_regular(o, path, opts, &how, e);
	if (S_ISDIR(st.st_mode))
		return err_sys(e, EISDIR, "cannot write %s", path);
	return open_special(o, path, &how, e);
}

int outfile_open(const char *path, enum outfile_kind kind, const struct writer_opts *opts,
                 struct outfile **ret, struct err *e)
{
	struct outfile *o = calloc(1, sizeof(*o));
	if (!o)
		return err_sys(e, ENOMEM, "cannot write %s", path);
	o->kind = kind;
	o->mode = opts->mode;
	o->fd = -1;
	o->name = strdup(path);
	int rc = o->name ? open_any(o, path, opts, e) : err_sys(e, ENOMEM, "cannot write %s", path);
	if (rc < 0)
		outfile_abort(o);
	else
		*ret = o;
	return rc;
}

struct sink *outfile_sink(struct outfile *o)
{
	return o->sink;
}

void outfile_staged(struct outfile *o, mail_staged_fn *fn, void *rock)
{
	o->staged = fn;
	o->staged_rock = rock;
}

bool outfile_joins(const struct outfile *o)
{
	return o->joins;
}

/* Mail that arrived since we copied the file would be lost by the rename. */
static int unchanged(const struct outfile *o, struct err *e)
{
	struct stat now;
	const struct stat *was = &o->before;
	if (o->mode == WRITER_REPLACE)
		return 0;
	if (stat(o->path, &now) < 0)
		return err_sys(e, errno, "cannot write %s", o->name);
	if (now.st_ino == was->st_ino && now.st_dev == was->st_dev && now.st_size == was->st_size &&
	    now.st_mtim.tv_sec == was->st_mtim.tv_sec &&
	    now.st_mtim.tv_nsec == was->st_mtim.tv_nsec)
		return 0;
	return err_set(e, -EBUSY, "%s: changed meanwhile, so it is left as it is", o->name);
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
static int name_tmp(struct outfile *o)
{
	char link[64], *path = strdup(o->path);
	const char *dir = path ? dirname(path) : NULL;
	int rc = dir ? -EEXIST : -ENOMEM;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", o->fd);
	for (int try = 0; rc == -EEXIST && try < 100; try++) {
		free(o->tmp);
		if (asprintf(&o->tmp, "%s/.lei-%d-%d", dir, (int)getpid(), try) < 0) {
			o->tmp = NULL;
			rc = -ENOMEM;
		} else {
			rc = linkat(AT_FDCWD, link, AT_FDCWD, o->tmp, AT_SYMLINK_FOLLOW) < 0
			         ? -errno
			         : 0;
		}
	}
	if (rc < 0) {
		free(o->tmp);
		o->tmp = NULL;
	}
	free(path);
	return rc;
}

static int tell_staged(const struct outfile *o, struct err *e)
{
	char token[STAGED_TOKEN_MAX];
	if (!o->staged)
		return 0;
	int rc = staged_token(o->fd, token);
	return rc < 0 ? err_sys(e, -rc, "cannot write %s", o->name)
	              : o->staged(o->staged_rock, token, e);
}

static int replace_file(struct outfile *o, struct err *e)
{
	if (fsync(o->fd) < 0)
		return err_sys(e, errno, "cannot write %s", o->name);
	int rc = unchanged(o, e);
	if (rc == 0)
		rc = tell_staged(o, e);
	if (rc < 0)
		return rc;
	rc = o->tmp ? 0 : name_tmp(o);
	if (rc < 0)
		return err_sys(e, -rc, "cannot replace %s", o->name);
	if (rename(o->tmp, o->path) < 0)
		return err_sys(e, errno, "cannot replace %s", o->name);
	free(o->tmp);
	o->tmp = NULL;
	rc = sync_dir_of(o->path);
	return rc < 0 ? err_sys(e, -rc, "cannot sync the directory of %s", o->name) : 0;
}

int outfile_close(struct outfile *o, struct err *e)
{
	int rc = sink_finish(o->sink, e);
	if (rc == 0 && o->path)
		rc = replace_file(o, e);
	outfile_abort(o);
	return rc;
}

void outfile_abort(struct outfile *o)
{
	if (!o)
		return;
	if (o->tmp)
		unlink(o->tmp);
	if (o->lock)
		mbox_lock_unmake(o->lock);
	mbox_lock_free(o->lock);
	sink_free(o->sink);
	if (o->fd >= 0)
		close(o->fd);
	free(o->name);
	free(o->path);
	free(o->tmp);
	free(o);
}

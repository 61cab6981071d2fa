#include "writer.h"

#include "maildir_writer.h"
#include "mbox_writer.h"
#include "outfile.h"
#include "path.h"
#include "sink.h"

#include "../base/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct mail_writer {
	enum mail_format format;
	struct maildir_writer *maildir; /* one of these */
	struct outfile *file;
	struct sink *stream; /* to the caller's descriptor */
	bool recent; /* joins older mail */
	size_t count; /* of a file or stream */
};

static struct mail_writer *writer_new(enum mail_format f)
{
	struct mail_writer *w = calloc(1, sizeof(*w));
	if (w)
		w->format = f;
	return w;
}

int mail_writer_fd(int fd, const char *name, enum mail_format f, struct mail_writer **ret,
                   struct err *e)
{
	if (!mail_format_is_mbox(f))
		return err_set(e, -EINVAL, "cannot write %s to %s", mail_format_name(f), name);
	struct mail_writer *w = writer_new(f);
	if (!w)
		return err_sys(e, ENOMEM, "cannot write %s", name);
	int rc = sink_open(fd, name, NULL, &w->stream, e);
	if (rc < 0)
		mail_writer_abort(w);
	else
		*ret = w;
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

static int open_file(struct mail_writer *w, const char *path, const struct writer_opts *opts,
                     struct err *e)
{
	int rc = outfile_open(path, OUTFILE_MBOX, opts, &w->file, e);
	if (rc == 0)
		w->recent = opts->mode == WRITER_UPDATE ||
		            (opts->mode == WRITER_AUGMENT && outfile_joins(w->file));
	return rc;
}

int mail_writer_path(const char *path, enum mail_format f, const struct writer_opts *opts,
                     struct mail_writer **ret, struct err *e)
{
	int rc = choose(path, &f, e);
	if (rc < 0)
		return rc;
	if (f != MAIL_MAILDIR && !mail_format_is_mbox(f))
		return err_set(e, -EINVAL, "cannot write %s to %s", mail_format_name(f), path);
	int fd = path_fd(path, e);
	if (fd < -1)
		return fd;
	if (f != MAIL_MAILDIR && fd >= 0)
		return mail_writer_fd(fd, path, f, ret, e);

	struct mail_writer *w = writer_new(f);
	if (!w)
		return err_sys(e, ENOMEM, "cannot write %s", path);
	rc = f == MAIL_MAILDIR ? maildir_writer_open(path, opts->mode, &w->maildir, e)
	                       : open_file(w, path, opts, e);
	if (rc < 0)
		mail_writer_abort(w);
	else
		*ret = w;
	return rc;
}

void mail_writer_tell(struct mail_writer *w, mail_written_fn *fn, void *rock)
{
	if (w->maildir)
		maildir_writer_tell(w->maildir, fn, rock);
}

void mail_writer_staged(struct mail_writer *w, mail_staged_fn *fn, void *rock)
{
	if (w->maildir)
		maildir_writer_staged(w->maildir, fn, rock);
	if (w->file)
		outfile_staged(w->file, fn, rock);
}

size_t mail_writer_count(const struct mail_writer *w)
{
	return w->maildir ? maildir_writer_count(w->maildir) : w->count;
}

int mail_writer_put(struct mail_writer *w, const struct out_mail *m, struct err *e)
{
	if (w->maildir)
		return maildir_writer_put(w->maildir, m, e);
	int rc = mbox_write(w->file ? outfile_sink(w->file) : w->stream, w->format, m, w->recent,
	                    e);
	w->count += rc == 0;
	return rc;
}

int mail_writer_close(struct mail_writer *w, struct err *e)
{
	int rc = w->maildir ? maildir_writer_close(w->maildir, e)
	         : w->file  ? outfile_close(w->file, e)
	                    : sink_finish(w->stream, e);
	w->maildir = NULL;
	w->file = NULL;
	mail_writer_abort(w);
	return rc;
}

void mail_writer_abort(struct mail_writer *w)
{
	if (!w)
		return;
	maildir_writer_abort(w->maildir);
	outfile_abort(w->file);
	sink_free(w->stream);
	free(w);
}

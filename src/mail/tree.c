/* See tree.h. */
#include "tree.h"

#include "../base/buf.h"
#include "../base/err.h"
#include "maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 64 };

struct walk {
	tree_fn *fn;
	void *rock;
	struct buf path;
};

static bool is_dir(int fd, const struct dirent *de)
{
	struct stat st;

	if (de->d_type != DT_UNKNOWN)
		return de->d_type == DT_DIR;
	return fstatat(fd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static bool is_own(const char *name) /* of a Maildir */
{
	return strcmp(name, "cur") == 0 || strcmp(name, "new") == 0 || strcmp(name, "tmp") == 0;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int walk(struct walk *k, int depth, struct err *e);

static int walk_below(struct walk *k, DIR *d, int depth, struct err *e)
{
	bool maildir = maildir_is(dirfd(d));
	size_t len = k->path.len;
	int rc = 0;

	for (struct dirent *de; rc == 0 && (de = readdir(d));) {
		if (is_dots(de->d_name) || (maildir && is_own(de->d_name)) || !is_dir(dirfd(d), de))
			continue;
		buf_addc(&k->path, '/');
		buf_adds(&k->path, de->d_name);
		rc = walk(k, depth + 1, e);
		k->path.len = len;
	}
	return rc;
}

/* What vanishes meanwhile, or is not ours to read, holds nothing for us. */
static int walk(struct walk *k, int depth, struct err *e)
{
	const char *path = buf_cstr(&k->path);

	if (!buf_ok(&k->path))
		return err_sys(e, ENOMEM, "cannot look for Maildirs");
	int rc = k->fn(k->rock, path, e);
	if (rc || depth == DEPTH_MAX)
		return rc;
	int fd = open(path, O_RDONLY | O_DIRECTORY | (depth ? O_NOFOLLOW : 0) | O_CLOEXEC);
	if (fd < 0)
		return depth ? 0 : err_sys(e, errno, "cannot open %s", path);
	DIR *d = fdopendir(fd);
	if (!d) {
		close(fd);
		return err_sys(e, ENOMEM, "cannot read %s", path);
	}
	rc = walk_below(k, d, depth, e);
	closedir(d);
	return rc;
}

int tree_walk(const char *path, tree_fn *fn, void *rock, struct err *e)
{
	struct walk k = { .fn = fn, .rock = rock };

	buf_adds(&k.path, path);
	int rc = walk(&k, 0, e);
	buf_free(&k.path);
	return rc;
}

/* DEST/store.sqlite3.part is written, made durable, and renamed to DEST/store.sqlite3.  What is left of a
 * backup that was killed is overwritten by the next. */
#include "backup.h"

#include "../base/err.h"
#include "db.h"
#include "search.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART DB_FILE ".part"

struct backup {
	const char *dest;
	int dirfd, part; /* -1 until open */
	bool made; /* the directory is ours */
};

static bool same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

/* A log beside a store has what is not in its file yet: it is in use, or was cut off. */
static int check_dest(const struct backup *b, bool force, struct err *e)
{
	struct stat st;

	if (fstatat(b->dirfd, DB_FILE "-wal", &st, 0) == 0)
		return err_set(e, -EBUSY, "%s: the store there is in use, or was not closed",
		               b->dest);
	if (!force && fstatat(b->dirfd, DB_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return err_set(e, -EEXIST, "%s: there is a store already; --force replaces it",
		               b->dest);
	return 0;
}

static int open_dest(struct backup *b, const char *dir, bool force, struct err *e)
{
	b->made = mkdir(b->dest, 0700) == 0;
	if (!b->made && errno != EEXIST)
		return err_sys(e, errno, "cannot make %s", b->dest);
	b->dirfd = open(b->dest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->dirfd < 0)
		return err_sys(e, errno, "cannot open %s", b->dest);
	if (same_file(dir, b->dest))
		return err_set(e, -EINVAL, "%s is the store itself", b->dest);
	int rc = check_dest(b, force, e);
	if (rc)
		return rc;
	b->part = openat(b->dirfd, PART, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (b->part < 0)
		return err_sys(e, errno, "cannot make %s/" PART, b->dest);
	if (flock(b->part, LOCK_EX | LOCK_NB) < 0) {
		rc = err_set(e, -EBUSY, "%s: another backup is on its way there", b->dest);
		close(b->part);
		b->part = -1;
		return rc;
	}
	return ftruncate(b->part, 0) < 0 ? err_sys(e, errno, "cannot empty %s/" PART, b->dest) : 0;
}

static int copy(const char *dir, const struct backup *b, struct err *e)
{
	char path[PATH_MAX];
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;

	if ((size_t)snprintf(path, sizeof(path), "%s/" PART, b->dest) >= sizeof(path))
		return err_sys(e, ENAMETOOLONG, "%s", b->dest);
	int rc = db_open_read(dir, &db, e);
	if (rc >= 0)
		rc = db_prepare(db, "VACUUM INTO ?1", &st, e);
	if (rc == 0)
		sqlite3_bind_text(st, 1, path, -1, SQLITE_STATIC);
	if (rc == 0 && db_run(st) != SQLITE_OK)
		rc = db_error(db, e, "cannot copy");
	sqlite3_finalize(st);
	sqlite3_close(db);
	return rc;
}

/* The file first, then its name, then the directory's own name. */
static int settle(const struct backup *b, uint64_t *ret_bytes, struct err *e)
{
	struct stat st;
	int up = -1, rc = 0;

	if (fsync(b->part) < 0 || fstat(b->part, &st) < 0)
		return err_sys(e, errno, "cannot sync %s/" PART, b->dest);
	if (renameat(b->dirfd, PART, b->dirfd, DB_FILE) < 0)
		return err_sys(e, errno, "cannot name %s/" DB_FILE, b->dest);
	up = openat(b->dirfd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fsync(b->dirfd) < 0 || (up >= 0 && fsync(up) < 0))
		rc = err_sys(e, errno, "cannot sync %s", b->dest);
	if (up >= 0)
		close(up);
	*ret_bytes = (uint64_t)st.st_size;
	return rc;
}

int store_backup(const char *dir, const char *dest, bool force, uint64_t *ret_bytes, struct err *e)
{
	struct backup b = { .dest = dest, .dirfd = -1, .part = -1 };
	int rc = store_check_place(dest, e);

	if (!rc)
		rc = open_dest(&b, dir, force, e);
	if (!rc)
		rc = copy(dir, &b, e);
	if (!rc)
		rc = settle(&b, ret_bytes, e);
	if (rc && b.part >= 0)
		unlinkat(b.dirfd, PART, 0);
	if (b.part >= 0)
		close(b.part);
	if (b.dirfd >= 0)
		close(b.dirfd);
	if (rc && b.made)
		rmdir(dest);
	return rc;
}

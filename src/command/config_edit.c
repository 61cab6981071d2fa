/* See config_edit.h. */
#include "config_edit.h"

#include "config.h"

#include "../base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GIT_NOTHING_TO_UNSET = 5 }; /* its exit status */

/* Where the file is, behind symbolic links; it need not be there. */
static int find_file(const struct cmd *c, struct buf *out, struct err *e)
{
	struct buf path = { 0 };
	int rc = config_path(c, &path, e);
	if (rc == 0)
		rc = config_make_dir(path.data, e);
	if (rc == 0) {
		char *real = realpath(path.data, NULL);
		buf_adds(out, real != NULL ? real : path.data);
		buf_cstr(out);
		free(real);
	}
	buf_free(&path);
	return rc == 0 && !buf_ok(out) ? err_set(e, -ENOMEM, "out of memory") : rc;
}

static int take_turn(const char *path, int *ret, struct err *e)
{
	char *dir = strndup(path, (size_t)(strrchr(path, '/') - path) + 1);
	int fd = dir != NULL ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int rc = fd < 0 ? err_sys(e, errno, "open the directory of %s", path) : 0;
	free(dir);
	while (rc == 0 && flock(fd, LOCK_EX) < 0) {
		if (errno != EINTR)
			rc = err_sys(e, errno, "lock the directory of %s", path);
	}
	if (rc < 0 && fd >= 0)
		close(fd);
	else
		*ret = fd;
	return rc;
}

static int copy(int from, int to, const char *path, struct err *e)
{
	char data[4096];
	ssize_t n;
	while ((n = read(from, data, sizeof(data))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, errno, "read %s", path);
		int rc = io_write_all(to, data, (size_t)n);
		if (rc < 0)
			return err_sys(e, -rc, "write %s.lock", path);
	}
	return 0;
}

static int fill(const char *path, int to, struct err *e)
{
	struct stat st;
	int from = open(path, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return errno == ENOENT ? 0 : err_sys(e, errno, "%s", path);
	int rc = fstat(from, &st) < 0 || fchmod(to, st.st_mode & 0777) < 0
	             ? err_sys(e, errno, "%s.lock", path)
	             : copy(from, to, path, e);
	close(from);
	return rc;
}

static int make_lock(struct config_edit *ed, struct err *e)
{
	int fd = open(ed->lock.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return err_set(e, -EEXIST,
		               "%s is there: another program changes the config; if there is none, "
		               "remove that file",
		               ed->lock.data);
	if (fd < 0)
		return err_sys(e, errno, "%s", ed->lock.data);
	int rc = fill(ed->path.data, fd, e);
	close(fd);
	if (rc < 0)
		unlink(ed->lock.data);
	return rc;
}

/* A lock that nobody owns any more would stop everybody. */
static void hold_signals(struct config_edit *ed)
{
	sigset_t held;
	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGHUP);
	sigprocmask(SIG_BLOCK, &held, &ed->signals);
}

static void end(struct config_edit *ed)
{
	sigprocmask(SIG_SETMASK, &ed->signals, NULL);
	if (ed->turn >= 0)
		close(ed->turn);
	buf_free(&ed->path);
	buf_free(&ed->lock);
}

int config_edit_begin(const struct cmd *c, struct config_edit *ed, struct err *e)
{
	*ed = (struct config_edit){ .turn = -1 };
	sigprocmask(SIG_BLOCK, NULL, &ed->signals);
	int rc = find_file(c, &ed->path, e);
	if (rc == 0) {
		buf_addf(&ed->lock, "%s.lock", ed->path.data);
		buf_cstr(&ed->lock);
		rc = buf_ok(&ed->lock) ? 0 : err_set(e, -ENOMEM, "out of memory");
	}
	if (rc == 0)
		rc = take_turn(ed->path.data, &ed->turn, e);
	hold_signals(ed);
	if (rc == 0)
		rc = make_lock(ed, e);
	if (rc < 0)
		end(ed);
	return rc;
}

/* `word` and what belongs to it (NULL: nothing); `missing`: nothing to change is fine, too. */
static int run(struct config_edit *ed, const char *word, const char *key, const char *value,
               bool missing, struct err *e)
{
	const char *argv[] = { "git", "config", "-f", ed->lock.data, word, key, value, NULL };
	int rc = run_program(argv, NULL, e);
	if (rc <= 0 || (missing && rc == GIT_NOTHING_TO_UNSET))
		return rc < 0 ? rc : 0;
	return err_set(e, -EIO, "git config could not change %s", ed->path.data);
}

static int run_key(struct config_edit *ed, const char *word, const char *section, const char *name,
                   const char *value, bool missing, struct err *e)
{
	struct buf key = { 0 };
	buf_addf(&key, "%s.%s", section, name);
	int rc = run(ed, word, buf_cstr(&key), value, missing, e);
	buf_free(&key);
	return rc;
}

int config_edit_set(struct config_edit *ed, const char *section, const char *name,
                    const char *value, struct err *e)
{
	return run_key(ed, "--replace-all", section, name, value, false, e);
}

int config_edit_add(struct config_edit *ed, const char *section, const char *name,
                    const char *value, struct err *e)
{
	return run_key(ed, "--add", section, name, value, false, e);
}

int config_edit_unset(struct config_edit *ed, const char *section, const char *name, struct err *e)
{
	return run_key(ed, "--unset-all", section, name, NULL, true, e);
}

int config_edit_remove(struct config_edit *ed, const char *section, struct err *e)
{
	return run(ed, "--remove-section", section, NULL, false, e);
}

int config_edit_commit(struct config_edit *ed, struct err *e)
{
	int fd = open(ed->lock.data, O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) < 0 || rename(ed->lock.data, ed->path.data) < 0 ||
	                 fsync(ed->turn) < 0
	             ? err_sys(e, errno, "write %s", ed->path.data)
	             : 0;
	if (fd >= 0)
		close(fd);
	if (rc < 0)
		unlink(ed->lock.data);
	end(ed);
	return rc;
}

void config_edit_abort(struct config_edit *ed)
{
	unlink(ed->lock.data);
	end(ed);
}

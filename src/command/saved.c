/* See saved.h. */
#include "saved.h"

#include "config.h"
#include "program.h"

#include "../base/io.h"
#include "../mail/format.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- settings ---- */

bool saved_next(const struct saved *s, size_t *at, struct saved_setting *ret)
{
	if (*at >= s->list.len)
		return false;
	const char *record = s->list.data + *at;
	size_t len = strlen(record);
	const char *end = memchr(record, '\n', len);
	*ret = (struct saved_setting){ .key = record,
		                       .key_len = end != NULL ? (size_t)(end - record) : len,
		                       .value = end != NULL ? end + 1 : NULL };
	*at += len + 1;
	return true;
}

bool saved_is(const struct saved_setting *set, const char *key)
{
	return strlen(key) == set->key_len && memcmp(set->key, key, set->key_len) == 0;
}

static int check_format(const char *output, const char **ret_path)
{
	enum mail_format f = mail_format_split(output, ret_path);
	return f == MAIL_UNKNOWN || f == MAIL_EML || (*ret_path)[0] != '/' ? -EINVAL : 0;
}

/* There are words to search for, and one output. */
static int check(struct saved *s, const char *file, struct err *e)
{
	struct saved_setting set;
	const char *output = NULL;
	bool words = false;
	size_t outputs = 0;
	for (size_t at = 0; saved_next(s, &at, &set);) {
		words = words || (saved_is(&set, "lei.q") && set.value != NULL);
		if (saved_is(&set, "lei.q.output") && set.value != NULL) {
			output = set.value;
			outputs++;
		}
	}
	if (!words || outputs == 0)
		return err_set(e, -EINVAL, "%s/%s: it has no %s", s->dir.data, file,
		               words ? "lei.q.output" : "lei.q");
	if (outputs > 1)
		return err_set(e, -EINVAL, "%s/%s: it has more than one lei.q.output", s->dir.data,
		               file);
	if (check_format(output, &s->path) < 0)
		return err_set(e, -EINVAL, "%s/%s: lei.q.output is not FORMAT:/PATH, but %s",
		               s->dir.data, file, output);
	s->output = output;
	return 0;
}

/* "fatal: bad config line 3 in file F" */
static int cannot_read(const char *file, struct buf *said, struct err *e)
{
	const char *why = buf_cstr(said);
	said->len = strcspn(why, "\n");
	why = buf_cstr(said);
	if (strncmp(why, "fatal: ", strlen("fatal: ")) == 0)
		why += strlen("fatal: ");
	return err_set(e, -EINVAL, "%s: git config cannot read it: %s", file, why);
}

static int read_list(struct saved *s, const char *name, struct err *e)
{
	struct buf file = { 0 }, said = { 0 };
	buf_addf(&file, "%s/%s", s->dir.data, name);
	int rc = access(buf_cstr(&file), R_OK) < 0 ? err_sys(e, errno, "%s", file.data) : 0;
	if (rc == 0) {
		const char *argv[] = { "git", "config",  "-z",     "--no-includes",
			               "-f",  file.data, "--list", NULL };
		rc = program_run(&(struct program){ .argv = argv, .out = &s->list, .err = &said },
		                 e);
		if (rc > 0)
			rc = cannot_read(file.data, &said, e);
	}
	buf_cstr(&s->list);
	buf_free(&file);
	buf_free(&said);
	return rc == 0 && !buf_ok(&s->list) ? err_set(e, -ENOMEM, "out of memory") : rc;
}

int saved_load(const char *dir, struct saved *ret, struct err *e)
{
	return saved_load_as(dir, SAVED_FILE, ret, e);
}

int saved_load_as(const char *dir, const char *file, struct saved *ret, struct err *e)
{
	struct saved s = { 0 };
	buf_adds(&s.dir, dir);
	buf_cstr(&s.dir);
	int rc = buf_ok(&s.dir) ? read_list(&s, file, e) : err_set(e, -ENOMEM, "out of memory");
	if (rc == 0)
		rc = check(&s, file, e);
	if (rc < 0)
		saved_free(&s);
	else
		*ret = s;
	return rc;
}

void saved_free(struct saved *s)
{
	buf_free(&s->dir);
	buf_free(&s->list);
	free(s->trouble);
	*s = (struct saved){ 0 };
}

/* ---- the file ---- */

static int open_held(const char *dir, bool make, struct err *e)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && make) {
		char *slashed = NULL;
		if (asprintf(&slashed, "%s/", dir) < 0)
			return err_set(e, -ENOMEM, "out of memory");
		int rc = config_make_dir(slashed, e);
		free(slashed);
		if (rc < 0)
			return rc;
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	return fd < 0 ? err_sys(e, errno, "%s", dir) : fd;
}

int saved_hold(const char *dir, bool make, int *ret, struct err *e)
{
	for (;;) {
		struct stat st;
		int fd = open_held(dir, make, e);
		if (fd < 0)
			return fd;
		while (flock(fd, LOCK_EX) < 0) {
			if (errno == EINTR)
				continue;
			int rc = err_sys(e, errno, "lock %s", dir);
			close(fd);
			return rc;
		}
		if (fstat(fd, &st) == 0 && st.st_nlink > 0) {
			*ret = fd;
			return 0;
		}
		close(fd); /* who held it before has removed it */
	}
}

static int write_file(const char *path, const struct buf *text, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, errno, "%s", path);
	int rc = io_write_all(fd, text->data, text->len);
	if (rc == 0 && fsync(fd) < 0)
		rc = -errno;
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	return rc < 0 ? err_sys(e, -rc, "write %s", path) : 0;
}

static int sync_dir(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) < 0 ? err_sys(e, errno, "sync %s", path) : 0;
	if (fd >= 0)
		close(fd);
	return rc;
}

int saved_put(const char *dir, const char *file, const struct buf *text, struct err *e)
{
	char *fresh = NULL, *path = NULL;
	int rc = asprintf(&fresh, "%s/%s.new", dir, file);
	if (rc >= 0)
		rc = asprintf(&path, "%s/%s", dir, file);
	rc = rc < 0 ? err_set(e, -ENOMEM, "out of memory") : write_file(fresh, text, e);
	if (rc == 0 && rename(fresh, path) < 0)
		rc = err_sys(e, errno, "rename %s", fresh);
	if (rc == 0)
		rc = sync_dir(dir, e);
	free(fresh);
	free(path);
	return rc;
}

static int remove_all(int fd, const char *path, struct err *e)
{
	int copy = dup(fd);
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	if (dir == NULL)
		return err_sys(e, errno, "list %s", path);
	int rc = 0;
	for (struct dirent *d; rc == 0 && (d = readdir(dir)) != NULL;) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		if (unlinkat(fd, d->d_name, 0) < 0 && errno != ENOENT)
			rc = err_sys(e, errno, "remove %s/%s", path, d->d_name);
	}
	closedir(dir);
	return rc;
}

/* First the file: without it the rest is nothing. */
int saved_remove(const char *dir, struct err *e)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "%s", dir);
	int rc = unlinkat(fd, SAVED_FILE, 0) < 0 && errno != ENOENT
	             ? err_sys(e, errno, "remove %s/" SAVED_FILE, dir)
	             : 0;
	if (rc == 0 && fsync(fd) < 0)
		rc = err_sys(e, errno, "sync %s", dir);
	if (rc == 0)
		rc = remove_all(fd, dir, e);
	close(fd);
	if (rc == 0 && rmdir(dir) < 0)
		rc = err_sys(e, errno, "remove %s", dir);
	return rc;
}

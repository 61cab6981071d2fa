#include "maildir.h"

#include "maildir_list.h"

#include "../base/buf.h"
#include "../base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct maildir {
	const char *name;
	int dirs[MAILDIR_SUBDIRS];
	struct maildir_list all; /* what is to be read */
	struct maildir_list now; /* newer names, read when one of the above was gone */
	struct buf mail;
	char *last_unique; /* of the mail delivered last; and its inode */
	size_t last_unique_len;
	struct stat last;
	struct err first; /* the first file that could not be read */
	int first_rc;
};

static const char *info_of(const char *basename)
{
	const char *p = strrchr(basename, ':');
	return p && strncmp(p, ":2,", 3) == 0 ? p + 3 : "";
}

bool maildir_is_trash(const char *basename)
{
	return strchr(info_of(basename), 'T') != NULL;
}

bool maildir_is(int fd)
{
	struct stat st;
	for (int i = 0; i < MAILDIR_SUBDIRS; i++)
		if (fstatat(fd, maildir_subdirs[i], &st, 0) == 0 && S_ISDIR(st.st_mode))
			return true;
	return false;
}

static int is_number(void *rock, const char *name)
{
	(void)rock;
	return name[strspn(name, "0123456789")] == '\0' ? -EEXIST : 0;
}

bool maildir_is_mh(int fd)
{
	return maildir_each_name(fd, is_number, NULL) == -EEXIST;
}

static bool delivered_before(const struct maildir *md, const struct maildir_entry *en,
                             const struct stat *st)
{
	return md->last_unique &&
	       maildir_compare_unique(md->last_unique, md->last_unique_len, en->name, en->unique) ==
	           0 &&
	       md->last.st_ino == st->st_ino && md->last.st_dev == st->st_dev;
}

static void remember_error(struct maildir *md, const struct maildir_entry *en, int rc)
{
	if (md->first_rc)
		return;
	md->first_rc = err_sys(&md->first, -rc, "cannot read %s/%s/%s", md->name,
	                       en->dir == md->dirs[0] ? maildir_subdirs[0] : maildir_subdirs[1],
	                       en->name);
}

static int deliver(struct maildir *md, const struct maildir_entry *listed, maildir_fn *fn,
                   void *rock, struct err *e)
{
	const struct maildir_entry *en = listed;
	struct stat st = { 0 };
	int fd = maildir_open_entry(listed, &st);

	if (fd == -ENOENT)
		fd = maildir_open_again(&md->now, md->dirs, listed, &st, &en);
	if (fd == -ENOENT || fd == -EISDIR)
		return 0;
	if (fd < 0) {
		remember_error(md, listed, fd);
		return 0;
	}
	bool skip = delivered_before(md, listed, &st) || maildir_is_trash(en->name);
	int rc = skip ? 0 : maildir_read_file(fd, &st, &md->mail);
	close(fd);
	if (rc < 0)
		remember_error(md, en, rc);
	if (rc < 0 || skip)
		return 0;
	md->last_unique = listed->name;
	md->last_unique_len = listed->unique;
	md->last = st;
	const struct maildir_mail m = { md->mail.data, md->mail.len, en->name,
		                        kw_from_maildir(en->name) };
	return m.len ? fn(rock, &m, e) : 0;
}

int maildir_read(int fd, const char *name, maildir_fn *fn, void *rock, struct err *e)
{
	struct maildir md = { .name = name };
	int rc = maildir_dirs_open(fd, name, md.dirs, e);
	if (rc == 0) {
		rc = maildir_list_fill(&md.all, md.dirs);
		if (rc < 0)
			err_put_sys(e, -rc, "cannot list %s", name);
	}
	for (size_t i = 0; rc == 0 && i < md.all.n; i++)
		rc = deliver(&md, &md.all.v[i], fn, rock, e);
	if (rc == 0 && md.first_rc)
		rc = err_set(e, md.first_rc, "%s", md.first.text);

	maildir_dirs_close(md.dirs);
	maildir_list_free(&md.all);
	maildir_list_free(&md.now);
	buf_free(&md.mail);
	return rc;
}

/* ---- one mail by its name --------------------------------------------------------------- */

struct maildir_lookup {
	char *path;
	int dirs[MAILDIR_SUBDIRS];
	struct maildir_list now; /* filled when a name has gone */
	struct buf mail;
};

void maildir_lookup_close(struct maildir_lookup *l)
{
	if (!l)
		return;
	maildir_dirs_close(l->dirs);
	maildir_list_free(&l->now);
	buf_free(&l->mail);
	free(l->path);
	free(l);
}

int maildir_lookup_open(const char *path, struct maildir_lookup **ret, struct err *e)
{
	struct maildir_lookup *l = calloc(1, sizeof(*l));
	int fd = -1, rc = -ENOMEM;

	if (l) {
		l->dirs[0] = l->dirs[1] = -1;
		l->path = strdup(path);
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		rc = l->path ? fd < 0 ? -errno : 0 : -ENOMEM;
	}
	if (rc < 0)
		err_put_sys(e, -rc, "cannot open %s", path);
	else
		rc = maildir_dirs_open(fd, path, l->dirs, e);
	if (fd >= 0)
		close(fd);
	if (rc < 0)
		maildir_lookup_close(l);
	else
		*ret = l;
	return rc;
}

/* What the descriptor has, which is closed. */
static int offer(struct maildir_lookup *l, int fd, const struct stat *st, const char *name,
                 maildir_fn *fn, void *rock, struct err *e)
{
	int rc = maildir_read_file(fd, st, &l->mail);
	close(fd);
	if (rc < 0)
		return err_sys(e, -rc, "cannot read %s of %s", name, l->path);
	const struct maildir_mail m = { l->mail.data, l->mail.len, name, kw_from_maildir(name) };
	return fn(rock, &m, e);
}

/* Under every name that it may have by now. */
static int look_around(struct maildir_lookup *l, const struct maildir_entry *want, maildir_fn *fn,
                       void *rock, struct err *e)
{
	int rc = 0;
	if (maildir_list_outdated(&l->now, l->dirs)) {
		rc = maildir_list_fill(&l->now, l->dirs);
		if (rc < 0)
			return err_sys(e, -rc, "cannot list %s", l->path);
	}
	for (size_t i = maildir_list_find(&l->now, want->name, want->unique);
	     rc == 0 && i < l->now.n; i++) {
		const struct maildir_entry *en = &l->now.v[i];
		struct stat st;
		if (maildir_compare_unique(en->name, en->unique, want->name, want->unique) != 0)
			break;
		int fd = maildir_open_entry(en, &st);
		if (fd >= 0)
			rc = offer(l, fd, &st, en->name, fn, rock, e);
	}
	return rc;
}

int maildir_lookup(struct maildir_lookup *l, const char *name, maildir_fn *fn, void *rock,
                   struct err *e)
{
	char *copy = strdup(name);
	struct maildir_entry want = { .name = copy, .unique = strcspn(name, ":") };
	int rc = copy ? 0 : err_sys(e, ENOMEM, "cannot read %s", l->path);

	for (int i = 0; rc == 0 && i < MAILDIR_SUBDIRS; i++) {
		struct stat st;
		want.dir = l->dirs[i];
		int fd = want.dir < 0 ? -ENOENT : maildir_open_entry(&want, &st);
		if (fd >= 0)
			rc = offer(l, fd, &st, name, fn, rock, e);
	}
	if (rc == 0)
		rc = look_around(l, &want, fn, rock, e);
	free(copy);
	return rc;
}

/* Names change under us: a mail reader moves new/U to cur/U:2,S and changes flags at any time.
 * The part before the colon (U) stays, so a name that is gone is looked up again by it, and the
 * inode tells whether two names with the same U were the same mail. */
#include "maildir.h"

#include "mbox.h"

#include "../base/buf.h"
#include "../base/err.h"
#include "../event/event.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCANS_MAX = 4 }; /* a directory that changes while it is listed is listed again */

static const char *const subdirs[] = { "new", "cur" };
enum { SUBDIRS = 2 };

struct entry {
	char *name;
	size_t unique; /* bytes of name before the colon */
	int dir; /* descriptor of its directory */
};

struct listing { /* sorted by unique part */
	struct entry *v;
	size_t n, cap;
	struct timespec stamp[SUBDIRS]; /* of the directories, before they were listed */
	bool certain; /* any later change gives another stamp */
};

struct maildir {
	const char *name;
	int dirs[SUBDIRS]; /* -1: there is none */
	struct listing all; /* what is to be read */
	struct listing now; /* newer names, read when one of the above was gone */
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
	for (int i = 0; i < SUBDIRS; i++)
		if (fstatat(fd, subdirs[i], &st, 0) == 0 && S_ISDIR(st.st_mode))
			return true;
	return false;
}

/* ---- listing ---------------------------------------------------------------------------- */

static void listing_clear(struct listing *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].name);
	l->n = 0;
}

static void listing_free(struct listing *l)
{
	listing_clear(l);
	free(l->v);
	*l = (struct listing){ 0 };
}

static int listing_add(struct listing *l, int dir, const char *name)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 256;
		struct entry *v = reallocarray(l->v, cap, sizeof(*v));
		if (!v)
			return -ENOMEM;
		l->v = v;
		l->cap = cap;
	}
	char *copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	l->v[l->n++] = (struct entry){ .name = copy, .unique = strcspn(name, ":"), .dir = dir };
	return 0;
}

static int compare_unique(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int c = memcmp(a, b, a_len < b_len ? a_len : b_len);
	return c ? c : (a_len > b_len) - (a_len < b_len);
}

static int compare(const void *va, const void *vb)
{
	const struct entry *a = va, *b = vb;
	int c = compare_unique(a->name, a->unique, b->name, b->unique);
	if (c == 0)
		c = strcmp(a->name, b->name);
	return c ? c : (a->dir > b->dir) - (a->dir < b->dir);
}

int maildir_each_name(int dir, int (*fn)(void *rock, const char *name), void *rock)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	int rc = 0;
	if (!d) {
		rc = -errno;
		if (fd >= 0)
			close(fd);
		return rc;
	}
	errno = 0;
	for (struct dirent *de; rc == 0 && (de = readdir(d)); errno = 0)
		if (de->d_name[0] != '.' && de->d_type != DT_DIR)
			rc = fn(rock, de->d_name);
	if (rc == 0)
		rc = -errno;
	closedir(d);
	return rc;
}

struct in_dir {
	struct listing *l;
	int dir;
};

static int list_name(void *rock, const char *name)
{
	struct in_dir *in = rock;
	return listing_add(in->l, in->dir, name);
}

static int list_dir(int dir, struct listing *l)
{
	return maildir_each_name(dir, list_name, &(struct in_dir){ l, dir });
}

static int stamp(const struct maildir *md, struct timespec ret[SUBDIRS])
{
	struct stat st;
	for (int i = 0; i < SUBDIRS; i++) {
		ret[i] = (struct timespec){ 0 };
		if (md->dirs[i] < 0)
			continue;
		if (fstat(md->dirs[i], &st) < 0)
			return -errno;
		ret[i] = st.st_mtim;
	}
	return 0;
}

static bool changed(const struct listing *l, const struct timespec now[SUBDIRS])
{
	for (int i = 0; i < SUBDIRS; i++)
		if (l->stamp[i].tv_sec != now[i].tv_sec || l->stamp[i].tv_nsec != now[i].tv_nsec)
			return true;
	return false;
}

/* File times move in ticks, of 10 ms at most: two changes in one tick look like one. */
static bool before_this_tick(const struct timespec stamp[SUBDIRS])
{
	int64_t tick = event_now(LOOP_REALTIME) - EVENT_SECOND / 100;
	for (int i = 0; i < SUBDIRS; i++)
		if (stamp[i].tv_sec > tick / EVENT_SECOND ||
		    (stamp[i].tv_sec == tick / EVENT_SECOND &&
		     stamp[i].tv_nsec >= tick % EVENT_SECOND))
			return false;
	return true;
}

/* Both directories, new/ first as mail moves from there to cur/.  A rename during readdir may
 * hide a name, so names are collected until nothing changed meanwhile. */
static int list(struct maildir *md, struct listing *l)
{
	struct timespec after[SUBDIRS] = { 0 };
	int rc = 0;

	listing_clear(l);
	for (int scan = 0; rc == 0 && scan < SCANS_MAX; scan++) {
		rc = stamp(md, l->stamp);
		l->certain = before_this_tick(l->stamp);
		for (int i = 0; rc == 0 && i < SUBDIRS; i++)
			if (md->dirs[i] >= 0)
				rc = list_dir(md->dirs[i], l);
		if (rc == 0)
			rc = stamp(md, after);
		if (rc == 0 && !changed(l, after))
			break;
	}
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), compare);
	return rc;
}

/* Would listing again tell more? */
static bool outdated(const struct maildir *md, const struct listing *l)
{
	struct timespec now[SUBDIRS] = { 0 };
	return !l->certain || stamp(md, now) < 0 || changed(l, now);
}

/* ---- one mail --------------------------------------------------------------------------- */

/* An open descriptor, or -ENOENT; everything else that a directory may hold is -EISDIR. */
static int open_entry(const struct entry *en, struct stat *ret)
{
	int fd = openat(en->dir, en->name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENXIO ? -EISDIR : -errno;
	int rc = fstat(fd, ret) < 0 ? -errno : S_ISREG(ret->st_mode) ? 0 : -EISDIR;
	if (rc < 0) {
		close(fd);
		return rc;
	}
	return fd;
}

/* The first of l with this unique part. */
static size_t lower_bound(const struct listing *l, const struct entry *want)
{
	size_t lo = 0, hi = l->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct entry *en = &l->v[mid];
		if (compare_unique(en->name, en->unique, want->name, want->unique) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int open_again_in(const struct listing *l, const struct entry *want, struct stat *st,
                         const struct entry **ret)
{
	int fd = -ENOENT;
	for (size_t i = lower_bound(l, want); i < l->n && fd == -ENOENT; i++) {
		const struct entry *en = &l->v[i];
		if (compare_unique(en->name, en->unique, want->name, want->unique) != 0)
			break;
		fd = open_entry(en, st);
		*ret = en;
	}
	return fd;
}

/* Its name is gone: find the one it has now. */
static int open_again(struct maildir *md, const struct entry *want, struct stat *st,
                      const struct entry **ret)
{
	int fd = open_again_in(&md->now, want, st, ret);
	for (int scan = 0; fd == -ENOENT && scan < SCANS_MAX && outdated(md, &md->now); scan++) {
		int rc = list(md, &md->now);
		fd = rc < 0 ? rc : open_again_in(&md->now, want, st, ret);
	}
	return fd;
}

static int read_mail(int fd, const struct stat *st, struct buf *b)
{
	size_t room = (size_t)(st->st_size < 0 ? 0 : st->st_size) + 1;
	buf_reset(b);
	for (;;) {
		if (b->len + room > MAIL_MESSAGE_MAX)
			return -EFBIG;
		char *to = buf_room(b, room);
		if (!to)
			return -ENOMEM;
		ssize_t n = read(fd, to, room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		b->len += (size_t)n;
		room = 4096;
	}
}

static bool delivered_before(const struct maildir *md, const struct entry *en,
                             const struct stat *st)
{
	return md->last_unique &&
	       compare_unique(md->last_unique, md->last_unique_len, en->name, en->unique) == 0 &&
	       md->last.st_ino == st->st_ino && md->last.st_dev == st->st_dev;
}

static void remember_error(struct maildir *md, const struct entry *en, int rc)
{
	if (md->first_rc)
		return;
	md->first_rc = err_sys(&md->first, -rc, "cannot read %s/%s/%s", md->name,
	                       en->dir == md->dirs[0] ? subdirs[0] : subdirs[1], en->name);
}

static int deliver(struct maildir *md, const struct entry *listed, maildir_fn *fn, void *rock,
                   struct err *e)
{
	const struct entry *en = listed;
	struct stat st = { 0 };
	int fd = open_entry(listed, &st);

	if (fd == -ENOENT)
		fd = open_again(md, listed, &st, &en);
	if (fd == -ENOENT || fd == -EISDIR)
		return 0;
	if (fd < 0) {
		remember_error(md, listed, fd);
		return 0;
	}
	bool skip = delivered_before(md, listed, &st) || maildir_is_trash(en->name);
	int rc = skip ? 0 : read_mail(fd, &st, &md->mail);
	close(fd);
	if (rc < 0)
		remember_error(md, en, rc);
	if (rc < 0 || skip)
		return 0;
	md->last_unique = listed->name;
	md->last_unique_len = listed->unique;
	md->last = st;
	return md->mail.len ? fn(rock, md->mail.data, md->mail.len, kw_from_maildir(en->name), e)
	                    : 0;
}

static int open_subdirs(struct maildir *md, int fd, struct err *e)
{
	for (int i = 0; i < SUBDIRS; i++) {
		md->dirs[i] = openat(fd, subdirs[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (md->dirs[i] < 0 && errno != ENOENT)
			return err_sys(e, errno, "cannot open %s/%s", md->name, subdirs[i]);
	}
	return 0;
}

int maildir_read(int fd, const char *name, maildir_fn *fn, void *rock, struct err *e)
{
	struct maildir md = { .name = name, .dirs = { -1, -1 } };
	int rc = open_subdirs(&md, fd, e);
	if (rc == 0) {
		rc = list(&md, &md.all);
		if (rc < 0)
			err_put_sys(e, -rc, "cannot list %s", name);
	}
	for (size_t i = 0; rc == 0 && i < md.all.n; i++)
		rc = deliver(&md, &md.all.v[i], fn, rock, e);
	if (rc == 0 && md.first_rc)
		rc = err_set(e, md.first_rc, "%s", md.first.text);

	for (int i = 0; i < SUBDIRS; i++)
		if (md.dirs[i] >= 0)
			close(md.dirs[i]);
	listing_free(&md.all);
	listing_free(&md.now);
	buf_free(&md.mail);
	return rc;
}

#include "maildir_list.h"

#include "maildir.h"
#include "mbox.h"

#include "../base/buf.h"
#include "../base/err.h"
#include "../base/grow.h"
#include "../event/event.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCANS_MAX = 4 }; /* a directory that changes while it is listed is listed again */

const char *const maildir_subdirs[MAILDIR_SUBDIRS] = { "new", "cur" };

int maildir_dirs_open(int fd, const char *name, int ret[MAILDIR_SUBDIRS], struct err *e)
{
	for (int i = 0; i < MAILDIR_SUBDIRS; i++)
		ret[i] = -1;
	for (int i = 0; i < MAILDIR_SUBDIRS; i++) {
		ret[i] = openat(fd, maildir_subdirs[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (ret[i] < 0 && errno != ENOENT)
			return err_sys(e, errno, "cannot open %s/%s", name, maildir_subdirs[i]);
	}
	return 0;
}

void maildir_dirs_close(int dirs[MAILDIR_SUBDIRS])
{
	for (int i = 0; i < MAILDIR_SUBDIRS; i++)
		if (dirs[i] >= 0)
			close(dirs[i]);
}

/* ---- listing ---------------------------------------------------------------------------- */

static void listing_clear(struct maildir_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].name);
	l->n = 0;
}

void maildir_list_free(struct maildir_list *l)
{
	listing_clear(l);
	free(l->v);
	*l = (struct maildir_list){ 0 };
}

static int listing_add(struct maildir_list *l, int dir, const char *name)
{
	struct maildir_entry *v = grow(l->v, l->n, &l->cap, sizeof(*v));
	if (!v)
		return -ENOMEM;
	l->v = v;
	char *copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	l->v[l->n++] = (struct maildir_entry){ .name = copy,
		                               .unique = strcspn(name, ":"),
		                               .dir = dir };
	return 0;
}

int maildir_compare_unique(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int c = memcmp(a, b, a_len < b_len ? a_len : b_len);
	return c ? c : (a_len > b_len) - (a_len < b_len);
}

static int compare(const void *va, const void *vb)
{
	const struct maildir_entry *a = va, *b = vb;
	int c = maildir_compare_unique(a->name, a->unique, b->name, b->unique);
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
	struct maildir_list *l;
	int dir;
};

static int list_name(void *rock, const char *name)
{
	struct in_dir *in = rock;
	return listing_add(in->l, in->dir, name);
}

static int list_dir(int dir, struct maildir_list *l)
{
	return maildir_each_name(dir, list_name, &(struct in_dir){ l, dir });
}

static int stamp(const int dirs[MAILDIR_SUBDIRS], struct timespec ret[MAILDIR_SUBDIRS])
{
	struct stat st;
	for (int i = 0; i < MAILDIR_SUBDIRS; i++) {
		ret[i] = (struct timespec){ 0 };
		if (dirs[i] < 0)
			continue;
		if (fstat(dirs[i], &st) < 0)
			return -errno;
		ret[i] = st.st_mtim;
	}
	return 0;
}

static bool changed(const struct maildir_list *l, const struct timespec now[MAILDIR_SUBDIRS])
{
	for (int i = 0; i < MAILDIR_SUBDIRS; i++)
		if (l->stamp[i].tv_sec != now[i].tv_sec || l->stamp[i].tv_nsec != now[i].tv_nsec)
			return true;
	return false;
}

/* File times move in ticks, of 10 ms at most: two changes in one tick look like one. */
static bool before_this_tick(const struct timespec stamp[MAILDIR_SUBDIRS])
{
	int64_t tick = event_now(LOOP_REALTIME) - EVENT_SECOND / 100;
	for (int i = 0; i < MAILDIR_SUBDIRS; i++)
		if (stamp[i].tv_sec > tick / EVENT_SECOND ||
		    (stamp[i].tv_sec == tick / EVENT_SECOND &&
		     stamp[i].tv_nsec >= tick % EVENT_SECOND))
			return false;
	return true;
}

/* Both directories, new/ first as mail moves from there to cur/.  A rename during readdir may
 * hide a name, so names are collected until nothing changed meanwhile. */
int maildir_list_fill(struct maildir_list *l, const int dirs[MAILDIR_SUBDIRS])
{
	struct timespec after[MAILDIR_SUBDIRS] = { 0 };
	int rc = 0;

	listing_clear(l);
	for (int scan = 0; rc == 0 && scan < SCANS_MAX; scan++) {
		rc = stamp(dirs, l->stamp);
		l->certain = before_this_tick(l->stamp);
		for (int i = 0; rc == 0 && i < MAILDIR_SUBDIRS; i++)
			if (dirs[i] >= 0)
				rc = list_dir(dirs[i], l);
		if (rc == 0)
			rc = stamp(dirs, after);
		if (rc == 0 && !changed(l, after))
			break;
	}
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), compare);
	return rc;
}

bool maildir_list_outdated(const struct maildir_list *l, const int dirs[MAILDIR_SUBDIRS])
{
	struct timespec now[MAILDIR_SUBDIRS] = { 0 };
	return !l->certain || stamp(dirs, now) < 0 || changed(l, now);
}

/* ---- one mail --------------------------------------------------------------------------- */

int maildir_open_entry(const struct maildir_entry *en, struct stat *ret)
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

size_t maildir_list_find(const struct maildir_list *l, const char *unique, size_t len)
{
	size_t lo = 0, hi = l->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct maildir_entry *en = &l->v[mid];
		if (maildir_compare_unique(en->name, en->unique, unique, len) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int open_again_in(const struct maildir_list *l, const struct maildir_entry *want,
                         struct stat *st, const struct maildir_entry **ret)
{
	int fd = -ENOENT;
	for (size_t i = maildir_list_find(l, want->name, want->unique); i < l->n && fd == -ENOENT;
	     i++) {
		const struct maildir_entry *en = &l->v[i];
		if (maildir_compare_unique(en->name, en->unique, want->name, want->unique) != 0)
			break;
		fd = maildir_open_entry(en, st);
		*ret = en;
	}
	return fd;
}

int maildir_open_again(struct maildir_list *l, const int dirs[MAILDIR_SUBDIRS],
                       const struct maildir_entry *want, struct stat *ret_stat,
                       const struct maildir_entry **ret)
{
	int fd = open_again_in(l, want, ret_stat, ret);
	for (int scan = 0; fd == -ENOENT && scan < SCANS_MAX && maildir_list_outdated(l, dirs);
	     scan++) {
		int rc = maildir_list_fill(l, dirs);
		fd = rc < 0 ? rc : open_again_in(l, want, ret_stat, ret);
	}
	return fd;
}

int maildir_read_file(int fd, const struct stat *st, struct buf *b)
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

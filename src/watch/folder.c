#include "folder.h"

#include "../base/err.h"
#include "../event/event.h"
#include "../mail/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LISTINGS_MAX = 4 };
/* Times of directories move with the kernel's tick, 10 ms at most; on some file systems by one or
 * two seconds: those have no fraction. */
#define TICK (EVENT_SECOND / 50)
#define COARSE_TICK (2 * EVENT_SECOND)

const char *const folder_dir_names[FOLDER_DIRS] = { "cur", "new" };

/* ---- life ---- */

int folder_init(struct folder *f, const struct watch_folder *from, struct err *e)
{
	const size_t scheme = strlen(FOLDER_SCHEME);

	*f = (struct folder){ .state = from->state, .kw = from->kw_set, .labels = from->labels };
	if (strncmp(from->url, FOLDER_SCHEME, scheme) != 0 || from->url[scheme] != '/')
		return err_set(e, -EPROTONOSUPPORT, "cannot watch %s: no absolute maildir: URL",
		               from->url);
	f->url = strdup(from->url);
	if (!f->url)
		return err_sys(e, ENOMEM, "cannot watch %s", from->url);
	f->path = f->url + scheme;
	return 0;
}

void folder_done(struct folder *f)
{
	names_free(&f->heard);
	names_free(&f->work);
	names_free(&f->suspects);
	names_free(&f->failed);
	free(f->url);
	*f = (struct folder){ 0 };
}

bool folder_busy(const struct folder *f)
{
	return f->want_scan || f->scanning || f->heard.n || f->work.n || f->suspects.n;
}

/* ---- its directories ---- */

int folder_open(const struct folder *f, struct folder_dirs *ret, struct err *e)
{
	struct folder_dirs d = { { -1, -1 } };
	int top = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = top < 0 ? -errno : 0;

	for (int i = 0; rc == 0 && i < FOLDER_DIRS; i++) {
		d.fd[i] = openat(top, folder_dir_names[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (d.fd[i] < 0 && errno != ENOENT)
			rc = -errno;
	}
	if (top >= 0)
		close(top);
	if (rc == 0 && d.fd[FOLDER_CUR] < 0 && d.fd[FOLDER_NEW] < 0)
		rc = -ENOENT;
	if (rc < 0) {
		folder_close(&d);
		return err_sys(e, -rc, "cannot open %s", f->path);
	}
	*ret = d;
	return 0;
}

void folder_close(struct folder_dirs *d)
{
	for (int i = 0; i < FOLDER_DIRS; i++) {
		if (d->fd[i] >= 0)
			close(d->fd[i]);
		d->fd[i] = -1;
	}
}

/* ---- what it looks like ---- */

static int look_at(int fd, uint64_t *ret_ino, int64_t *ret_ns)
{
	struct stat st;

	*ret_ino = 0;
	*ret_ns = 0;
	if (fd < 0)
		return 0;
	if (fstat(fd, &st) < 0)
		return -errno;
	*ret_ino = st.st_ino;
	*ret_ns = st.st_mtim.tv_sec * EVENT_SECOND + st.st_mtim.tv_nsec;
	return 0;
}

int folder_look(const struct folder_dirs *d, struct folder_look *ret)
{
	int rc = look_at(d->fd[FOLDER_CUR], &ret->cur_ino, &ret->cur_ns);

	return rc < 0 ? rc : look_at(d->fd[FOLDER_NEW], &ret->new_ino, &ret->new_ns);
}

static bool is_past(int64_t ns, int64_t now)
{
	return ns + (ns % EVENT_SECOND ? TICK : COARSE_TICK) < now;
}

bool folder_look_certain(const struct folder_look *look)
{
	int64_t now = event_now(LOOP_REALTIME);

	return is_past(look->cur_ns, now) && is_past(look->new_ns, now);
}

/* ---- listing ---- */

static int take_name(void *rock, const char *name)
{
	return names_add(rock, name);
}

static int list_both(const struct folder_dirs *d, struct names *ret)
{
	int rc = 0;

	for (int i = FOLDER_DIRS - 1; rc == 0 && i >= 0; i--) /* mail moves from new/ to cur/ */
		if (d->fd[i] >= 0)
			rc = maildir_each_name(d->fd[i], take_name, ret);
	return rc;
}

int folder_list(const struct folder *f, struct folder_dirs *d, struct names *ret, bool *ret_certain,
                struct err *e)
{
	struct folder_look before = { 0 }, after = { 0 };
	bool same = false;
	int rc = 0;

	for (int i = 0; rc == 0 && !same && i < LISTINGS_MAX; i++) {
		rc = folder_look(d, &before);
		*ret_certain = folder_look_certain(&before);
		if (rc == 0)
			rc = list_both(d, ret);
		if (rc == 0)
			rc = folder_look(d, &after);
		same = rc == 0 && memcmp(&before, &after, sizeof(before)) == 0;
	}
	if (rc < 0)
		return err_sys(e, -rc, "cannot list %s", f->path);
	*ret_certain = *ret_certain && same;
	names_sort(ret);
	return 0;
}

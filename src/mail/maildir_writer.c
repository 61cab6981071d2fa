/* Steps: write each mail to tmp/; on close sync the file system once, move the mails to their
 * names, sync the directories, and only then remove what was there before (unless augmenting).
 * A failure on the way leaves the old mail where it was.
 *
 * Names are the original's: OID:2,FLAGS, in cur/; mail that joins older mail goes to new/ as
 * long as it has no keyword, since readers ignore flags there. */
#include "maildir_writer.h"

#include "maildir.h"
#include "staged.h"
#include "writer.h"

#include "../base/err.h"
#include "../base/grow.h"
#include "../base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { OID_LEN = 40, NAME_LEN = 128 };
enum dir { CUR, NEW, TMP, DIRS };
static const char *const dir_names[DIRS] = { "cur", "new", "tmp" };

struct old_mail { /* there before we came */
	char *name;
	enum dir dir;
	bool keep; /* now it is one of ours */
	bool gone;
};

struct new_mail { /* in tmp/, numbered by its place */
	char oid[OID_LEN + 1]; /* "" for none */
	kw_set kw, own;
	bool beside; /* its usual name was taken */
};

struct maildir_writer {
	char *path;
	enum writer_mode mode;
	bool made; /* the directory was not there */
	int dirs[DIRS];
	char unique[48]; /* no other name starts like this */
	struct old_mail *old; /* sorted by name */
	size_t old_n, old_cap;
	struct new_mail *mails;
	size_t n, cap, moved; /* mails[0..moved) have left tmp/ */
	int rc; /* sticky */
	mail_written_fn *tell; /* may be NULL */
	void *rock;
	mail_staged_fn *staged; /* may be NULL */
	void *staged_rock;
};

/* ---- what is there ---------------------------------------------------------------------- */

static int compare_old(const void *va, const void *vb)
{
	const struct old_mail *a = va, *b = vb;
	return strcmp(a->name, b->name);
}

/* Trash and names that we do not understand are not ours to replace. */
static bool is_mail(const char *name)
{
	const char *colon = strchr(name, ':');
	if (name[0] == '.' || maildir_is_trash(name))
		return false;
	return !colon || (strncmp(colon, ":2,", 3) == 0 && !strchr(colon + 1, ':'));
}

static int add_old(struct maildir_writer *w, enum dir dir, const char *name)
{
	struct old_mail *p = grow(w->old, w->old_n, &w->old_cap, sizeof(*p));
	if (!p)
		return -ENOMEM;
	w->old = p;
	char *copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	w->old[w->old_n++] = (struct old_mail){ .name = copy, .dir = dir };
	return 0;
}

struct in_dir {
	struct maildir_writer *w;
	enum dir dir;
};

static int list_name(void *rock, const char *name)
{
	struct in_dir *in = rock;
	return is_mail(name) ? add_old(in->w, in->dir, name) : 0;
}

static int list_old(struct maildir_writer *w, enum dir dir)
{
	return maildir_each_name(w->dirs[dir], list_name, &(struct in_dir){ w, dir });
}

/* The old mail that is called `name`, or with `prefix` only starts so. */
static struct old_mail *find_old(struct maildir_writer *w, const char *name, bool prefix)
{
	size_t lo = 0, hi = w->old_n, len = strlen(name);
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (strcmp(w->old[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == w->old_n || strncmp(w->old[lo].name, name, len) != 0)
		return NULL;
	return prefix || !w->old[lo].name[len] ? &w->old[lo] : NULL;
}

/* ---- opening ---------------------------------------------------------------------------- */

/* As mkdir -p; *made tells whether the last part was new. */
static int make_dirs(const char *path, bool *made)
{
	char *copy = strdup(path);
	int rc = copy ? 0 : -ENOMEM;
	for (char *p = copy; rc == 0 && *p;) {
		p += strspn(p, "/");
		p += strcspn(p, "/");
		char c = *p;
		*p = '\0';
		*made = mkdir(copy, 0700) == 0;
		if (!*made && errno != EEXIST)
			rc = -errno;
		*p = c;
		if (!p[strspn(p, "/")])
			break;
	}
	free(copy);
	return rc;
}

static int open_dirs(struct maildir_writer *w, struct err *e)
{
	int rc = make_dirs(w->path, &w->made);
	int fd = rc < 0 ? rc : open(w->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, rc < 0 ? -rc : errno, "cannot make maildir %s", w->path);
	for (int i = 0; rc == 0 && i < DIRS; i++) {
		if (mkdirat(fd, dir_names[i], 0700) < 0 && errno != EEXIST)
			rc = err_sys(e, errno, "cannot make %s/%s", w->path, dir_names[i]);
		else if ((w->dirs[i] = openat(fd, dir_names[i],
		                              O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
			rc = err_sys(e, errno, "cannot open %s/%s", w->path, dir_names[i]);
	}
	close(fd);
	if (rc == 0)
		staged_hold(w->dirs[TMP]);
	return rc;
}

static int prepare(struct maildir_writer *w, struct err *e)
{
	uint32_t dice = 0;
	int rc = open_dirs(w, e);
	if (rc < 0)
		return rc;
	if (getrandom(&dice, sizeof(dice), 0) < 0)
		return err_sys(e, errno, "cannot name files in %s", w->path);
	snprintf(w->unique, sizeof(w->unique), "%x,%llx,%x", dice, (unsigned long long)time(NULL),
	         (unsigned)getpid());
	for (enum dir d = CUR; rc == 0 && d <= NEW; d++)
		rc = list_old(w, d);
	if (rc < 0)
		return err_sys(e, -rc, "cannot list %s", w->path);
	if (w->old_n)
		qsort(w->old, w->old_n, sizeof(*w->old), compare_old);
	return 0;
}

int maildir_writer_open(const char *path, enum writer_mode mode, struct maildir_writer **ret,
                        struct err *e)
{
	struct maildir_writer *w = calloc(1, sizeof(*w));
	if (!w)
		return err_sys(e, ENOMEM, "cannot write %s", path);
	w->mode = mode;
	w->dirs[CUR] = w->dirs[NEW] = w->dirs[TMP] = -1;
	w->path = strdup(path);
	int rc = w->path ? prepare(w, e) : err_sys(e, ENOMEM, "cannot write %s", path);
	if (rc < 0) {
		maildir_writer_abort(w);
		return rc;
	}
	*ret = w;
	return 0;
}

/* ---- writing ---------------------------------------------------------------------------- */

static void tmp_name(const struct maildir_writer *w, size_t i, char name[NAME_LEN])
{
	staged_name(w->unique, i, name, NAME_LEN);
}

static int write_tmp(struct maildir_writer *w, const struct out_mail *m)
{
	char name[NAME_LEN];
	tmp_name(w, w->n, name);
	int fd = openat(w->dirs[TMP], name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int rc = io_write_all(fd, m->data, m->len);
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	if (rc < 0)
		unlinkat(w->dirs[TMP], name, 0);
	return rc;
}

static int put(struct maildir_writer *w, const struct out_mail *m)
{
	char name[OID_LEN + 2];
	struct new_mail *p = grow(w->mails, w->n, &w->cap, sizeof(*p));
	if (!p)
		return -ENOMEM;
	w->mails = p;
	int rc = write_tmp(w, m);
	if (rc < 0)
		return rc;
	struct new_mail *n = &w->mails[w->n++];
	*n = (struct new_mail){ .kw = m->kw, .own = m->own };
	if (m->oid)
		snprintf(n->oid, sizeof(n->oid), "%s", m->oid);
	if (w->mode != WRITER_REPLACE && m->oid) { /* with other flags, or in the other directory */
		snprintf(name, sizeof(name), "%s:", n->oid);
		n->beside = find_old(w, name, true) != NULL;
	}
	return 0;
}

void maildir_writer_tell(struct maildir_writer *w, mail_written_fn *fn, void *rock)
{
	w->tell = fn;
	w->rock = rock;
}

void maildir_writer_staged(struct maildir_writer *w, mail_staged_fn *fn, void *rock)
{
	w->staged = fn;
	w->staged_rock = rock;
}

size_t maildir_writer_count(const struct maildir_writer *w)
{
	return w->n;
}

int maildir_writer_put(struct maildir_writer *w, const struct out_mail *m, struct err *e)
{
	if (w->rc == 0)
		w->rc = put(w, m);
	return w->rc < 0 ? err_sys(e, -w->rc, "cannot write to %s", w->path) : 0;
}

/* ---- closing ---------------------------------------------------------------------------- */

static int move(const struct maildir_writer *w, const char *from, enum dir dir, const char *to)
{
	if (renameat2(w->dirs[TMP], from, w->dirs[dir], to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	/* a file system that cannot: a link does not replace either */
	if (linkat(w->dirs[TMP], from, w->dirs[dir], to, 0) < 0)
		return -errno;
	return unlinkat(w->dirs[TMP], from, 0) < 0 ? -errno : 0;
}

static void final_name(const struct maildir_writer *w, size_t i, char name[2 * NAME_LEN])
{
	const struct new_mail *m = &w->mails[i];
	char tmp[NAME_LEN], flags[8];

	tmp_name(w, i, tmp);
	kw_to_maildir(m->kw, flags);
	if (m->beside)
		snprintf(name, (size_t)2 * NAME_LEN, "%s,%s:2,%s", tmp, m->oid, flags);
	else
		snprintf(name, (size_t)2 * NAME_LEN, "%s:2,%s", m->oid[0] ? m->oid : tmp, flags);
}

static int place(struct maildir_writer *w, size_t i)
{
	struct new_mail *m = &w->mails[i];
	char tmp[NAME_LEN], name[2 * NAME_LEN];
	bool joins = w->mode == WRITER_UPDATE || (w->mode == WRITER_AUGMENT && w->old_n > 0);
	enum dir dir = joins && !m->kw ? NEW : CUR;

	tmp_name(w, i, tmp);
	final_name(w, i, name);
	int rc = move(w, tmp, dir, name);
	if (rc != -EEXIST)
		return rc;
	struct old_mail *old = w->mode == WRITER_REPLACE ? find_old(w, name, false) : NULL;
	if (old && !old->keep && old->dir == dir) { /* replaces its own older self */
		old->keep = true;
		return renameat(w->dirs[TMP], tmp, w->dirs[dir], name) < 0 ? -errno : 0;
	}
	m->beside = true;
	final_name(w, i, name);
	return move(w, tmp, dir, name);
}

static int stage(struct maildir_writer *w, struct err *e)
{
	int rc = w->rc;
	if (rc == 0 && w->n && syncfs(w->dirs[TMP]) < 0)
		rc = -errno;
	if (rc < 0)
		return err_sys(e, -rc, "cannot write to %s", w->path);
	return w->staged ? w->staged(w->staged_rock, w->unique, e) : 0;
}

static int publish(struct maildir_writer *w, struct err *e)
{
	int rc = 0;
	for (; rc == 0 && w->moved < w->n; w->moved += rc == 0)
		rc = place(w, w->moved);
	for (enum dir d = CUR; rc == 0 && d <= NEW; d++)
		rc = fsync(w->dirs[d]) < 0 ? -errno : 0;
	return rc < 0 ? err_sys(e, -rc, "cannot write to %s", w->path) : 0;
}

static int remove_old(struct maildir_writer *w)
{
	for (size_t i = 0; i < w->old_n; i++) {
		struct old_mail *old = &w->old[i];
		if (old->keep)
			continue;
		old->gone = unlinkat(w->dirs[old->dir], old->name, 0) == 0;
		if (!old->gone && errno != ENOENT && errno != EISDIR)
			return -errno;
	}
	return 0;
}

/* Of what was done, whether or not all of it could be. */
static int tell_all(struct maildir_writer *w, struct err *e)
{
	char name[2 * NAME_LEN];
	int rc = 0;

	for (size_t i = 0; w->tell && rc == 0 && i < w->old_n; i++)
		if (w->old[i].gone)
			rc = w->tell(w->rock,
			             &(struct written){ .name = w->old[i].name, .gone = true }, e);
	for (size_t i = 0; w->tell && rc == 0 && i < w->moved; i++) {
		const struct new_mail *m = &w->mails[i];
		final_name(w, i, name);
		const struct written f = {
			.name = name, .oid = m->oid, .kw = m->kw, .own = m->own
		};
		rc = w->tell(w->rock, &f, e);
	}
	return rc;
}

static void maildir_writer_free(struct maildir_writer *w)
{
	for (int i = 0; i < DIRS; i++)
		if (w->dirs[i] >= 0)
			close(w->dirs[i]);
	for (size_t i = 0; i < w->old_n; i++)
		free(w->old[i].name);
	free(w->old);
	free(w->mails);
	free(w->path);
	free(w);
}

int maildir_writer_close(struct maildir_writer *w, struct err *e)
{
	int rc = stage(w, e);
	if (rc == 0)
		rc = publish(w, e);
	if (rc < 0) {
		maildir_writer_abort(w);
		return rc;
	}
	rc = w->mode == WRITER_REPLACE ? remove_old(w) : 0;
	if (rc < 0)
		err_put_sys(e, -rc, "cannot remove old mail from %s", w->path);
	int told = tell_all(w, rc ? NULL : e);
	maildir_writer_free(w);
	return rc ? rc : told;
}

void maildir_writer_abort(struct maildir_writer *w)
{
	char name[2 * NAME_LEN];
	if (!w)
		return;
	for (size_t i = w->moved; i < w->n; i++) {
		tmp_name(w, i, name);
		unlinkat(w->dirs[TMP], name, 0);
	}
	if (w->made) { /* only what is still empty goes */
		int fd = open(w->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		for (int i = 0; fd >= 0 && i < DIRS; i++)
			unlinkat(fd, dir_names[i], AT_REMOVEDIR);
		if (fd >= 0)
			close(fd);
		rmdir(w->path);
	}
	maildir_writer_free(w);
}

/* See saved_adopt.h. */
#include "saved_adopt.h"

#include "saved.h"
#include "saved_words.h"

#include "../base/io.h"
#include "../store/delivered.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define COPY "original.sqlite3"

struct adoption {
	struct cmd *c;
	struct saved from;
	struct buf dir; /* ours */
	struct buf text; /* of our file */
	struct delivered *known;
	int held;
};

/* ---- the search ---- */

static int translate(struct adoption *a, struct err *e)
{
	struct saved_words words = { 0 };
	struct invocation inv = { 0 };
	struct dest dest = { 0 };
	int rc = saved_read(&a->from, true, &words, e);
	if (rc == 0)
		rc = saved_parse(&words, &inv, e);
	if (rc == 0)
		rc = dest_parse(a->from.output, NULL, "format", &dest, e);
	if (rc == 0)
		rc = saved_write(&inv, &dest, words.raw, &a->text, e);
	dest_free(&dest);
	invocation_free(&inv);
	saved_words_free(&words);
	return rc;
}

/* ---- what it has delivered ---- */

static int open_in(const struct buf *dir, const char *name, int flags)
{
	char *path = NULL;
	if (asprintf(&path, "%s/%s", dir->data, name) < 0)
		return -ENOMEM;
	int fd = open(path, flags | O_CLOEXEC, 0600);
	int rc = fd < 0 ? -errno : fd;
	free(path);
	return rc;
}

/* -ENOENT when it is not there. */
static int copy_file(const struct adoption *a, const char *name, const char *to)
{
	struct buf data = { 0 };
	int from = open_in(&a->from.dir, name, O_RDONLY);
	if (from < 0)
		return from;
	int rc = io_read_all(from, &data);
	close(from);
	int fd = rc == 0 ? open_in(&a->dir, to, O_WRONLY | O_CREAT | O_TRUNC) : -1;
	if (rc == 0 && fd < 0)
		rc = fd;
	if (rc == 0)
		rc = io_write_all(fd, data.data, data.len);
	if (fd >= 0)
		close(fd);
	buf_free(&data);
	return rc;
}

/* Opening the database itself would write beside it.  Its owner locks it so. */
static int copy_known(const struct adoption *a)
{
	int lock = open_in(&a->from.dir, SAVED_FILE ".flock", O_RDONLY);
	if (lock >= 0)
		flock(lock, LOCK_EX);
	int rc = copy_file(a, "over.sqlite3", COPY);
	int wal = rc == 0 ? copy_file(a, "over.sqlite3-wal", COPY "-wal") : 0;
	if (lock >= 0)
		close(lock);
	return wal == -ENOENT ? 0 : wal < 0 ? wal : rc;
}

static int add_known(struct adoption *a, struct err *e)
{
	static const char *const left[] = { COPY, COPY "-wal", COPY "-shm" };
	int rc = copy_known(a);
	if (rc == -ENOENT) /* it has never run */
		return 0;
	if (rc < 0)
		return err_sys(e, -rc, "copy %s/over.sqlite3", a->from.dir.data);
	struct buf path = { 0 };
	buf_addf(&path, "%s/" COPY, a->dir.data);
	rc = delivered_add_original(a->known, buf_cstr(&path), e);
	for (size_t i = 0; i < sizeof(left) / sizeof(*left); i++) {
		buf_reset(&path);
		buf_addf(&path, "%s/%s", a->dir.data, left[i]);
		unlink(buf_cstr(&path));
	}
	buf_free(&path);
	return rc;
}

/* ---- both ---- */

static int never_out(void *rock, const char *token, long number, struct err *e)
{
	(void)rock, (void)token, (void)number, (void)e;
	return 0;
}

static void leave(void *rock, const char *token)
{
	(void)rock, (void)token;
}

static int take_over(struct adoption *a, struct err *e)
{
	static const struct settling how = { never_out, leave, NULL };
	struct buf path = { 0 };
	int rc = saved_dir(a->c, SAVED_OURS, a->from.path, &a->dir, e);
	if (rc == 0)
		rc = saved_hold(a->dir.data, true, &a->held, e);
	buf_addf(&path, "%s/" SAVED_DELIVERED, rc == 0 ? a->dir.data : "");
	if (rc == 0)
		rc = delivered_open(buf_cstr(&path), &a->known, e);
	buf_free(&path);
	if (rc == 0)
		rc = delivered_settle(a->known, &how, e);
	if (rc == 0)
		rc = delivered_begin(a->known, false, e);
	if (rc == 0)
		rc = add_known(a, e);
	if (rc == 0)
		rc = delivered_note(a->known, "original", e);
	if (rc == 0)
		rc = delivered_commit(a->known, "", e);
	return rc == 0 ? saved_put(a->dir.data, SAVED_FILE, &a->text, e) : rc;
}

int saved_adopt(struct cmd *c, const char *arg, struct err *e)
{
	struct adoption a = { .c = c, .held = -1 };
	int rc = saved_find(c, SAVED_ORIGINAL, arg, &a.from, e);
	if (rc == 0 && a.from.trouble != NULL)
		rc = err_set(e, -EINVAL, "%s", a.from.trouble);
	if (rc == 0)
		rc = translate(&a, e);
	if (rc == 0)
		rc = take_over(&a, e);
	if (rc == 0)
		cmd_note(c, "%s is taken over from %s", a.from.path, a.from.dir.data);
	else if (rc != -ENOENT)
		err_prefix(e, "%s: cannot be taken over from the original", arg);
	delivered_close(a.known);
	if (a.held >= 0)
		close(a.held);
	saved_free(&a.from);
	buf_free(&a.dir);
	buf_free(&a.text);
	return rc;
}

/* ---- those that are left ---- */

static bool is_ours(const struct cmd *c, const char *path)
{
	struct buf file = { 0 };
	struct err ignored;
	bool yes = false;
	if (saved_dir(c, SAVED_OURS, path, &file, &ignored) == 0) {
		buf_adds(&file, "/" SAVED_FILE);
		yes = access(buf_cstr(&file), F_OK) == 0;
	}
	buf_free(&file);
	return yes;
}

void saved_tell_others(const struct cmd *c)
{
	struct saved_list l = { 0 };
	struct err ignored;
	size_t n = 0;
	if (option_on(&c->inv, OPT_QUIET, false) ||
	    saved_load_all(c, SAVED_ORIGINAL, &l, &ignored) < 0)
		return;
	for (size_t i = 0; i < l.n; i++)
		n += l.v[i].path != NULL && !is_ours(c, l.v[i].path);
	saved_list_free(&l);
	if (n > 0)
		cmd_note(c, "%zu more saved by the original; `lei up OUTPUT' takes one over", n);
}

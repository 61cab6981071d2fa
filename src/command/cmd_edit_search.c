/* lei edit-search: the file of a saved search in the user's editor.
 *
 * A copy is edited.  It takes its place once it is a search that can be run; one that is not stays as
 * it is, and the next edit goes on with it: it never runs, and is not lost. */
#include "config.h"
#include "editor.h"
#include "saved.h"
#include "saved_words.h"

#include "../base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EDITED SAVED_FILE ".edited"

struct editing {
	struct cmd *c;
	struct saved old, fresh;
	struct buf copy; /* its path */
	struct buf before, after; /* text of the file and of the copy */
	int held;
};

static int read_file(const char *dir, const char *name, struct buf *out, struct err *e)
{
	struct buf path = { 0 };
	buf_addf(&path, "%s/%s", dir, name);
	int fd = open(buf_cstr(&path), O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 ? -errno : io_read_all(fd, out);
	if (fd >= 0)
		close(fd);
	if (rc < 0)
		rc = err_sys(e, -rc, "read %s", path.data);
	buf_free(&path);
	return rc;
}

static int begin(struct editing *ed, struct err *e)
{
	const char *dir = ed->old.dir.data;
	buf_addf(&ed->copy, "%s/" EDITED, dir);
	int rc = read_file(dir, SAVED_FILE, &ed->before, e);
	if (rc == 0 && access(buf_cstr(&ed->copy), F_OK) == 0)
		cmd_note(ed->c, "this goes on with an edit that could not be used");
	else if (rc == 0)
		rc = saved_put(dir, EDITED, &ed->before, e);
	return rc;
}

/* Would it run? */
static int check(struct editing *ed, struct err *e)
{
	struct saved_words words = { 0 };
	struct invocation inv = { 0 };
	int rc = saved_load_as(ed->old.dir.data, EDITED, &ed->fresh, e);
	if (rc == 0)
		rc = saved_read(&ed->fresh, false, &words, e);
	if (rc == 0)
		rc = saved_parse(&words, &inv, e);
	if (rc == 0)
		rc = read_file(ed->old.dir.data, EDITED, &ed->after, e);
	invocation_free(&inv);
	saved_words_free(&words);
	return rc;
}

/* ---- another output ---- */

/* What is there already goes along, unless something is at the new place. */
static int convert(struct editing *ed, struct err *e)
{
	char word[] = "convert", option[] = "-o";
	char *argv[] = { word, option, (char *)(uintptr_t)ed->fresh.output,
		         (char *)(uintptr_t)ed->old.output, NULL };
	struct wire_request req = { .argc = 4, .argv = argv };
	struct cmd sub = { .call = ed->c->call, .as = ed->c->inv.def->name };
	if (ed->old.path == NULL || access(ed->old.path, F_OK) < 0 ||
	    access(ed->fresh.path, F_OK) == 0)
		return 0;
	cmd_note(ed->c, "lei convert %s -o %s", ed->old.output, ed->fresh.output);
	int rc = invocation_parse(&req, &sub.inv, e);
	if (rc == 0 && cmd_convert(&sub) != 0)
		rc = err_set(e, -EIO, "%s could not be converted", ed->old.output);
	invocation_free(&sub.inv);
	return rc;
}

/* The directory of the new output, or of none when it stays where it is. */
static int new_place(struct editing *ed, struct buf *dir, struct err *e)
{
	struct saved other = { 0 };
	int rc = saved_dir(ed->c, SAVED_OURS, ed->fresh.path, dir, e);
	if (rc < 0 || strcmp(dir->data, ed->old.dir.data) == 0) {
		buf_reset(dir);
		return rc;
	}
	rc = saved_load(dir->data, &other, e);
	saved_free(&other);
	if (rc == -ENOENT)
		return convert(ed, e);
	return err_set(e, -EEXIST, "another search is saved for %s", ed->fresh.path);
}

static int move(struct editing *ed, const struct buf *dir, struct err *e)
{
	if (dir->len == 0)
		return 0;
	return rename(ed->old.dir.data, dir->data) < 0
	           ? err_sys(e, errno, "rename %s to %s", ed->old.dir.data, dir->data)
	           : 0;
}

/* ---- the end ---- */

static bool same_text(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static int take_over(struct editing *ed, struct err *e)
{
	struct buf now = { 0 }, dir = { 0 };
	int rc = saved_hold(ed->old.dir.data, false, &ed->held, e);
	if (rc == 0)
		rc = read_file(ed->old.dir.data, SAVED_FILE, &now, e);
	if (rc == 0 && !same_text(&now, &ed->before))
		rc = err_set(e, -EBUSY, "the search was saved anew meanwhile");
	if (rc == 0)
		rc = new_place(ed, &dir, e);
	if (rc == 0)
		rc = saved_put(ed->old.dir.data, SAVED_FILE, &ed->after, e);
	if (rc == 0) {
		unlink(ed->copy.data);
		rc = move(ed, &dir, e);
	}
	buf_free(&now);
	buf_free(&dir);
	return rc;
}

static int edit(struct editing *ed, const char *arg, struct err *e)
{
	int rc = saved_find(ed->c, SAVED_OURS, arg, &ed->old, e);
	if (rc == 0)
		rc = begin(ed, e);
	if (rc == 0)
		rc = editor_run(ed->c, ed->copy.data, e);
	if (rc < 0)
		return rc;
	rc = check(ed, e);
	if (rc == 0)
		rc = take_over(ed, e);
	if (rc < 0)
		err_prefix(e, "the search is as it was, the edit is kept for the next time");
	return rc;
}

int cmd_edit_search(struct cmd *c)
{
	struct editing ed = { .c = c, .held = -1 };
	struct err e = { .text = "" };
	int rc = edit(&ed, c->inv.args[0], &e);
	if (ed.held >= 0)
		close(ed.held);
	saved_free(&ed.old);
	saved_free(&ed.fresh);
	buf_free(&ed.copy);
	buf_free(&ed.before);
	buf_free(&ed.after);
	return rc < 0 ? cmd_fail_err(c, &e) : 0;
}

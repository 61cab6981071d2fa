/* lei init: make the store and remember where it is. */
#include "config.h"

#include "../store/search.h"
#include "../store/writer.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int ensure(struct cmd *c, const char *dir, struct err *e)
{
	int conn = call_store(c->call, dir, e);
	if (conn < 0)
		return conn;
	int rc = store_ensure(conn, e);
	close(conn);
	return rc;
}

static int remember(struct cmd *c, const char *dir, struct err *e)
{
	struct buf path = { 0 };
	int rc = config_path(c, &path, e);
	if (rc == 0)
		rc = config_make_dir(path.data, e);
	if (rc == 0) {
		const char *argv[] = {
			"git", "config", "-f", path.data, "leistore.dir", dir, NULL
		};
		rc = run_program(argv, NULL, e);
		if (rc > 0)
			rc = err_set(e, -EIO, "git config could not write %s", path.data);
	}
	buf_free(&path);
	return rc;
}

static bool same_dir(const char *a, const char *b)
{
	struct stat sa, sb;
	return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

/* 1 when a store of ours is at `dir`. */
static int is_store(const char *dir, struct err *e)
{
	struct store *s;
	int rc = store_open(dir, &s, e);
	if (rc == 0)
		store_close(s);
	return rc == 0 ? 1 : rc == -ENOENT ? 0 : rc;
}

/* The default place, when a store of ours is there; one of the original's is none of ours. */
static int default_in_use(const struct cmd *c, struct buf *out, struct err *e)
{
	struct err ignored = { .text = "" };
	int rc = store_place_default(c, out, &ignored);
	if (rc == 0)
		rc = store_check_place(out->data, &ignored);
	int there = rc == 0 ? is_store(out->data, e) : 0;
	if (there != 1)
		buf_reset(out);
	return there < 0 ? there : 0;
}

/* Is another place in use already? */
static int check_current(const struct cmd *c, const char *dir, bool *ret_set, struct err *e)
{
	struct buf value = { 0 }, cur = { 0 };
	int rc = config_get(c, "leistore.dir", &value, e);
	*ret_set = rc == 1;
	if (rc == 1)
		rc = absolute_path(buf_cstr(&value), &cur, e);
	else if (rc == 0)
		rc = default_in_use(c, &cur, e);
	if (rc == 0 && cur.len > 0 && strcmp(cur.data, dir) != 0) {
		struct stat st;
		if (same_dir(cur.data, dir))
			*ret_set = false; /* the same under another name: record the new one */
		else if (stat(cur.data, &st) == 0)
			rc = err_set(e, -EEXIST, "leistore.dir=%s is initialized and it is not %s",
			             cur.data, dir);
		else
			*ret_set = false;
	}
	buf_free(&value);
	buf_free(&cur);
	return rc;
}

static int init(struct cmd *c, struct err *e)
{
	struct buf dir = { 0 };
	bool given = c->inv.nargs > 0, set = false;
	int rc = given ? absolute_path(c->inv.args[0], &dir, e) : store_place(c, &dir, e);
	if (rc == 0 && given)
		rc = store_check_place(dir.data, e);
	if (rc == 0 && given)
		rc = check_current(c, dir.data, &set, e);
	int there = rc == 0 ? is_store(dir.data, e) : 0;
	if (there < 0)
		rc = there;
	if (rc == 0)
		rc = ensure(c, dir.data, e);
	/* The default place is not recorded: the original reads the same file, and would
	 * take our directory for its own. */
	if (rc == 0 && given && !set)
		rc = remember(c, dir.data, e);
	if (rc == 0)
		rc = call_watch_reload(c->call, e);
	if (rc == 0)
		cmd_note(c, "leistore.dir=%s %s initialized", dir.data,
		         there ? "already" : "newly");
	buf_free(&dir);
	return rc;
}

int cmd_init(struct cmd *c)
{
	struct err e = { .text = "" };
	return init(c, &e) < 0 ? cmd_fail_err(c, &e) : 0;
}

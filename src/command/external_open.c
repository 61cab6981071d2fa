/* See external_open.h. */
#include "external_open.h"

#include "externals.h"

#include "../store/search.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CSTORE "cstore"

/* Who names the directory above a store means the store. */
static int no_store(const char *location, struct err *e)
{
	struct store *s;
	struct buf inner = { 0 };
	struct err ignored;
	int rc = -ENOENT;
	buf_addf(&inner, "%s%s" CSTORE, location, strcmp(location, "/") == 0 ? "" : "/");
	bool below = store_open(buf_cstr(&inner), &s, &ignored) == 0;
	if (below) {
		store_close(s);
		err_put(e, "%s: no store in this directory; did you mean %s?", location,
		        inner.data);
	} else {
		err_put(e, "%s: no store of this program in this directory", location);
	}
	buf_free(&inner);
	return rc;
}

static int check_kind(const char *location, struct err *e)
{
	struct stat st;
	if (external_is_remote(location))
		return err_set(
		    e, -ENOTSUP,
		    "%s: nothing is searched over a network (--no-remote leaves this out); "
		    "fetch the mail (from a public-inbox: all.mbox.gz) and `lei import' it",
		    location);
	if (stat(location, &st) < 0)
		return err_sys(e, errno, "%s", location);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, -ENOTDIR, "%s: not a directory", location);
	if (store_is_original(location))
		return err_set(
		    e, -ENOTSUP,
		    "%s: a public-inbox of the Perl original, whose indexes are not "
		    "read; write its mail to a file with the original's `lei q --only %s "
		    "-o mboxrd:FILE z:0..' and `lei import' that",
		    location, location);
	return 0;
}

int external_open(const char *location, const char *own, struct store **ret, struct err *e)
{
	int rc = check_kind(location, e);
	if (rc == 0)
		rc = store_open_other(location, own, ret, e);
	return rc == -ENOENT && access(location, F_OK) == 0 ? no_store(location, e) : rc;
}

int external_check(const char *location, struct err *e)
{
	struct store *s;
	int rc = external_open(location, NULL, &s, e);
	if (rc == 0)
		store_close(s);
	return rc;
}

/* Where the store is. */
#include "config.h"

#include "../store/search.h"

#include <errno.h>

int store_place_default(const struct cmd *c, struct buf *out, struct err *e)
{
	char dir[4096];
	int rc = store_default_dir(cmd_getenv(c, "XDG_DATA_HOME"), cmd_getenv(c, "HOME"), dir,
	                           sizeof(dir));
	if (rc < 0) /* not -ENOENT: that would be a store which is not there yet */
		return err_set(e, -EINVAL,
		               "no place for the store: neither XDG_DATA_HOME nor HOME "
		               "is set, or they are too long");
	return absolute_path(dir, out, e);
}

int store_place(const struct cmd *c, struct buf *out, struct err *e)
{
	struct buf set = { 0 };
	int rc = config_get(c, "leistore.dir", &set, e);
	if (rc == 1)
		rc = absolute_path(buf_cstr(&set), out, e);
	else if (rc == 0)
		rc = store_place_default(c, out, e);
	buf_free(&set);
	return rc < 0 ? rc : store_check_place(out->data, e);
}

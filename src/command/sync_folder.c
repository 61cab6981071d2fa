/* See sync_folder.h. */
#include "sync_folder.h"

#include <errno.h>

int sync_folder_stat(const char *dir, const char *url, struct folder_stat *ret, struct err *e)
{
	struct store *s = NULL;
	int rc = store_open(dir, &s, e);
	if (rc == -ENOENT)
		return 0;
	if (rc == 0)
		rc = lookup_folder(s, url, ret, e);
	store_close(s);
	return rc;
}

/* See sync_folder.h. */
#include "sync_folder.h"

#include "watching.h"

#include <errno.h>
#include <unistd.h>

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

int sync_folder_scan(const struct cmd *c, const char *dir, const char *url, enum watch_take take,
                     struct err *e)
{
	const struct watch_folder folder = { .url = url, .state = { take, false }, .labels = "" };
	struct watch_counts counts = { 0 };
	struct watching w;
	int conn = call_store(c->call, dir, e);
	if (conn < 0)
		return conn;
	watching_init(&w, c, dir);
	int rc = watch_scan(&w.setup, &folder, conn, &counts, e);
	close(conn);
	if (rc == 0 && counts.failed > 0)
		rc = err_set(e, -EIO, "%s: %zu files could not be read", url, counts.failed);
	return rc;
}

/* See edits.h. */
#include "edits.h"

#include "import_batch.h"

#include <unistd.h>

static int put(int conn, const struct edit *v, size_t n, struct store_counts *ret, struct err *e)
{
	struct buf batch = { 0 };
	int fd = -1, rc = 0;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = edit_encode(&v[i], &batch, e);
	if (rc == 0)
		rc = memfd_with(batch.data, batch.len, &fd, e);
	if (rc == 0)
		rc = store_put(conn, 0, fd, batch.len, e);
	if (rc == 0)
		rc = store_commit(conn, 1, ret, e);
	if (fd >= 0)
		close(fd);
	buf_free(&batch);
	return rc;
}

int edits_send(const struct cmd *c, const char *store_dir, const struct edit *v, size_t n,
               struct store_counts *ret, struct err *e)
{
	int conn = call_store(c->call, store_dir, e);
	if (conn < 0)
		return conn;
	int rc = n > 0 ? put(conn, v, n, ret, e) : store_ensure(conn, e);
	close(conn);
	return rc;
}

/* See edits.h. */
#include "edits.h"

#include "import_batch.h"

#include <unistd.h>

int edits_open(struct edits *x, const struct cmd *c, const char *store_dir, struct err *e)
{
	int conn = call_store(c->call, store_dir, e);
	*x = (struct edits){ .conn = conn };
	return conn < 0 ? conn : 0;
}

void edits_close(struct edits *x)
{
	if (x->conn >= 0)
		close(x->conn);
	x->conn = -1;
	buf_free(&x->batch);
}

int edits_put(struct edits *x, struct err *e)
{
	int fd;
	int rc = memfd_with(x->batch.data, x->batch.len, &fd, e);
	if (rc < 0)
		return rc;
	rc = store_put(x->conn, x->n, fd, x->batch.len, e);
	close(fd);
	buf_reset(&x->batch);
	x->n++;
	return rc;
}

int edits_add(struct edits *x, const struct edit *ed, struct err *e)
{
	int rc = edit_encode(ed, &x->batch, e);
	return rc == 0 && x->batch.len >= BATCH_BYTES ? edits_put(x, e) : rc;
}

int edits_add_message(struct edits *x, struct encoder *enc, const struct message *m,
                      const char *raw, size_t len, const struct record_marks *marks, struct err *e)
{
	int rc = record_encode(enc, m, raw, len, marks, &x->batch, e);
	return rc == 0 && x->batch.len >= BATCH_BYTES ? edits_put(x, e) : rc;
}

int edits_commit(struct edits *x, struct store_counts *ret, struct err *e)
{
	int rc = x->batch.len > 0 ? edits_put(x, e) : 0;
	return rc == 0 ? store_commit(x->conn, x->n, ret, e) : rc;
}

int edits_send(const struct cmd *c, const char *store_dir, const struct edit *v, size_t n,
               struct store_counts *ret, struct err *e)
{
	struct edits x;
	int rc = edits_open(&x, c, store_dir, e);
	if (rc == 0 && n == 0)
		rc = store_ensure(x.conn, e);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = edits_add(&x, &v[i], e);
	if (rc == 0 && n > 0)
		rc = edits_commit(&x, ret, e);
	edits_close(&x);
	return rc;
}

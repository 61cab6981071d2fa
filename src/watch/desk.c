#include "desk.h"

#include "../base/err.h"
#include "../base/io.h"
#include "../store/record.h"
#include "../store/writer.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

enum {
	BATCH_BYTES = 1 << 20, /* then it is put, and others are served */
	BATCH_CHANGES = 256,
	BATCH_KEEP = 4 << 20, /* a bigger buffer is given back */
	COMMIT_BYTES = 32 << 20, /* put, then committed although there is more */
};

/* Whoever watches has a store: made now if need be, and of a version that has mail_sync. */
int desk_open(struct desk *d, const struct watch_setup *setup, int conn, struct err *e)
{
	*d = (struct desk){ .setup = setup, .conn = conn, .encoder = encoder_new() };
	message_setup();
	if (!d->encoder)
		return err_sys(e, ENOMEM, "cannot watch");
	int rc = store_ensure(conn, e);
	return rc < 0 ? rc : store_open(setup->store_dir, &d->store, e);
}

void desk_close(struct desk *d)
{
	store_close(d->store);
	encoder_free(d->encoder);
	buf_free(&d->batch);
	buf_free(&d->file);
	buf_free(&d->canon);
	buf_free(&d->name);
	*d = (struct desk){ .conn = -1 };
}

int desk_edit(struct desk *d, const struct edit *ed, struct err *e)
{
	d->changes++;
	return edit_encode(ed, &d->batch, e);
}

int desk_record(struct desk *d, const struct message *m, const char *raw, size_t len, bool whole,
                const struct record_marks *marks, struct err *e)
{
	d->changes++;
	return record_encode(d->encoder, m, whole ? raw : NULL, len, marks, &d->batch, e);
}

bool desk_full(const struct desk *d)
{
	return d->changes >= BATCH_CHANGES || d->batch.len >= BATCH_BYTES;
}

static int put(struct desk *d, struct err *e)
{
	int fd;
	int rc = io_memfd("lei-watch", d->batch.data, d->batch.len, &fd);

	if (rc < 0)
		return err_sys(e, -rc, "cannot write to memory");
	rc = store_put(d->conn, d->seq, fd, d->batch.len, e);
	close(fd);
	d->broken = rc < 0;
	if (rc < 0)
		return rc;
	d->seq++;
	d->waiting += d->batch.len;
	d->changes = 0;
	buf_reset(&d->batch);
	if (d->batch.cap > BATCH_KEEP)
		buf_free(&d->batch);
	return 0;
}

int desk_put(struct desk *d, struct err *e)
{
	if (!d->batch.len)
		return 0;
	int rc = put(d, e);
	return rc == 0 && d->waiting > COMMIT_BYTES ? desk_commit(d, e) : rc;
}

int desk_commit(struct desk *d, struct err *e)
{
	int rc = d->batch.len ? put(d, e) : 0;

	if (rc == 0 && d->waiting) {
		rc = store_commit(d->conn, d->seq, NULL, e);
		d->broken = rc < 0;
	}
	if (rc == 0)
		d->waiting = 0;
	return rc;
}

bool desk_idle(const struct desk *d)
{
	return !d->waiting && !d->batch.len;
}

void desk_log(const struct desk *d, const char *fmt, ...)
{
	va_list ap;
	char line[ERR_TEXT_MAX];

	if (!d->setup->log)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fprintf(d->setup->log, "%s\n", line);
	fflush(d->setup->log);
}

/* Batches in and out. */
#include "import_batch.h"

#include "../base/err.h"
#include "../base/io.h"
#include "../store/record.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct head { /* before each mail; bytes are copied, so alignment does not matter */
	uint64_t len;
	uint64_t kw;
};

void batch_add(struct buf *b, const struct raw_mail *m)
{
	struct head h = { m->len, m->kw };
	buf_add(b, &h, sizeof(h));
	buf_add(b, m->data, m->len);
}

int batch_next(const char *data, size_t len, size_t *at, struct batch_mail *ret)
{
	struct head h;
	if (*at == len)
		return 0;
	if (len - *at < sizeof(h))
		return -EBADMSG;
	memcpy(&h, data + *at, sizeof(h));
	if (h.len > len - *at - sizeof(h))
		return -EBADMSG;
	*ret = (struct batch_mail){ data + *at + sizeof(h), (size_t)h.len, (kw_set)h.kw };
	*at += sizeof(h) + (size_t)h.len;
	return 1;
}

int memfd_with(const char *data, size_t len, int *ret, struct err *e)
{
	int fd = memfd_create("lei-batch", MFD_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "memfd");
	int rc = io_write_all(fd, data, len);
	if (rc < 0) {
		close(fd);
		return err_sys(e, -rc, "write to memory");
	}
	*ret = fd;
	return 0;
}

static int mail_to_record(struct zip *zip, const struct batch_mail *mail, const struct marks *marks,
                          struct buf *out, struct err *e)
{
	struct message msg = { 0 };
	kw_set kw = marks->kw | (marks->take_kw ? mail->kw : 0);
	int rc = message_parse(mail->data, mail->len, &msg, e);
	if (rc < 0)
		return rc;
	if (msg.sent == 0 && msg.received == 0) /* no usable date: the day it came to us */
		msg.sent = msg.received = (int64_t)time(NULL);
	const struct record_marks of_record = { .kw = kw,
		                                .set_kw = marks->take_kw || marks->kw != 0,
		                                .labels = marks->labels };
	rc = record_encode(zip, &msg, mail->data, mail->len, &of_record, out, e);
	message_done(&msg);
	return rc;
}

int batch_to_records(struct zip *zip, const char *data, size_t len, const struct marks *marks,
                     struct buf *out, struct err *e)
{
	struct batch_mail mail;
	int rc;
	for (size_t at = 0; (rc = batch_next(data, len, &at, &mail)) == 1;) {
		rc = mail_to_record(zip, &mail, marks, out, e);
		if (rc < 0)
			return rc;
	}
	if (rc < 0)
		return err_set(e, rc, "a batch of mail is damaged");
	return buf_ok(out) ? 0 : err_set(e, -ENOMEM, "out of memory");
}

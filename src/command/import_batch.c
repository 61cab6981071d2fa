/* Batches in and out. */
#include "import_batch.h"

#include "../base/err.h"
#include "../base/io.h"
#include "../store/record.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* Before each mail: head, folder, NUL, name, NUL.  Bytes are copied, so alignment does not matter. */
struct head {
	uint64_t len;
	uint32_t kw, folder, name;
	uint32_t zero; /* no byte of it is left to chance */
};

void batch_add(struct buf *b, const struct raw_mail *m, const char *folder)
{
	const char *name = folder && m->name ? m->name : "";
	if (!*name)
		folder = "";
	struct head h = { .len = m->len,
		          .kw = m->kw,
		          .folder = (uint32_t)strlen(folder),
		          .name = (uint32_t)strlen(name) };
	buf_add(b, &h, sizeof(h));
	buf_add(b, folder, h.folder + 1);
	buf_add(b, name, h.name + 1);
	buf_add(b, m->data, m->len);
}

/* A string of n bytes and its NUL at *at, which advances; NULL if it is not there. */
static const char *next_string(const char *data, size_t len, size_t *at, size_t n)
{
	const char *s = data + *at;
	if (len - *at <= n || s[n] != '\0')
		return NULL;
	*at += n + 1;
	return s;
}

int batch_next(const char *data, size_t len, size_t *at, struct batch_mail *ret)
{
	struct head h;
	if (*at == len)
		return 0;
	if (len - *at < sizeof(h))
		return -EBADMSG;
	size_t i = *at + sizeof(h);
	memcpy(&h, data + *at, sizeof(h));
	const char *folder = next_string(data, len, &i, h.folder);
	const char *name = folder ? next_string(data, len, &i, h.name) : NULL;
	if (!name || h.len > len - i)
		return -EBADMSG;
	*ret = (struct batch_mail){ data + i, (size_t)h.len, h.kw, folder, name };
	*at = i + (size_t)h.len;
	return 1;
}

int memfd_with(const char *data, size_t len, int *ret, struct err *e)
{
	int rc = io_memfd("lei-batch", data, len, ret);
	return rc < 0 ? err_sys(e, -rc, "write to memory") : 0;
}

/* The flags of a file that is remembered are not added to the keywords: the writer compares
 * them with what file and message agreed on last (store/edit.h).  With --no-kw nothing was
 * agreed on. */
static struct record_marks marks_of(const struct batch_mail *mail, const struct marks *marks)
{
	kw_set kw = marks->take_kw ? mail->kw : 0;
	bool file = *mail->name != '\0';
	return (struct record_marks){ .kw = marks->kw | (file ? 0 : kw),
		                      .set_kw = marks->take_kw || marks->kw != 0,
		                      .labels = marks->labels,
		                      .folder = mail->folder,
		                      .name = mail->name,
		                      .file_kw = kw };
}

static int mail_to_record(struct encoder *x, const struct batch_mail *mail,
                          const struct marks *marks, struct buf *out, struct err *e)
{
	struct message msg = { 0 };
	int rc = message_parse(mail->data, mail->len, &msg, e);
	if (rc < 0)
		return rc;
	if (msg.sent == 0 && msg.received == 0) /* no usable date: the day it came to us */
		msg.sent = msg.received = (int64_t)time(NULL);
	const struct record_marks of_record = marks_of(mail, marks);
	rc = record_encode(x, &msg, marks->index_only ? NULL : mail->data, mail->len, &of_record,
	                   out, e);
	message_done(&msg);
	return rc;
}

int batch_to_records(struct encoder *x, const char *data, size_t len, const struct marks *marks,
                     struct buf *out, struct err *e)
{
	struct batch_mail mail;
	int rc;
	for (size_t at = 0; (rc = batch_next(data, len, &at, &mail)) == 1;) {
		rc = mail_to_record(x, &mail, marks, out, e);
		if (rc < 0)
			return rc;
	}
	if (rc < 0)
		return err_set(e, rc, "a batch of mail is damaged");
	return buf_ok(out) ? 0 : err_set(e, -ENOMEM, "out of memory");
}

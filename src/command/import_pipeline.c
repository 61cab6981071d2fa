/* See import_pipeline.h. */
#include "import_pipeline.h"

#include "../base/err.h"
#include "../mail/message.h"
#include "../store/record.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

struct job { /* one datagram of the queue */
	uint64_t seq;
	uint64_t len; /* of the batch in the memfd beside it */
};

static int store_records(int conn, uint64_t seq, const struct buf *records, struct err *e)
{
	int fd;
	int rc = memfd_with(records->data, records->len, &fd, e);
	if (rc < 0)
		return rc;
	rc = store_put(conn, seq, fd, records->len, e);
	close(fd);
	return rc;
}

/* What a process that parses needs, made once. */
struct parser {
	const struct pipeline *p;
	struct encoder *encoder;
	struct buf records;
};

static int parser_init(struct parser *parser, const struct pipeline *p, struct err *e)
{
	message_setup();
	*parser = (struct parser){ .p = p, .encoder = encoder_new() };
	return parser->encoder ? 0 : err_set(e, -ENOMEM, "out of memory");
}

static void parser_done(struct parser *parser)
{
	encoder_free(parser->encoder);
	buf_free(&parser->records);
}

static int parse_and_store(struct parser *x, const char *data, size_t len, uint64_t seq,
                           struct err *e)
{
	buf_reset(&x->records);
	int rc = batch_to_records(x->encoder, data, len, &x->p->marks, &x->records, e);
	return rc < 0 ? rc : store_records(x->p->conn, seq, &x->records, e);
}

/* ---- a sibling ---- */

static int do_job(struct parser *x, const struct job *job, int fd, struct err *e)
{
	size_t len = (size_t)job->len;
	char *data = mmap(NULL, len, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (data == MAP_FAILED)
		return err_sys(e, errno, "map a batch");
	int rc = parse_and_store(x, data, len, job->seq, e);
	munmap(data, len);
	return rc;
}

static int work(struct parser *x, struct err *e)
{
	for (;;) {
		struct job job;
		int fd = -1;
		int rc = queue_take(x->p->queue.take, &job, sizeof(job), &fd, e);
		if (rc <= 0)
			return rc;
		rc = rc == (int)sizeof(job) && fd >= 0
		         ? do_job(x, &job, fd, e)
		         : err_set(e, -EBADMSG, "a batch came without its mail");
		if (fd >= 0)
			close(fd);
		if (rc < 0)
			return rc;
	}
}

static int sibling(void *rock)
{
	struct pipeline *p = rock;
	struct err e = { .text = "" };
	struct parser parser;
	close(p->queue.put); /* or the queue would never end */
	int rc = parser_init(&parser, p, &e);
	if (rc == 0)
		rc = work(&parser, &e);
	parser_done(&parser);
	if (rc < 0)
		fprintf(p->errs, "lei: import: %s\n", e.text);
	return rc < 0;
}

/* ---- the leader ---- */

static int start(struct pipeline *p, struct err *e)
{
	int rc = queue_open(&p->queue, e);
	if (rc < 0)
		return rc;
	p->running = true;
	fflush(p->errs);
	for (size_t i = 0; i < p->jobs && rc == 0; i++)
		rc = pool_fork(&p->pool, sibling, p, e);
	close(p->queue.take); /* with the last sibling gone, queue_put says so */
	p->queue.take = -1;
	return rc;
}

/* A sibling that ended early is the reason for whatever else failed. */
static int look_for_dead(struct pipeline *p, int rc, struct err *e)
{
	struct err dead = { .text = "" };
	int poll = pool_poll(&p->pool, &dead);
	if (poll == -EAGAIN || poll == 0)
		return rc;
	*e = dead;
	return poll;
}

static int hand_over(struct pipeline *p, struct err *e)
{
	struct job job = { p->nbatches, p->batch.len };
	int fd = -1, rc = p->running ? 0 : start(p, e);
	if (rc == 0)
		rc = memfd_with(p->batch.data, p->batch.len, &fd, e);
	if (rc < 0)
		return rc;
	rc = queue_put(p->queue.put, &job, sizeof(job), fd, e);
	close(fd);
	p->nbatches++;
	buf_reset(&p->batch);
	return look_for_dead(p, rc, e);
}

int pipeline_add(struct pipeline *p, const struct raw_mail *m, const char *folder, struct err *e)
{
	/* A big mail travels alone, so that memory is bounded by the mail, not by its company. */
	if (p->batch.len > 0 && p->batch.len + m->len > BATCH_BYTES) {
		int rc = hand_over(p, e);
		if (rc < 0)
			return rc;
	}
	batch_add(&p->batch, m, folder);
	return buf_ok(&p->batch) ? 0 : err_set(e, -ENOMEM, "out of memory");
}

int pipeline_edit(struct pipeline *p, const struct edit *ed, struct err *e)
{
	return edit_encode(ed, &p->edits, e);
}

static int finish_alone(struct pipeline *p, struct err *e)
{
	struct parser parser;
	if (p->batch.len == 0)
		return 0;
	int rc = parser_init(&parser, p, e);
	if (rc == 0)
		rc = parse_and_store(&parser, p->batch.data, p->batch.len, p->nbatches++, e);
	parser_done(&parser);
	return rc;
}

static int finish_siblings(struct pipeline *p, struct err *e)
{
	int rc = p->batch.len > 0 ? hand_over(p, e) : 0;
	queue_close(&p->queue);
	if (rc < 0)
		return rc;
	rc = pool_wait(&p->pool, e);
	p->running = false;
	return rc;
}

int pipeline_finish(struct pipeline *p, struct store_counts *ret, struct err *e)
{
	int rc = p->running ? finish_siblings(p, e) : finish_alone(p, e);
	if (rc == 0 && p->edits.len > 0)
		rc = store_records(p->conn, p->nbatches++, &p->edits, e);
	if (rc == 0)
		rc = store_commit(p->conn, p->nbatches, ret, e);
	pipeline_abort(p);
	return rc;
}

void pipeline_abort(struct pipeline *p)
{
	if (p->running) {
		queue_close(&p->queue);
		pool_kill(&p->pool, SIGKILL);
		p->running = false;
	}
	buf_free(&p->batch);
	buf_free(&p->edits);
}

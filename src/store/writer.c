#include "proto.h"

#include "../event/event.h"
#include "../wire/wire.h"
#include "batch.h"
#include "db.h"
#include "hold.h"
#include "index.h"
#include "pause.h"
#include "search.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define COMMIT_BYTES ((uint64_t)128 << 20) /* of mail: a longer transaction is cut in two */
#define WAL_BYTES ((uint64_t)64 << 20)
#define BATCH_KEEP ((size_t)4 << 20) /* a bigger buffer is given back at once */
/* Another process may wait for us: an open transaction is committed when it is this old, or
 * when nothing came for IDLE_COMMIT.  After IDLE_TIDY the log is folded in, memory released. */
#define COMMIT_AGE (5 * EVENT_SECOND)
#define IDLE_COMMIT (EVENT_SECOND / 2)
#define IDLE_TIDY (EVENT_SECOND)
#define TIDY_AGAIN (5 * EVENT_SECOND) /* a reader was in the way */

struct writer {
	const char *dir;
	struct loop *loop;
	struct stream *door; /* NULL once the daemon has gone */
	struct stream *clock; /* carries the idle timer */
	waitevent idle;
	struct index *ix; /* NULL until needed */
	struct session *sessions;
	struct buf batch;
	int64_t began; /* of the open transaction */
};

struct session {
	struct writer *w;
	struct stream *stream;
	int fd;
	struct session *prev, *next;
	struct hold hold;
	uint64_t seq; /* the batch to apply next */
	struct store_counts counts;
	bool dirty; /* has applied batches that are not committed */
	bool subscribed; /* wants to hear of the outbox */
	bool reindexes; /* has begun to make the index anew */
};

/* ---- sessions end ---- */

static void session_free(struct session *s)
{
	struct writer *w = s->w;

	if (s->prev)
		s->prev->next = s->next;
	else
		w->sessions = s->next;
	if (s->next)
		s->next->prev = s->prev;
	stream_free(s->stream);
	close(s->fd);
	hold_done(&s->hold);
	free(s);
	if (!w->door && !w->sessions)
		loop_stop(w->loop);
}

static bool answer(struct session *s, int rc, const char *text)
{
	struct proto_answer a = { .rc = rc, .counts = s->counts };

	snprintf(a.text, sizeof(a.text), "%s", text);
	return wire_send(s->fd, &a, sizeof(a), NULL, 0, MSG_DONTWAIT) == 0;
}

/* Say why, take no more, and hang up.  The queue is emptied first: closing over unread
 * datagrams would tell the peer "connection reset" instead of the reason. */
static void session_fail(struct session *s, int rc, const char *text)
{
	char byte;

	answer(s, rc, text);
	shutdown(s->fd, SHUT_RD);
	while (recv(s->fd, &byte, 1, MSG_DONTWAIT) > 0)
		;
	session_free(s);
}

/* The transaction is gone: everyone who had a part in it must hear. */
static void fail_dirty(struct writer *w, int rc, const char *text)
{
	for (struct session *s = w->sessions, *next; s; s = next) {
		next = s->next;
		if (s->dirty)
			session_fail(s, rc, text);
	}
}

/* ---- commit ---- */

/* Whoever does not take it has news waiting already. */
static void tell_subscribers(struct writer *w)
{
	for (struct session *s = w->sessions; s; s = s->next)
		if (s->subscribed)
			answer(s, 0, "");
}

static int commit(struct writer *w, struct err *e)
{
	int rc = w->ix ? index_commit(w->ix, e) : 0;

	if (rc) {
		fail_dirty(w, rc, e->text);
		return rc;
	}
	for (struct session *s = w->sessions; s; s = s->next)
		s->dirty = false;
	if (w->ix && index_stirred(w->ix))
		tell_subscribers(w);
	if (w->ix)
		index_checkpoint(w->ix, WAL_BYTES);
	return 0;
}

/* In the middle of an import: if another daemon's writer waits, it is to find its moment. */
static int commit_and_yield(struct writer *w, struct err *e)
{
	int rc = commit(w, e);

	pause_ms(2 * DB_LOOK_MS);
	return rc;
}

static waitevent on_idle(struct stream *st, waitevent ev, void *rock)
{
	struct writer *w = rock;
	struct err e = { 0 };

	if (w->ix && index_pending(w->ix)) {
		commit(w, &e);
		waitevent_set_mark(st, ev, loop_now(w->loop) + IDLE_TIDY);
		return ev;
	}
	buf_free(&w->batch);
	if (w->ix) {
		index_release_memory(w->ix);
		if (!index_checkpoint(w->ix, 0)) {
			waitevent_set_mark(st, ev, loop_now(w->loop) + TIDY_AGAIN);
			return ev;
		}
	}
	w->idle = WAITEVENT_NONE;
	return WAITEVENT_NONE;
}

static void stir(struct writer *w)
{
	int64_t mark = loop_now(w->loop) + IDLE_COMMIT;

	if (w->idle)
		waitevent_set_mark(w->clock, w->idle, mark);
	else
		w->idle = waitevent_add(w->clock, mark, on_idle, w);
}

/* Somebody has removed or replaced the store: what is in the old one is lost, and whoever put
 * it there must hear.  True if that was so. */
static bool leave_moved(struct writer *w)
{
	if (!w->ix || !index_has_moved(w->ix))
		return false;
	for (struct session *s = w->sessions, *next; s; s = next) {
		next = s->next;
		if (s->seq > 0)
			session_fail(s, -ESTALE, "the store was removed or replaced meanwhile");
	}
	index_close(w->ix);
	w->ix = NULL;
	return true;
}

static int need_index(struct session *s, struct err *e)
{
	struct writer *w = s->w;

	if (s->seq == 0) /* who has begun goes on, and hears it at the commit */
		leave_moved(w);
	if (w->ix)
		return 0;
	int rc = store_check_place(w->dir, e);
	return rc ? rc : index_open(w->dir, &w->ix, e);
}

/* ---- batches ---- */

/* The index is made anew by one at a time: another would drop what the first has made. */
static int apply_edit(struct session *s, const struct edit *ed, struct err *e)
{
	for (struct session *o = s->w->sessions; o && ed->op == EDIT_REINDEX; o = o->next)
		if (o->reindexes && o != s)
			return err_set(e, -EBUSY, "the index of this store is being made anew");
	int rc = index_edit(s->w->ix, ed, &s->counts, e);
	if (rc == 0 && ed->op == EDIT_REINDEX)
		s->reindexes = true;
	return rc;
}

/* One record or edit: 1, 0 at the end, -EBADMSG, or what the index said. */
static int apply_next(struct session *s, size_t *at, struct err *e)
{
	const struct buf *b = &s->w->batch;
	enum batch_kind kind = batch_peek(b->data, b->len, *at);
	struct record r;
	struct edit ed;
	int rc = kind == BATCH_END ? 0 : -EBADMSG;

	if (kind == BATCH_RECORD)
		rc = record_next(b->data, b->len, at, &r);
	else if (kind == BATCH_EDIT)
		rc = edit_next(b->data, b->len, at, &ed);
	if (rc < 0)
		err_put(e, "corrupt batch %llu at byte %zu", (unsigned long long)s->seq, *at);
	if (rc <= 0)
		return rc;
	rc = kind == BATCH_RECORD ? index_add(s->w->ix, &r, &s->counts, e) : apply_edit(s, &ed, e);
	if (rc == 0)
		return 1;
	err_prefix(e, "batch %llu", (unsigned long long)s->seq);
	return rc;
}

/* Tell whom it concerns: everyone, when the transaction is gone. */
static void fail_batch(struct session *s, int rc, const char *text)
{
	if (s->w->ix && !index_pending(s->w->ix))
		fail_dirty(s->w, rc, text);
	else
		session_fail(s, rc, text);
}

static int apply_batch(struct session *s, struct err *e)
{
	struct writer *w = s->w;
	size_t at = 0;
	bool first = !index_pending(w->ix);
	int rc;

	while ((rc = apply_next(s, &at, e)) != 0) {
		s->dirty = true; /* with or without the others: this one may have failed */
		if (rc < 0) {
			fail_batch(s, rc, e->text);
			return rc;
		}
		if (first) /* perhaps after a long wait for another process */
			w->began = loop_now(w->loop);
		first = false;
	}
	s->seq++;
	if (w->batch.cap > BATCH_KEEP)
		buf_free(&w->batch);
	if (index_pending(w->ix) > COMMIT_BYTES || loop_now(w->loop) - w->began > COMMIT_AGE)
		return commit_and_yield(w, e);
	return 0;
}

/* Apply what is in the buffer and then every held batch whose turn has come. */
static void apply_turn(struct session *s)
{
	struct writer *w = s->w;
	struct err e = { 0 };
	int rc = apply_batch(s, &e);

	while (rc == 0) {
		rc = hold_take(&s->hold, s->seq, &w->batch, &e);
		if (rc == 0)
			return;
		if (rc < 0) {
			session_fail(s, rc, e.text);
			return;
		}
		rc = apply_batch(s, &e);
	}
}

static void do_put(struct session *s, const struct proto_request *q, int *fd)
{
	struct err e = { 0 };
	int rc = 0;

	if (*fd < 0 || q->seq < s->seq || q->seq - s->seq > HOLD_AHEAD || q->len > PROTO_BATCH_MAX)
		rc = err_set(&e, -EBADMSG, "corrupt batch: number %llu of %llu bytes",
		             (unsigned long long)q->seq, (unsigned long long)q->len);
	if (!rc)
		rc = need_index(s, &e);
	if (!rc && q->seq != s->seq) {
		rc = hold_add(&s->hold, s->w->dir, q->seq, fd, q->len, &e);
	} else if (!rc) {
		rc = hold_read(*fd, 0, q->len, &s->w->batch, &e);
		if (!rc) {
			apply_turn(s);
			return;
		}
	}
	if (rc)
		session_fail(s, rc, e.text);
}

static void do_commit(struct session *s, const struct proto_request *q)
{
	struct err e = { 0 };

	if (q->seq != s->seq) {
		err_put(&e, "batch %llu of %llu never arrived", (unsigned long long)s->seq,
		        (unsigned long long)q->seq);
		session_fail(s, -EPROTO, e.text);
		return;
	}
	bool dirty = s->dirty;
	if (dirty && commit(s->w, &e))
		return; /* told already */
	if (s->seq > 0 && leave_moved(s->w))
		return; /* told already */
	if (!answer(s, 0, ""))
		session_free(s);
}

static void do_ensure(struct session *s)
{
	struct err e = { 0 };
	int rc = need_index(s, &e);

	if (rc)
		session_fail(s, rc, e.text);
	else if (!answer(s, 0, ""))
		session_free(s);
}

static void do_subscribe(struct session *s)
{
	s->subscribed = true;
	if (!answer(s, 0, ""))
		session_free(s);
}

/* Whole messages only were applied: keep them, though nobody is left to be told. */
static void do_eof(struct session *s)
{
	struct writer *w = s->w;
	struct err e = { 0 };
	bool dirty = s->dirty, reindexes = s->reindexes;

	session_free(s);
	int rc = dirty ? commit(w, &e) : 0;
	if (!rc && reindexes && w->ix) /* nothing is left of it when it was finished */
		rc = index_drop_again(w->ix, &e);
	if (rc)
		fprintf(stderr, "lei store: %s\n", e.text);
}

static void route(struct session *s, const struct proto_request *q, struct wire_packet *p)
{
	switch (q->op) {
	case PROTO_PUT:
		do_put(s, q, &p->fds[0]);
		break;
	case PROTO_COMMIT:
		do_commit(s, q);
		break;
	case PROTO_ENSURE:
		do_ensure(s);
		break;
	case PROTO_SUBSCRIBE:
		do_subscribe(s);
		break;
	default:
		session_fail(s, -EBADMSG, "unknown request");
	}
}

static void on_session(struct stream *st, unsigned ready, void *rock)
{
	struct session *s = rock;
	struct writer *w = s->w;
	struct proto_request q = { 0 };
	struct wire_packet p = { .data = (char *)&q, .cap = sizeof(q) };

	(void)st;
	(void)ready;
	int rc = wire_recv(s->fd, &p, MSG_DONTWAIT);
	if (rc == -EAGAIN || rc == -EINTR)
		return;
	if (rc == 0 && p.nfds == 0)
		p.fds[0] = -1;
	if (rc == -EMSGSIZE || (rc == 0 && p.len > 0 && p.len != sizeof(q)))
		session_fail(s, -EBADMSG, "malformed request");
	else if (rc < 0 || p.len == 0)
		do_eof(s);
	else
		route(s, &q, &p);
	for (size_t i = 0; rc == 0 && i < p.nfds; i++)
		if (p.fds[i] >= 0)
			close(p.fds[i]);
	stir(w); /* counted from now, however long that took */
}

/* ---- the door ---- */

static void admit(struct writer *w, int *fd)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return;
	s->w = w;
	s->fd = *fd;
	hold_init(&s->hold);
	s->stream = stream_new(w->loop, s->fd, STREAM_READ, on_session, s);
	if (!s->stream) {
		free(s);
		return;
	}
	*fd = -1;
	s->next = w->sessions;
	if (s->next)
		s->next->prev = s;
	w->sessions = s;
}

static void on_door(struct stream *st, unsigned ready, void *rock)
{
	struct writer *w = rock;
	char byte[16];
	struct wire_packet p = { .data = byte, .cap = sizeof(byte) };

	(void)ready;
	int rc = wire_recv(stream_fd(st), &p, MSG_DONTWAIT);
	if (rc == -EAGAIN || rc == -EINTR || rc == -EMSGSIZE)
		return;
	if (rc == 0 && p.len > 0) {
		for (size_t i = 0; i < p.nfds; i++) {
			admit(w, &p.fds[i]);
			if (p.fds[i] >= 0)
				close(p.fds[i]);
		}
		return;
	}
	stream_free(w->door);
	w->door = NULL;
	if (!w->sessions)
		loop_stop(w->loop);
}

/* Only the end of the door ends the writer: a signal meant for the daemon's group must not
 * cost a command its commit; a full disk must be an error, not a signal. */
static void ignore_signals(void)
{
	static const int ignored[] = { SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGUSR1,
		                       SIGUSR2, SIGPIPE, SIGXFSZ, SIGALRM, SIGTSTP };
	sigset_t none;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

int store_serve(const char *dir, int door)
{
	struct writer w = { .dir = dir };
	struct err e = { 0 };
	int rc = -ENOMEM;

	ignore_signals();
	w.loop = loop_new(LOOP_MONOTONIC, NULL);
	if (w.loop) {
		w.door = stream_new(w.loop, door, STREAM_READ, on_door, &w);
		w.clock = stream_new(w.loop, -1, 0, NULL, NULL);
	}
	if (w.door && w.clock)
		rc = loop_run(w.loop);
	if (rc)
		fprintf(stderr, "lei store: cannot wait for requests: %s\n", strerror(-rc));
	while (w.sessions) /* a commit that fails ends others, too */
		do_eof(w.sessions); /* NOLINT(clang-analyzer-unix.Malloc): it unlinks itself */
	if (!rc && (rc = commit(&w, &e)) != 0)
		fprintf(stderr, "lei store: %s\n", e.text);
	index_close(w.ix);
	buf_free(&w.batch);
	loop_free(w.loop);
	return rc ? 1 : 0;
}

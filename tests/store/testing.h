/* Fixture: messages made by hand, a directory per test, a writer in a child. */
#ifndef TESTS_STORE_TESTING_H
#define TESTS_STORE_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../work.h"
#include "base/buf.h"
#include "base/err.h"
#include "store/record.h"
#include "store/search.h"
#include "store/writer.h"
#include "store/zip.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* zip_unpack with a context of its own. */
static inline int unzip(const char *packed, size_t len, struct buf *out, struct err *e)
{
	struct zip *zip = zip_new();
	assert_non_null(zip);
	int rc = zip_unpack(zip, packed, len, out, e);
	zip_free(zip);
	return rc;
}

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define NOW INT64_C(1600000000) /* 2020-09-13 12:26:40 UTC, a Sunday */

/* ---- directories ---- */

struct dirs {
	char top[64];
	char store[96]; /* not made yet */
};

static inline int dirs_setup(void **state)
{
	struct dirs *d = calloc(1, sizeof(*d));
	assert_non_null(d);
	strcpy(d->top, "/tmp/lei-store-XXXXXX");
	assert_non_null(mkdtemp(d->top));
	snprintf(d->store, sizeof(d->store), "%s/share/lei/cstore", d->top);
	*state = d;
	return 0;
}

static inline int dirs_remove_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
	(void)st;
	(void)type;
	(void)w;
	return remove(path);
}

static inline int dirs_teardown(void **state)
{
	struct dirs *d = *state;
	nftw(d->top, dirs_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(d);
	return 0;
}

static inline void make_dir(const char *top, const char *name)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", top, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static inline void make_file(const char *top, const char *name)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", top, name);
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
}

/* ---- messages ---- */

struct mail { /* what a test wants to say; NULL is empty */
	const char *subject, *from, *to, *cc, *mid, *list, *quoted, *body, *filename, *refs;
	/* mid, list and refs may be several, with blanks between them */
	int64_t sent, received;
	uint64_t size;
	unsigned content; /* messages with an equal number have equal content */
	kw_set kw;
	bool no_kw;
	const char *label;
	const char *raw; /* NULL: made from the subject */
};

/* Any function of the raw bytes will do as an identity here. */
static inline void fake_oid(const char *raw, char oid[41])
{
	uint64_t h = 1469598103934665603u;
	for (int i = 0; i < 40; i += 8) {
		for (const char *p = raw; *p; p++)
			h = (h ^ (unsigned char)*p) * 1099511628211u;
		h = (h ^ (unsigned)i) * 1099511628211u;
		snprintf(oid + i, 9, "%08x", (unsigned)(h >> 16));
	}
}

static inline const char *mail_raw(const struct mail *m)
{
	return m->raw ? m->raw : m->subject ? m->subject : "";
}

/* Words become entries. */
static inline void add_list(struct buf *b, const char *s)
{
	while (s && *(s += strspn(s, " "))) {
		size_t n = strcspn(s, " ");
		buf_add(b, s, n);
		buf_addc(b, '\0');
		s += n;
	}
}

static inline void add_text(struct buf *b, const char *s)
{
	if (s)
		buf_adds(b, s);
}

static inline void encode(struct buf *batch, const struct mail *m)
{
	static char empty[] = "";
	struct err e = { 0 };
	struct message msg = { .sent = m->sent, .received = m->received, .size = m->size };
	char labels[64] = { 0 };

	fake_oid(mail_raw(m), msg.oid);
	memcpy(msg.content, &m->content, sizeof(m->content));
	msg.subject = m->subject ? strdup(m->subject) : empty;
	msg.from = m->from ? strdup(m->from) : empty;
	msg.to = m->to ? strdup(m->to) : empty;
	msg.cc = m->cc ? strdup(m->cc) : empty;
	add_list(&msg.mids, m->mid);
	add_list(&msg.refs, m->refs);
	add_list(&msg.lists, m->list);
	const char *const texts[TEXT_FIELDS] = { m->subject, m->from,     m->to,     m->cc,  m->mid,
		                                 m->list,    m->filename, m->quoted, m->body };
	for (int i = 0; i < TEXT_FIELDS; i++)
		add_text(&msg.text[i], texts[i]);
	snprintf(labels, sizeof(labels) - 1, "%s", m->label ? m->label : "");
	const char *raw = mail_raw(m);
	struct encoder *x = encoder_new();
	assert_int_equal(record_encode(x, &msg, raw, strlen(raw),
	                               &(struct record_marks){
					   .kw = m->kw, .set_kw = !m->no_kw, .labels = labels },
	                               batch, &e),
	                 0);
	encoder_free(x);
	for (int i = 0; i < TEXT_FIELDS; i++)
		buf_free(&msg.text[i]);
	buf_free(&msg.mids);
	buf_free(&msg.refs);
	buf_free(&msg.lists);
	char *const strings[] = { msg.subject, msg.from, msg.to, msg.cc };
	for (size_t i = 0; i < COUNT(strings); i++)
		if (strings[i] != empty)
			free(strings[i]);
}

/* ---- a writer in a child ---- */

struct writer_child {
	pid_t pid;
	int door;
};

static inline void writer_start(struct writer_child *w, const char *dir, void (*before)(void))
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	w->pid = fork();
	assert_true(w->pid >= 0);
	if (w->pid == 0) {
		close(fds[0]);
		if (before)
			before();
		_exit(store_serve(dir, fds[1]));
	}
	close(fds[1]);
	w->door = fds[0];
}

static inline int writer_stop(struct writer_child *w) /* the wait status */
{
	int status;

	close(w->door);
	assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
	return status;
}

static inline int writer_connect(struct writer_child *w)
{
	struct err e = { 0 };
	int conn = -1;

	assert_int_equal(store_connect(w->door, &conn, &e), 0);
	return conn;
}

static inline int put_bytes(int conn, uint64_t seq, const void *p, size_t n, size_t announced,
                            struct err *e)
{
	int fd = memfd_create("batch", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	int rc = store_put(conn, seq, fd, announced, e);
	close(fd);
	return rc;
}

static inline int put_mails(int conn, uint64_t seq, const struct mail *mails, size_t n,
                            struct err *e)
{
	struct buf batch = { 0 };

	for (size_t i = 0; i < n; i++)
		encode(&batch, &mails[i]);
	int rc = put_bytes(conn, seq, batch.data ? batch.data : "", batch.len, batch.len, e);
	buf_free(&batch);
	return rc;
}

/* Store these and stop the writer. */
static inline struct store_counts store_all(const char *dir, const struct mail *mails, size_t n)
{
	struct writer_child w;
	struct store_counts counts = { 0 };
	struct err e = { 0 };

	writer_start(&w, dir, NULL);
	int conn = writer_connect(&w);
	assert_int_equal(put_mails(conn, 0, mails, n, &e), 0);
	if (store_commit(conn, 1, &counts, &e))
		fail_msg("commit: %s", e.text);
	close(conn);
	assert_int_equal(writer_stop(&w), 0);
	return counts;
}

/* ---- what is found ---- */

struct found { /* subjects, each followed by a blank */
	struct buf subjects;
	size_t n;
};

static inline int found_add(void *rock, const struct hit *h)
{
	struct found *f = rock;
	buf_adds(&f->subjects, h->subject);
	buf_addc(&f->subjects, ' ');
	f->n++;
	return 0;
}

static inline size_t count_stored(const char *dir)
{
	static const struct search_opts all = { .sort = SORT_DOCID, .limit = -1 };
	struct store *s = NULL;
	struct query *q = NULL;
	struct err e = { 0 };
	struct found f = { 0 };

	if (store_open(dir, &s, &e) == -ENOENT)
		return 0;
	assert_non_null(s);
	assert_int_equal(query_compile("z:0..", NOW, &q, &e), 0);
	assert_int_equal(store_search(s, q, &all, true, found_add, &f, &e), 0);
	query_free(q);
	store_close(s);
	buf_free(&f.subjects);
	return f.n;
}

#endif

/* A store of real messages, each an answer to the one before it, and what fsck finds in it. */
#ifndef TESTS_STORE_REAL_H
#define TESTS_STORE_REAL_H

#include "testing.h"

#include "mail/message.h"
#include "store/edit.h"
#include "store/fsck.h"

enum { MAILS = 12 };

/* ---- a store of real messages ---- */

static inline void add_mail(struct buf *batch, struct encoder *x, int n)
{
	struct message m = { 0 };
	struct err e = { 0 };
	struct buf raw = { 0 };
	char name[32];

	buf_addf(&raw,
	         "From: A%d <a%d@example.com>\nTo: b@example.com\nSubject: number %d, running\n"
	         "Message-ID: <m%d@example.com>\nList-Id: <l%d.example.com>\n"
	         "References: <m%d@example.com>\nDate: Thu, 01 Jan 2015 00:00:%02d +0000\n\n",
	         n, n, n, n, n % 3, n - 1, n);
	for (int i = 0; i < 40; i++)
		buf_addf(&raw, "word%d jumping ", n * i);
	buf_addc(&raw, '\n');
	snprintf(name, sizeof(name), "%d:2,S", n);
	assert_int_equal(message_parse(raw.data, raw.len, &m, &e), 0);
	const struct record_marks marks = { .set_kw = true,
		                            .labels = "inbox\0",
		                            .folder = "maildir:/m",
		                            .name = name,
		                            .file_kw = KW_SEEN };
	assert_int_equal(record_encode(x, &m, raw.data, raw.len, &marks, batch, &e), 0);
	message_done(&m);
	buf_free(&raw);
}

/* What a writer of its own made of a batch. */
static inline struct store_counts committed(const struct dirs *d, const struct buf *batch)
{
	struct writer_child w;
	struct store_counts counts;
	struct err e = { 0 };

	writer_start(&w, d->store, NULL);
	int conn = writer_connect(&w);
	assert_int_equal(put_bytes(conn, 0, batch->data, batch->len, batch->len, &e), 0);
	assert_int_equal(store_commit(conn, 1, &counts, &e), 0);
	close(conn);
	assert_int_equal(writer_stop(&w), 0);
	return counts;
}

static inline void make_store(const struct dirs *d)
{
	struct buf batch = { 0 };
	struct encoder *x = encoder_new();

	message_setup();
	for (int i = 0; i < MAILS; i++)
		add_mail(&batch, x, i);
	assert_int_equal(committed(d, &batch).added, MAILS);
	encoder_free(x);
	buf_free(&batch);
}

/* ---- looking ---- */

static inline void note(void *rock, const struct damage *d)
{
	buf_addf(rock, "%s %lld %s: %s\n", d->what, (long long)d->docid, d->oid, d->text);
}

/* What is found, one a line. */
static inline void look(const struct dirs *d, struct buf *seen)
{
	const struct fsck_watcher w = { .rock = seen, .damage = note };
	struct fsck_counts n = { 0 };
	struct err e = { 0 };

	buf_reset(seen);
	if (store_fsck(d->store, &w, &n, &e) < 0)
		buf_addf(seen, "cannot: %s\n", e.text);
	buf_cstr(seen);
}

#endif

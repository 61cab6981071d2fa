/* Fixture: a store with its writer, Maildirs beside it, and what is known of them as text. */
#ifndef TESTS_WATCH_TESTING_H
#define TESTS_WATCH_TESTING_H

#include "../store/testing.h"

#include "store/sync.h"
#include "watch/watch.h"

#include <dirent.h>

struct place {
	struct dirs *d;
	struct writer_child w;
	FILE *log;
	char *log_text;
	size_t log_len;
	struct watch_setup setup;
	pid_t watcher; /* of a test that failed half-way; 0: none */
};

static inline int place_connect(void *rock, struct err *e)
{
	struct place *p = rock;
	int conn = -1;
	int rc = store_connect(p->w.door, &conn, e);

	if (rc == -EPIPE) { /* as the daemon does */
		writer_start(&p->w, p->d->store, NULL);
		rc = store_connect(p->w.door, &conn, e);
	}
	return rc < 0 ? rc : conn;
}

static inline int place_setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	dirs_setup((void **)&p->d);
	p->log = open_memstream(&p->log_text, &p->log_len);
	p->setup = (struct watch_setup){
		.store_dir = p->d->store, .connect = place_connect, .rock = p, .log = p->log
	};
	writer_start(&p->w, p->d->store, NULL);
	*state = p;
	return 0;
}

static inline int place_teardown(void **state)
{
	struct place *p = *state;
	void *d = p->d;

	if (p->watcher > 0) {
		kill(p->watcher, SIGKILL);
		waitpid(p->watcher, NULL, 0);
	}
	writer_stop(&p->w);
	fclose(p->log);
	free(p->log_text);
	free(p);
	return dirs_teardown(&d);
}

/* ---- files ---- */

static inline const char *path_in(const struct place *p, const char *name)
{
	static char paths[4][512];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", p->d->top, name);
	return path;
}

static inline const char *url_of(const struct place *p, const char *box)
{
	static char url[512];

	snprintf(url, sizeof(url), "maildir:%s/%s", p->d->top, box);
	return url;
}

static inline void make_box(const struct place *p, const char *box)
{
	static const char *const subs[] = { "", "/cur", "/new", "/tmp" };
	char name[64];

	for (size_t i = 0; i < COUNT(subs); i++) {
		snprintf(name, sizeof(name), "%s%s", box, subs[i]);
		make_dir(p->d->top, name);
	}
}

/* A mail about `subject` as BOX/cur/NAME. */
static inline void write_mail(const struct place *p, const char *name, const char *subject)
{
	FILE *f = fopen(path_in(p, name), "w");

	assert_non_null(f);
	fprintf(f,
	        "From: a@example.com\nSubject: %s\nMessage-ID: <%s@example.com>\n"
	        "Date: Thu, 01 Jan 2015 00:00:00 +0000\n\nHello.\n",
	        subject, subject);
	fclose(f);
}

static inline void move_file(const struct place *p, const char *from, const char *to)
{
	assert_int_equal(rename(path_in(p, from), path_in(p, to)), 0);
}

static inline void remove_file(const struct place *p, const char *name)
{
	assert_int_equal(unlink(path_in(p, name)), 0);
}

static inline bool is_there(const struct place *p, const char *name)
{
	return access(path_in(p, name), F_OK) == 0;
}

/* ---- the store ---- */

static inline void add_flags(struct buf *b, kw_set kw)
{
	char flags[8];

	kw_to_maildir(kw, flags);
	buf_adds(b, flags);
}

static inline int describe_known(void *rock, const struct sync_file *f)
{
	buf_addf(rock, "%s=", f->name);
	add_flags(rock, f->base);
	buf_adds(rock, "/");
	add_flags(rock, f->kw);
	buf_addc(rock, ' ');
	return 0;
}

static inline void box_knows(const struct place *p, const char *box, struct buf *seen)
{
	struct store *s = NULL;
	struct err e = { 0 };

	if (store_open(p->d->store, &s, &e) == -ENOENT)
		return;
	assert_non_null(s);
	assert_int_equal(sync_files(s, url_of(p, box), describe_known, seen, &e), 0);
	store_close(s);
}

/* "NAME=BASE/MESSAGE " of each file that is known. */
static inline void knows(const struct place *p, const char *box, const char *expected)
{
	struct buf seen = { 0 };

	box_knows(p, box, &seen);
	assert_string_equal(buf_cstr(&seen), expected);
	buf_free(&seen);
}

static inline int take_oid(void *rock, const struct sync_file *f)
{
	memcpy(rock, f->oid, 41);
	return 1;
}

/* Change keywords of a message, durably. */
static inline void mark_oid(struct place *p, const char *oid, kw_set set, kw_set clear)
{
	struct edit ed = { .op = EDIT_MARK, .set = set, .clear = clear };
	struct err e = { 0 };
	struct buf batch = { 0 };
	int conn = writer_connect(&p->w);

	memcpy(ed.oid, oid, sizeof(ed.oid));
	assert_int_equal(edit_encode(&ed, &batch, &e), 0);
	assert_int_equal(put_bytes(conn, 0, batch.data, batch.len, batch.len, &e), 0);
	assert_int_equal(store_commit(conn, 1, NULL, &e), 0);
	buf_free(&batch);
	close(conn);
}

/* The same for that whose file has this unique part. */
static inline void mark(struct place *p, const char *box, const char *unique, kw_set set,
                        kw_set clear)
{
	struct store *s = NULL;
	struct err e = { 0 };
	char oid[41];

	assert_int_equal(store_open(p->d->store, &s, &e), 0);
	assert_int_equal(sync_named(s, url_of(p, box), unique, strlen(unique), take_oid, oid, &e),
	                 1);
	store_close(s);
	mark_oid(p, oid, set, clear);
}

static inline const char *log_of(struct place *p)
{
	fflush(p->log);
	return p->log_text;
}

#endif

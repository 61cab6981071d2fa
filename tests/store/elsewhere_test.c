/* Messages whose bytes are in a Maildir only, and finding messages by what is known of them. */
#include "testing.h"

#include "mail/message.h"
#include "store/lookup.h"

#define RAW "Message-ID: <a@example.com>\nSubject: here\n\nbody\n"

struct world {
	struct dirs *d;
	char folder[96], url[128];
	struct store *s;
	struct message msg;
};

static void put_file(const struct world *w, const char *name, const char *data)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", w->folder, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(data, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* The message as `lei index` leaves it: in the store without its bytes. */
static void index_one(struct world *w)
{
	struct err e = { "" };
	struct buf batch = { 0 };
	struct writer_child child;
	struct store_counts counts;
	assert_int_equal(message_parse(RAW, strlen(RAW), &w->msg, &e), 0);
	const struct record_marks marks = {
		.set_kw = true, .labels = "", .folder = w->url, .name = "a:2,"
	};
	struct encoder *x = encoder_new();
	assert_int_equal(record_encode(x, &w->msg, NULL, strlen(RAW), &marks, &batch, &e), 0);
	encoder_free(x);
	writer_start(&child, w->d->store, NULL);
	int conn = writer_connect(&child);
	assert_int_equal(put_bytes(conn, 0, batch.data, batch.len, batch.len, &e), 0);
	assert_int_equal(store_commit(conn, 1, &counts, &e), 0);
	close(conn);
	assert_int_equal(writer_stop(&child), 0);
	assert_int_equal(store_open(w->d->store, &w->s, &e), 0);
	buf_free(&batch);
}

static void open_world(struct world *w, void **state)
{
	*w = (struct world){ .d = *state };
	message_setup();
	make_dir(w->d->top, "md");
	make_dir(w->d->top, "md/cur");
	make_dir(w->d->top, "md/new");
	snprintf(w->folder, sizeof(w->folder), "%s/md", w->d->top);
	snprintf(w->url, sizeof(w->url), "maildir:%s", w->folder);
	put_file(w, "cur/a:2,", RAW);
	index_one(w);
}

static void close_world(struct world *w)
{
	store_close(w->s);
	message_done(&w->msg);
}

static void move(const struct world *w, const char *from, const char *to)
{
	char a[256], b[256];
	snprintf(a, sizeof(a), "%s/%s", w->folder, from);
	snprintf(b, sizeof(b), "%s/%s", w->folder, to);
	assert_int_equal(rename(a, b), 0);
}

static void bytes_come_from_the_file(void **state)
{
	struct world w;
	struct buf out = { 0 };
	struct err e = { "" };
	open_world(&w, state);
	assert_int_equal(store_blob(w.s, w.msg.oid, &out, &e), 0);
	assert_string_equal(buf_cstr(&out), RAW);
	move(&w, "cur/a:2,", "cur/a:2,FS");
	assert_int_equal(store_blob(w.s, w.msg.oid, &out, &e), 0);
	assert_string_equal(buf_cstr(&out), RAW);
	put_file(&w, "cur/a:2,FS", "Subject: other\n\n");
	assert_int_equal(store_blob(w.s, w.msg.oid, &out, &e), -ESTALE);
	assert_non_null(strstr(e.text, "only indexed"));
	put_file(&w, "new/a", "Status: RO\n" RAW); /* not part of the message */
	assert_int_equal(store_blob(w.s, w.msg.oid, &out, &e), 0);
	assert_string_equal(buf_cstr(&out), RAW);
	buf_free(&out);
	close_world(&w);
}

static int note_oid(void *rock, int64_t docid, const char *oid)
{
	char *ret = rock;
	assert_int_equal(docid, 1);
	memcpy(ret, oid, 41);
	return 0;
}

static void what_is_known_finds_it(void **state)
{
	struct world w;
	struct folder_stat stat = { 0 };
	struct err e = { "" };
	char oid[41] = "";
	int64_t docid = 0;
	open_world(&w, state);
	assert_int_equal(lookup_mid(w.s, "a@example.com", note_oid, oid, &e), 0);
	assert_string_equal(oid, w.msg.oid);
	assert_int_equal(lookup_message(w.s, &w.msg, oid, &e), 1);
	memset(w.msg.oid, '0', 40); /* other bytes, the same content */
	assert_int_equal(lookup_message(w.s, &w.msg, oid, &e), 1);
	oid[7] = '\0';
	assert_int_equal(lookup_blob(w.s, oid, &docid, oid, &e), 1);
	assert_int_equal(docid, 1);
	assert_int_equal(lookup_blob(w.s, w.msg.oid, &docid, oid, &e), -ENOENT);
	assert_int_equal(lookup_folder(w.s, w.url, &stat, &e), 1);
	assert_int_equal(stat.files, 1);
	assert_int_equal(stat.alone, 1);
	assert_int_equal(lookup_folder(w.s, "maildir:/other", &stat, &e), 0);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bytes_come_from_the_file, dirs_setup,
		                                dirs_teardown),
		cmocka_unit_test_setup_teardown(what_is_known_finds_it, dirs_setup, dirs_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A store is damaged in every way that we know, and one bit after the other; it is noticed. */
#include "real.h"

#include "store/db.h"
#include "store/reread.h"

/* ---- damage ---- */

static void run(const struct dirs *d, const char *sql)
{
	char path[256];
	sqlite3 *db = NULL;

	snprintf(path, sizeof(path), "%s/" DB_FILE, d->store);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
	sqlite3_close(db);
}

static void read_file(const struct dirs *d, struct buf *ret)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "%s/" DB_FILE, d->store);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	char *to = buf_room(ret, (size_t)st.st_size);
	assert_int_equal(read(fd, to, (size_t)st.st_size), st.st_size);
	ret->len = (size_t)st.st_size;
	close(fd);
}

static void write_file(const struct dirs *d, const char *p, size_t n, size_t at)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/" DB_FILE, d->store);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, p, n, (off_t)at), n);
	close(fd);
}

static void truncate_file(const struct dirs *d, size_t n)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/" DB_FILE, d->store);
	assert_int_equal(truncate(path, (off_t)n), 0);
}

/* ---- tests ---- */

static void a_whole_store_is_whole(void **state)
{
	struct dirs *d = *state;
	struct buf seen = { 0 };

	make_store(d);
	look(d, &seen);
	assert_string_equal(seen.data, "");
	buf_free(&seen);
}

struct wound {
	const char *sql, *found;
};

static const struct wound mended[] = {
	/* by a new index */
	{ "UPDATE message SET subject = 'x' WHERE docid = 3", "message 3 : its subject" },
	{ "UPDATE message SET from_ = 'x' WHERE docid = 3", "message 3 : its sender" },
	{ "UPDATE message SET cc = 'x' WHERE docid = 3", "message 3 : its Cc" },
	{ "UPDATE message SET refs = x'00' WHERE docid = 3", "message 3 : its list of references" },
	{ "UPDATE message SET mids = x'610000' WHERE docid = 3",
	  "message 3 : its list of Message" },
	{ "UPDATE message SET content = zeroblob(32) WHERE docid = 3", "message 3 : its content" },
	{ "UPDATE message SET received = received + 1 WHERE docid = 3", "message 3 : its dates" },
	{ "UPDATE message SET size = 1 WHERE docid = 3", "message 3 : its size" },
	{ "UPDATE message SET kw = 4096 WHERE docid = 3", "message 3" },
	{ "DELETE FROM mid WHERE docid = 3", "Message-IDs 3" },
	{ "INSERT INTO mid VALUES('more', 3)", "Message-IDs 3" },
	{ "INSERT INTO mid VALUES('more', 99)", "Message-IDs 99" },
	{ "DELETE FROM thread WHERE docid = 3", "thread 3 : the message is in none" },
	{ "INSERT INTO thread VALUES(99, 1)", "thread 99" },
	{ "UPDATE thread SET tid = 99 WHERE docid = 3",
	  "thread 3 : the message is in another than '" },
	{ "UPDATE thread SET tid = 99 WHERE docid < 0",
	  "thread 1 : the message is in another than '" },
	{ "DELETE FROM mid WHERE docid < 0", "thread 1 : the message is in another than '" },
	{ "INSERT INTO mid VALUES('ghost', -99)", "thread -99 : 'ghost'" },
	{ "DELETE FROM list WHERE docid = 3", "lists 3" },
	{ "INSERT INTO list VALUES('more', 3)", "lists 3" },
	{ "DELETE FROM stem WHERE word = 'running'", "stem 0 : that of 'running'" },
	{ "INSERT INTO stem VALUES('walk', 'running')", "stem 0 : 'walk' is not" },
	{ "INSERT INTO fts(fts, rowid, body) VALUES('delete', 3, 'jumping ')", "words 3" },
	{ "INSERT INTO fts(rowid, body) VALUES(3, 'more ')", "words 3" },
	{ "DELETE FROM fts_docsize WHERE id = 3", "words 3" },
	{ "UPDATE fts_docsize SET sz = (SELECT sz FROM fts_docsize WHERE id = 10) || x'01'"
	  " WHERE id = 3",
	  "words 3" },
	{ "UPDATE fts_data SET block = x'000102' WHERE id = 1", "words 0 : their number" },
	{ "DELETE FROM fts_idx", "words 0" },
	{ "UPDATE fts_data SET block = zeroblob(length(block)) WHERE id > 1000", "words 0" },
	{ "DELETE FROM fts_data WHERE id > 1000", "words 0" },
	{ "INSERT INTO label VALUES('x', 99)", "label 99" },
	{ "INSERT INTO outbox VALUES(99)", "outbox 99" },
	{ "UPDATE file SET docid = 99 WHERE docid = 3", "file 99" },
	{ "UPDATE file SET folder = 99 WHERE docid = 3", "file 3" },
	{ "UPDATE file SET base = 64 WHERE docid = 3", "file 3" },
};

static const struct wound lasting[] = {
	{ "UPDATE fts_config SET v = 3", "database 0" },
	{ "DELETE FROM blob WHERE id = 3", "blob 3" },
	{ "UPDATE blob SET z = substr(z, 1, length(z) - 1) WHERE id = 3", "blob 3" },
	{ "UPDATE blob SET z = (SELECT z FROM blob WHERE id = 4) WHERE id = 3", "blob 3" },
	{ "UPDATE blob SET oid = zeroblob(20) WHERE id = 3", "blob 3 0000" },
	{ "DELETE FROM message WHERE docid = 3", "blob 3" },
	{ "INSERT INTO blob VALUES(77, 3, x'6b2c5a4d6b2c5a4d6b2c5a4d6b2c5a4d6b2c5a4d', x'00')",
	  "blob 3 6b2c" },
	{ "DROP INDEX blob_oid", "database 0 : table or index blob_oid" },
};

static void are_named(const struct dirs *d, const struct wound *wounds, size_t n)
{
	struct buf kept = { 0 }, seen = { 0 };
	int bad = 0;

	read_file(d, &kept);
	for (size_t i = 0; i < n; i++) {
		run(d, wounds[i].sql);
		look(d, &seen);
		if (!strstr(seen.data, wounds[i].found)) {
			print_error("%s: found `%s'\n", wounds[i].sql, seen.data);
			bad++;
		}
		write_file(d, kept.data, kept.len, 0);
	}
	assert_int_equal(bad, 0);
	buf_free(&kept);
	buf_free(&seen);
}

static void every_damage_is_named(void **state)
{
	make_store(*state);
	are_named(*state, mended, COUNT(mended));
	are_named(*state, lasting, COUNT(lasting));
}

/* ---- a new index ---- */

struct again {
	struct encoder *encoder;
	struct buf batch;
};

static int add_again(void *rock, int64_t docid, const struct message *m, bool words)
{
	const struct record_marks marks = { .docid = docid, .words_only = words, .labels = "" };
	struct err e = { 0 };

	struct again *a = rock;

	return record_encode(a->encoder, m, NULL, 0, &marks, &a->batch, &e);
}

static void make_index_again(const struct dirs *d)
{
	const struct edit begin = { .op = EDIT_REINDEX }, end = { .op = EDIT_REINDEXED };
	struct again a = { .encoder = encoder_new() };
	struct writer_child w;
	struct store_counts counts;
	struct reread *r = NULL;
	struct err e = { 0 };
	uint64_t n;

	writer_start(&w, d->store, NULL);
	int conn = writer_connect(&w);
	assert_int_equal(edit_encode(&begin, &a.batch, &e), 0);
	assert_int_equal(put_bytes(conn, 0, a.batch.data, a.batch.len, a.batch.len, &e), 0);
	assert_int_equal(store_commit(conn, 1, &counts, &e), 0);
	buf_reset(&a.batch);
	assert_int_equal(reread_open(d->store, &r, &e), 0);
	assert_int_equal(reread_lacking(r, &n, &e), 0);
	assert_int_equal(reread_each(r, add_again, &a, &e), 0);
	assert_int_equal(edit_encode(&end, &a.batch, &e), 0);
	assert_int_equal(put_bytes(conn, 1, a.batch.data, a.batch.len, a.batch.len, &e), 0);
	if (store_commit(conn, 2, &counts, &e))
		fail_msg("commit: %s", e.text);
	assert_int_equal(counts.unknown, 0);
	reread_close(r);
	close(conn);
	assert_int_equal(writer_stop(&w), 0);
	encoder_free(a.encoder);
	buf_free(&a.batch);
}

static void a_new_index_mends_what_follows_from_messages(void **state)
{
	struct dirs *d = *state;
	struct buf kept = { 0 }, seen = { 0 };
	int bad = 0;

	make_store(d);
	read_file(d, &kept);
	for (size_t i = 0; i < COUNT(mended); i += (size_t)work(1, 6)) {
		run(d, mended[i].sql);
		make_index_again(d);
		look(d, &seen);
		if (seen.len) {
			print_error("%s: left `%s'\n", mended[i].sql, seen.data);
			bad++;
		}
		write_file(d, kept.data, kept.len, 0);
		truncate_file(d, kept.len);
	}
	assert_int_equal(bad, 0);
	buf_free(&kept);
	buf_free(&seen);
}

/* The bytes of a message are gone: all that is known of it stays. */
static void words_without_bytes_are_kept(void **state)
{
	struct dirs *d = *state;
	struct buf seen = { 0 };

	make_store(d);
	run(d, "CREATE TABLE kept AS SELECT oid, z FROM blob WHERE id = 3;"
	       "UPDATE blob SET z = zeroblob(0) WHERE id = 3");
	make_index_again(d);
	run(d, "UPDATE blob SET z = (SELECT z FROM kept) WHERE id = 3");
	look(d, &seen);
	assert_string_equal(seen.data, "");
	buf_free(&seen);
}

/* What a message that is removed leaves is no damage. */
static void words_of_removed_messages_are_none(void **state)
{
	struct dirs *d = *state;
	struct buf seen = { 0 };

	make_store(d);
	run(d, "DELETE FROM message WHERE docid = 3; DELETE FROM blob WHERE id = 3;"
	       "UPDATE mid SET docid = -9 WHERE docid = 3; DELETE FROM list WHERE docid = 3;"
	       "DELETE FROM label WHERE docid = 3; UPDATE thread SET docid = -9 WHERE docid = 3;"
	       "UPDATE file SET docid = 0, blob = 0 WHERE docid = 3");
	look(d, &seen);
	assert_string_equal(seen.data, "");
	buf_free(&seen);
}

/* ---- bits ---- */

static unsigned be16(const char *p)
{
	return (unsigned)(unsigned char)p[0] << 8 | (unsigned char)p[1];
}

/* Is this byte of a b-tree page in use?  (The file format of SQLite, 1.6.) */
static bool in_use(const struct buf *file, size_t at)
{
	enum { PAGE = 8192 };
	size_t page = at / PAGE, head = page == 0 ? 100 : 0;
	const char *p = file->data + page * PAGE;
	size_t gap = head + (p[head] == 2 || p[head] == 5 ? 12 : 8) + 2 * be16(p + head + 3);

	return at % PAGE < gap || at % PAGE >= be16(p + head + 5);
}

static void flipped_bits_are_noticed(void **state)
{
	enum { FEW = 6 }; /* of 100; see below */
	const size_t step = (size_t)work(71, 1601);
	struct dirs *d = *state;
	struct buf file = { 0 }, seen = { 0 };
	unsigned flips = 0, missed = 0;

	make_store(d);
	run(d, "SELECT 1");
	read_file(d, &file);
	for (size_t at = 0, used = 0; at < file.len; at++) {
		if (!in_use(&file, at) || used++ % step != 0)
			continue;
		char c = (char)(file.data[at] ^ 1 << flips % 8);
		write_file(d, &c, 1, at);
		look(d, &seen);
		flips++;
		missed += seen.len == 0;
		write_file(d, file.data + at, 1, at);
	}
	/* Those that are not: counters in the header of the file, what a folder looked like, and
	 * bits of SQLite's that nothing reads. */
	print_message("%u of %u flipped bits were not noticed\n", missed, flips);
	assert_true(flips > (unsigned)work(200, 8));
	assert_true(missed * 100 <= flips * FEW || flips < 100);
	buf_free(&file);
	buf_free(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_whole_store_is_whole, dirs_setup, dirs_teardown),
		cmocka_unit_test_setup_teardown(every_damage_is_named, dirs_setup, dirs_teardown),
		cmocka_unit_test_setup_teardown(a_new_index_mends_what_follows_from_messages,
		                                dirs_setup, dirs_teardown),
		cmocka_unit_test_setup_teardown(words_without_bytes_are_kept, dirs_setup,
		                                dirs_teardown),
		cmocka_unit_test_setup_teardown(words_of_removed_messages_are_none, dirs_setup,
		                                dirs_teardown),
		cmocka_unit_test_setup_teardown(flipped_bits_are_noticed, dirs_setup,
		                                dirs_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Stores of earlier releases, kept under tests/data: readable as they are, brought up to date by
 * the first writer, and nothing in them lost. */
#include "testing.h"

#include "store/db.h"
#include "store/index.h"
#include "store/sync.h"

#include <zlib.h>

static void unpack(const struct dirs *d, const char *kept)
{
	char path[256], block[8192];
	int n;
	gzFile from = gzopen(kept, "rb");
	assert_non_null(from);
	make_dir(d->top, "share");
	make_dir(d->top, "share/lei");
	make_dir(d->top, "share/lei/cstore");
	snprintf(path, sizeof(path), "%s/" DB_FILE, d->store);
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	while ((n = gzread(from, block, sizeof(block))) > 0)
		assert_int_equal(write(fd, block, (size_t)n), n);
	assert_int_equal(n, 0);
	close(fd);
	gzclose(from);
}

static int describe(void *rock, const struct hit *h)
{
	char flags[8];
	kw_to_maildir(h->kw, flags);
	buf_addf(rock, "%s [%s] %s\n", h->subject, flags, h->labels);
	return 0;
}

static int count_folder(void *rock, const struct sync_folder *f)
{
	(void)f;
	++*(int *)rock;
	return 0;
}

static void assert_whole(const struct dirs *d, int nfolders)
{
	static const struct search_opts by_docid = { .sort = SORT_DOCID,
		                                     .reverse = true,
		                                     .limit = -1 };
	struct store *s = NULL;
	struct query *q = NULL;
	struct err e = { 0 };
	struct buf seen = { 0 };
	int folders = 0;

	assert_int_equal(store_open(d->store, &s, &e), 0);
	assert_int_equal(query_compile("L:kept", NOW, &q, &e), 0);
	assert_int_equal(store_search(s, q, &by_docid, true, describe, &seen, &e), 0);
	assert_string_equal(buf_cstr(&seen), "first of the old store [FS] kept\n"
	                                     "second of the old store [] kept\n");
	assert_int_equal(sync_folders(s, count_folder, &folders, &e), 0);
	assert_int_equal(folders, nfolders);
	query_free(q);
	store_close(s);
	buf_free(&seen);
}

/* What a search finds: subjects, or why it cannot be. */
static void search(const struct dirs *d, const char *text, bool threads, struct buf *seen)
{
	const struct search_opts newest = { .limit = -1, .threads = threads };
	struct store *s = NULL;
	struct query *q = NULL;
	struct err e = { 0 };

	assert_int_equal(store_open(d->store, &s, &e), 0);
	assert_int_equal(query_compile(text, NOW, &q, &e), 0);
	if (store_search(s, q, &newest, false, describe, seen, &e))
		buf_adds(seen, e.text);
	query_free(q);
	store_close(s);
}

static void assert_finds(const struct dirs *d, const char *text, bool threads, const char *expected)
{
	struct buf seen = { 0 };

	search(d, text, threads, &seen);
	if (!strstr(buf_cstr(&seen), expected))
		fail_msg("%s finds \"%s\"", text, buf_cstr(&seen));
	buf_free(&seen);
}

static void bring_up_to_date(const struct dirs *d)
{
	struct index *ix = NULL;
	struct err e = { 0 };

	if (index_open(d->store, &ix, &e))
		fail_msg("%s", e.text);
	index_close(ix);
}

static void a_store_of_version_1_is_read_and_brought_up_to_date(void **state)
{
	struct dirs *d = *state;
	struct index *ix = NULL;
	struct err e = { 0 };
	struct store_counts counts = { 0 };
	const struct edit folder = { .op = EDIT_FOLDER, .folder = "maildir:/m" };

	unpack(d, "tests/data/store-v1.sqlite3.gz");
	assert_whole(d, 0); /* by a reader that cannot change it */
	assert_finds(d, "stores", false, "bring it up to date with `lei init'");
	assert_finds(d, "L:kept", true, "bring it up to date with `lei init'");
	assert_int_equal(index_open(d->store, &ix, &e), 0);
	assert_whole(d, 0);
	assert_finds(d, "stores", false, "first of the old store");
	assert_finds(d, "\"second of the\"", false, "second of the old store");
	assert_finds(d, "z:161..", false, "second of the old store"); /* counted as it travels */
	assert_finds(d, "s:second", true, "first of the old store [FS] kept\nsecond");
	assert_int_equal(index_edit(ix, &folder, &counts, &e), 0);
	assert_int_equal(counts.unknown, 0);
	assert_int_equal(index_commit(ix, &e), 0);
	index_close(ix);
	bring_up_to_date(d); /* and again: nothing left to do */
	assert_whole(d, 1);
}

/* Of the messages in the stores of versions 2 and 3. */
static void assert_threads(const struct dirs *d)
{
	assert_finds(d, "s:first", true,
	             "first of the old store [FS] kept\nsecond of the old store [] kept\n"
	             "a reply to what is not there [] more\nanother one [] more\n");
	assert_finds(d, "s:draft", true, "a draft [D] more\n");
	assert_finds(d, "s:Maildir", true,
	             "alone [] more\nalone but not the same [] more\n"
	             "from a Maildir [S] more\n");
}

/* Also when it is up to date already. */
static void assert_can_be_brought_up_to_date(struct dirs *d)
{
	for (int i = 0; i < 2; i++) {
		bring_up_to_date(d);
		assert_whole(d, 1);
		assert_finds(d, "\"second of the\"", false, "second of the old store");
		assert_threads(d);
	}
}

static void a_store_of_version_2_is_read_and_brought_up_to_date(void **state)
{
	struct dirs *d = *state;

	unpack(d, "tests/data/store-v2.sqlite3.gz");
	assert_whole(d, 1);
	assert_finds(d, "stores", false, "its words cannot be searched yet");
	assert_finds(d, "L:kept", true, "its threads cannot be searched yet");
	assert_can_be_brought_up_to_date(d);
}

static void a_store_of_version_3_is_read_and_brought_up_to_date(void **state)
{
	struct dirs *d = *state;

	unpack(d, "tests/data/store-v3.sqlite3.gz");
	assert_whole(d, 1);
	assert_finds(d, "\"second of the\"", false, "second of the old store");
	assert_finds(d, "L:kept", true, "its threads cannot be searched yet");
	assert_can_be_brought_up_to_date(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_store_of_version_1_is_read_and_brought_up_to_date,
		                                dirs_setup, dirs_teardown),
		cmocka_unit_test_setup_teardown(a_store_of_version_2_is_read_and_brought_up_to_date,
		                                dirs_setup, dirs_teardown),
		cmocka_unit_test_setup_teardown(a_store_of_version_3_is_read_and_brought_up_to_date,
		                                dirs_setup, dirs_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

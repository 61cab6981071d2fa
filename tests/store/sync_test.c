/* mail_sync: what edits do to files, keywords and the outbox.  The tables read like a diary: who did
 * what, and what the store knows afterwards. */
#include "testing.h"

#include "store/batch.h"
#include "store/index.h"
#include "store/store.h"
#include "store/sync.h"

#define BOX "maildir:/home/u/Mail/inbox"
#define OUT "maildir:/tmp/results"

/* ---- a store with one message, edited ---- */

static const struct mail letter = { .subject = "letter",
	                            .mid = "letter@example",
	                            .kw = KW_FLAGGED };

static const char *letter_oid(void)
{
	static char oid[41];
	fake_oid(mail_raw(&letter), oid);
	return oid;
}

static struct index *open_with_letter(const struct dirs *d)
{
	struct index *ix = NULL;
	struct store_counts counts = { 0 };
	struct err e = { 0 };
	struct buf batch = { 0 };
	struct record r;
	size_t at = 0;

	assert_int_equal(index_open(d->store, &ix, &e), 0);
	encode(&batch, &letter);
	assert_int_equal(batch_peek(batch.data, batch.len, 0), BATCH_RECORD);
	assert_int_equal(record_next(batch.data, batch.len, &at, &r), 1);
	assert_int_equal(index_add(ix, &r, &counts, &e), 0);
	buf_free(&batch);
	return ix;
}

/* Through the wire form, as every edit comes. */
static struct store_counts edit(struct index *ix, const struct edit *ed)
{
	struct store_counts counts = { 0 };
	struct err e = { 0 };
	struct buf batch = { 0 };
	struct edit got;
	size_t at = 0;

	assert_int_equal(edit_encode(ed, &batch, &e), 0);
	assert_int_equal(batch_peek(batch.data, batch.len, 0), BATCH_EDIT);
	assert_int_equal(edit_next(batch.data, batch.len, &at, &got), 1);
	assert_int_equal(batch_peek(batch.data, batch.len, at), BATCH_END);
	if (index_edit(ix, &got, &counts, &e))
		fail_msg("%s", e.text);
	buf_free(&batch);
	return counts;
}

/* ---- what is known, as text ---- */

static void add_kw(struct buf *b, kw_set kw)
{
	char flags[8];
	kw_to_maildir(kw, flags);
	buf_adds(b, flags);
}

static int describe_file(void *rock, const struct sync_file *f)
{
	buf_addf(rock, "%s=", f->name);
	add_kw(rock, f->base);
	buf_adds(rock, "/");
	add_kw(rock, f->kw);
	buf_addc(rock, ' ');
	return 0;
}

static int describe_waiting(void *rock, const struct sync_file *f)
{
	buf_addf(rock, "! %s ", f->name);
	return 0;
}

/* "NAME=BASE/MESSAGE ..." of both folders, then "! NAME" for each file in the outbox. */
static void knows(const struct dirs *d, struct index *ix, const char *expected)
{
	struct store *s = NULL;
	struct err e = { 0 };
	struct buf seen = { 0 };

	assert_int_equal(index_commit(ix, &e), 0);
	assert_int_equal(store_open(d->store, &s, &e), 0);
	assert_int_equal(sync_files(s, BOX, describe_file, &seen, &e), 0);
	assert_int_equal(sync_files(s, OUT, describe_file, &seen, &e), 0);
	assert_int_equal(sync_outbox(s, describe_waiting, &seen, &e), 0);
	store_close(s);
	assert_string_equal(buf_cstr(&seen), expected);
	buf_free(&seen);
}

/* ---- diaries ---- */

struct entry {
	const char *what;
	enum edit_op op;
	const char *folder, *name, *to;
	kw_set kw;
	bool ours; /* we wrote it: not news */
	kw_set set, clear;
	const char *then; /* NULL: not looked at */
};

static void write_diary(const struct dirs *d, const struct entry *diary, size_t n)
{
	struct index *ix = open_with_letter(d);

	for (size_t i = 0; i < n; i++) {
		const struct entry *en = &diary[i];
		struct edit ed = { .op = en->op,
			           .folder = en->folder,
			           .name = en->name,
			           .to = en->to,
			           .kw = en->kw,
			           .news = !en->ours,
			           .set = en->set,
			           .clear = en->clear };
		memcpy(ed.oid, letter_oid(), sizeof(ed.oid));
		edit(ix, &ed);
		if (en->then) {
			print_message("# %s\n", en->what);
			knows(d, ix, en->then);
		}
	}
	index_close(ix);
}

static void what_happens_to_one_file(void **state)
{
	static const struct entry diary[] = {
		{ "first met: its flags are added, what it lacks is to be written", EDIT_FILE, BOX,
		  "a:2,S", NULL, KW_SEEN, false, 0, 0, "a:2,S=S/FS ! a:2,S " },
		{ "written by us", EDIT_RENAME, BOX, "a:2,S", "a:2,FS", KW_SEEN | KW_FLAGGED, true,
		  0, 0, "a:2,FS=FS/FS " },
		{ "the echo of our own rename changes nothing", EDIT_RENAME, BOX, "a:2,S", "a:2,FS",
		  KW_SEEN | KW_FLAGGED, false, 0, 0, "a:2,FS=FS/FS " },
		{ "answered and no longer flagged, by a mail reader", EDIT_RENAME, BOX, "a:2,FS",
		  "a:2,RS", KW_SEEN | KW_ANSWERED, false, 0, 0, "a:2,RS=RS/RS " },
		{ "the same again, after a crash", EDIT_RENAME, BOX, "a:2,FS", "a:2,RS",
		  KW_SEEN | KW_ANSWERED, false, 0, 0, "a:2,RS=RS/RS " },
		{ "junk has no flag: nothing to write", EDIT_MARK, NULL, NULL, NULL, 0, false,
		  KW_JUNK, 0, "a:2,RS=RS/RS " },
		{ "gone", EDIT_GONE, BOX, "a:2,RS", NULL, 0, false, 0, 0, "" },
	};
	write_diary(*state, diary, COUNT(diary));
}

static void changes_on_both_sides_are_merged(void **state)
{
	static const struct entry diary[] = {
		{ "", EDIT_FILE, BOX, "a:2,F", NULL, KW_FLAGGED, false, 0, 0, "a:2,F=F/F " },
		{ "the store learns seen", EDIT_MARK, NULL, NULL, NULL, 0, false, KW_SEEN, 0,
		  "a:2,F=F/FS ! a:2,F " },
		{ "meanwhile a mail reader clears the flag and answers", EDIT_RENAME, BOX, "a:2,F",
		  "a:2,R", KW_ANSWERED, false, 0, 0, "a:2,R=R/RS ! a:2,R " },
		{ "now both are written", EDIT_RENAME, BOX, "a:2,R", "a:2,RS",
		  KW_ANSWERED | KW_SEEN, true, 0, 0, "a:2,RS=RS/RS " },
	};
	write_diary(*state, diary, COUNT(diary));
}

static void one_message_in_two_folders(void **state)
{
	static const struct entry diary[] = {
		{ "", EDIT_FILE, BOX, "a:2,F", NULL, KW_FLAGGED, false, 0, 0, NULL },
		{ "results that we wrote ourselves", EDIT_FILE, OUT, "b:2,F", NULL, KW_FLAGGED,
		  true, 0, 0, "a:2,F=F/F b:2,F=F/F " },
		{ "read in the one", EDIT_RENAME, OUT, "b:2,F", "b:2,FS", KW_FLAGGED | KW_SEEN,
		  false, 0, 0, "a:2,F=F/FS b:2,FS=FS/FS ! a:2,F ! b:2,FS " },
		{ "written to the other", EDIT_RENAME, BOX, "a:2,F", "a:2,FS", KW_FLAGGED | KW_SEEN,
		  true, 0, 0, "a:2,FS=FS/FS b:2,FS=FS/FS " },
		{ "a folder is forgotten, its message is not", EDIT_FORGET, OUT, NULL, NULL, 0,
		  false, 0, 0, "a:2,FS=FS/FS " },
	};
	write_diary(*state, diary, COUNT(diary));
}

static void what_we_wrote_is_only_a_base(void **state)
{
	static const struct entry diary[] = {
		{ "results are written while somebody clears the flag in the store", EDIT_MARK,
		  NULL, NULL, NULL, 0, false, 0, KW_FLAGGED, "" },
		{ "the old flag in their names does not come back", EDIT_FILE, OUT, "b:2,F", NULL,
		  KW_FLAGGED, true, 0, 0, "b:2,F=F/ ! b:2,F " },
	};
	write_diary(*state, diary, COUNT(diary));
}

/* ---- single points ---- */

static void the_outbox_is_settled_only_if_nothing_changed(void **state)
{
	struct dirs *d = *state;
	struct index *ix = open_with_letter(d);
	struct edit file = { .op = EDIT_FILE, .folder = BOX, .name = "a", .news = true };
	struct edit settled = { .op = EDIT_SETTLED, .docid = 1, .kw = KW_SEEN };

	memcpy(file.oid, letter_oid(), sizeof(file.oid));
	edit(ix, &file);
	edit(ix, &settled);
	knows(d, ix, "a=/F ! a ");
	settled.kw = KW_FLAGGED | KW_NOTJUNK;
	edit(ix, &settled);
	knows(d, ix, "a=/F ");
	index_close(ix);
}

static void the_outbox_tells_once(void **state)
{
	struct dirs *d = *state;
	struct index *ix = open_with_letter(d);
	struct edit file = { .op = EDIT_FILE, .folder = BOX, .name = "a", .news = true };

	assert_false(index_stirred(ix));
	memcpy(file.oid, letter_oid(), sizeof(file.oid));
	edit(ix, &file);
	assert_true(index_stirred(ix));
	assert_false(index_stirred(ix));
	index_close(ix);
}

static void what_is_unknown_is_counted(void **state)
{
	struct dirs *d = *state;
	struct index *ix = open_with_letter(d);
	static const struct edit strange[] = {
		{ .op = EDIT_FILE,
		  .folder = BOX,
		  .name = "x",
		  .oid = "0123456789012345678901234567890123456789" },
		{ .op = EDIT_MARK,
		  .set = KW_SEEN,
		  .oid = "0123456789012345678901234567890123456789" },
		{ .op = EDIT_RENAME, .folder = BOX, .name = "x", .to = "y" },
		{ .op = EDIT_GONE, .folder = BOX, .name = "x" },
		{ .op = EDIT_SCANNED, .folder = BOX },
		{ .op = EDIT_FORGET, .folder = BOX },
	};

	for (size_t i = 0; i < COUNT(strange); i++) {
		struct store_counts c = edit(ix, &strange[i]);
		assert_int_equal(c.unknown, 1);
		assert_int_equal(c.changed, 0);
	}
	knows(d, ix, "");
	index_close(ix);
}

static int take_folder(void *rock, const struct sync_folder *f)
{
	*(struct sync_folder *)rock = *f;
	return 0;
}

static void a_folder_keeps_its_origin_and_its_look(void **state)
{
	struct dirs *d = *state;
	struct index *ix = open_with_letter(d);
	struct store *s = NULL;
	struct err e = { 0 };
	struct sync_folder f = { 0 };
	const struct edit made = { .op = EDIT_FOLDER, .folder = OUT, .wrote = true };
	const struct edit again = { .op = EDIT_FOLDER, .folder = OUT };
	const struct edit scanned = { .op = EDIT_SCANNED, .folder = OUT, .look = { 1, 2, 3, 4 } };

	edit(ix, &made);
	edit(ix, &again);
	edit(ix, &scanned);
	assert_int_equal(index_commit(ix, &e), 0);
	assert_int_equal(store_open(d->store, &s, &e), 0);
	assert_int_equal(sync_folders(s, take_folder, &f, &e), 0);
	assert_true(f.wrote);
	assert_memory_equal(&f.look, &scanned.look, sizeof(f.look));
	store_close(s);
	index_close(ix);
}

static void names_are_found_by_their_unique_part(void **state)
{
	struct dirs *d = *state;
	struct index *ix = open_with_letter(d);
	static const char *const names[] = { "a", "a:2,", "a:2,FS", "a.b:2,S", "a;:2,", "b" };
	struct store *s = NULL;
	struct err e = { 0 };
	struct buf seen = { 0 };

	for (size_t i = 0; i < COUNT(names); i++) {
		struct edit file = { .op = EDIT_FILE, .folder = BOX, .name = names[i] };
		memcpy(file.oid, letter_oid(), sizeof(file.oid));
		edit(ix, &file);
	}
	assert_int_equal(index_commit(ix, &e), 0);
	assert_int_equal(store_open(d->store, &s, &e), 0);
	assert_int_equal(sync_named(s, BOX, "a", 1, describe_file, &seen, &e), 0);
	assert_string_equal(buf_cstr(&seen), "a=/F a:2,=/F a:2,FS=/F ");
	buf_free(&seen);
	store_close(s);
	index_close(ix);
}

/* Steps of SQLite to find the one file of this name. */
static int steps_to_find(struct store *s, const char *unique)
{
	struct err e = { 0 };
	struct buf seen = { 0 };

	assert_int_equal(sync_named(s, BOX, unique, strlen(unique), describe_file, &seen, &e), 0);
	assert_non_null(strstr(buf_cstr(&seen), unique));
	buf_free(&seen);
	return sqlite3_stmt_status(s->named, SQLITE_STMTSTATUS_VM_STEP, 1);
}

static void a_name_costs_no_walk_through_its_folder(void **state)
{
	struct dirs *d = *state;
	struct index *ix = open_with_letter(d);
	struct store *s = NULL;
	struct err e = { 0 };

	for (int i = 0; i < 2000; i++) {
		char name[32];
		snprintf(name, sizeof(name), "mail%d:2,", i);
		struct edit file = { .op = EDIT_FILE, .folder = BOX, .name = name };
		memcpy(file.oid, letter_oid(), sizeof(file.oid));
		edit(ix, &file);
	}
	assert_int_equal(index_commit(ix, &e), 0);
	assert_int_equal(store_open(d->store, &s, &e), 0);
	assert_in_range(steps_to_find(s, "mail0"), 1, 500);
	assert_in_range(steps_to_find(s, "mail1999"), 1, 500);
	store_close(s);
	index_close(ix);
}

/* SETTLED takes a message out of the outbox, not out of what differs. */
static void what_differs_is_found_without_the_outbox(void **state)
{
	struct dirs *d = *state;
	struct index *ix = open_with_letter(d);
	struct edit file = { .op = EDIT_FILE, .folder = BOX, .name = "a", .news = true };
	struct edit settled = { .op = EDIT_SETTLED, .docid = 1, .kw = KW_FLAGGED };
	struct store *s = NULL;
	struct err e = { 0 };
	struct buf seen = { 0 };

	memcpy(file.oid, letter_oid(), sizeof(file.oid));
	edit(ix, &file);
	edit(ix, &settled);
	assert_int_equal(index_commit(ix, &e), 0);
	assert_int_equal(store_open(d->store, &s, &e), 0);
	assert_int_equal(sync_waiting(s, false, 0, describe_file, &seen, &e), 0);
	assert_string_equal(buf_cstr(&seen), "");
	assert_int_equal(sync_waiting(s, true, 0, describe_file, &seen, &e), 0);
	assert_int_equal(sync_waiting(s, true, 1, describe_file, &seen, &e), 0);
	assert_string_equal(buf_cstr(&seen), "a=/F ");
	buf_free(&seen);
	store_close(s);
	index_close(ix);
}

static int take_nothing(void *rock, const struct sync_file *f)
{
	(void)f;
	++*(int *)rock;
	return 0;
}

static int ask_again(void *rock, const struct sync_file *f)
{
	struct err e = { 0 };
	int n = 0;

	(void)f;
	assert_int_equal(sync_named(rock, BOX, "b", 1, take_nothing, &n, &e), 0);
	assert_int_equal(n, 1);
	return 0;
}

static void a_blob_is_whole_or_only_indexed(void **state)
{
	struct dirs *d = *state;
	struct index *ix = open_with_letter(d);
	struct edit file = { .op = EDIT_FILE, .folder = BOX, .name = "b" };
	struct store *s = NULL;
	struct err e = { 0 };
	bool whole = false;

	memcpy(file.oid, letter_oid(), sizeof(file.oid));
	edit(ix, &file);
	assert_int_equal(index_commit(ix, &e), 0);
	assert_int_equal(store_open(d->store, &s, &e), 0);
	assert_int_equal(sync_blob(s, letter_oid(), &whole, &e), 1);
	assert_true(whole);
	assert_int_equal(sync_blob(s, "0123456789012345678901234567890123456789", &whole, &e), 0);
	assert_int_equal(sync_named(s, BOX, "b", 1, ask_again, s, &e), 0); /* from its callback */
	store_close(s);
	index_close(ix);
}

/* ---- the writer tells ---- */

static void put_edit(int conn, uint64_t seq, const struct edit *ed)
{
	struct buf batch = { 0 };
	struct err e = { 0 };

	assert_int_equal(edit_encode(ed, &batch, &e), 0);
	assert_int_equal(put_bytes(conn, seq, batch.data, batch.len, batch.len, &e), 0);
	buf_free(&batch);
}

static void who_subscribed_hears_of_the_outbox(void **state)
{
	struct dirs *d = *state;
	struct writer_child w;
	struct err e = { 0 };
	struct store_counts counts = { 0 };
	struct edit file = { .op = EDIT_FILE, .folder = BOX, .name = "a:2,F", .kw = KW_FLAGGED };
	struct edit mark = { .op = EDIT_MARK, .set = KW_SEEN };

	memcpy(file.oid, letter_oid(), sizeof(file.oid));
	memcpy(mark.oid, letter_oid(), sizeof(mark.oid));
	writer_start(&w, d->store, NULL);
	int ear = writer_connect(&w), conn = writer_connect(&w);
	assert_int_equal(store_subscribe(ear, &e), 0);
	assert_int_equal(put_mails(conn, 0, &letter, 1, &e), 0);
	put_edit(conn, 1, &file);
	assert_int_equal(store_commit(conn, 2, &counts, &e), 0);
	assert_int_equal(recv(ear, &(char){ 0 }, 1, MSG_DONTWAIT), -1); /* both agree */
	put_edit(conn, 2, &mark);
	assert_int_equal(store_commit(conn, 3, &counts, &e), 0);
	assert_int_equal(recv(ear, &(char){ 0 }, 1, MSG_PEEK), 1); /* said before the answer */
	assert_int_equal(store_news(ear), 0);
	assert_int_equal(recv(ear, &(char){ 0 }, 1, MSG_DONTWAIT), -1);
	close(conn);
	shutdown(ear, SHUT_WR);
	assert_int_equal(writer_stop(&w), 0);
	assert_int_equal(store_news(ear), -EPIPE);
	close(ear);
}

/* ---- what comes from elsewhere ---- */

static void broken_edits_are_refused(void **state)
{
	const struct edit good = {
		.op = EDIT_RENAME, .folder = BOX, .name = "a", .to = "b", .kw = KW_SEEN
	};
	struct buf batch = { 0 };
	struct err e = { 0 };
	struct edit got;

	(void)state;
	assert_int_equal(edit_encode(&good, &batch, &e), 0);
	for (size_t cut = 0; cut < batch.len; cut++) {
		size_t at = 0;
		assert_int_equal(edit_next(batch.data, cut, &at, &got), -EBADMSG);
		assert_int_equal(at, 0);
	}
	/* every byte of the head's first words; the lowest ones of keywords may be anything */
	for (size_t i = 0; i < 28; i++) {
		size_t at = 0;
		if (i == 8 || i == 12 || i == 16 || i == 20)
			continue;
		char old = batch.data[i];
		batch.data[i] = (char)0xff;
		assert_int_equal(edit_next(batch.data, batch.len, &at, &got), -EBADMSG);
		batch.data[i] = old;
	}
	buf_free(&batch);
}

static void a_name_beyond_measure_is_refused(void **state)
{
	struct buf name = { 0 }, batch = { 0 };
	struct err e = { 0 };

	(void)state;
	for (int i = 0; i < (64 << 10) + 1; i++)
		buf_addc(&name, 'x');
	struct edit ed = { .op = EDIT_GONE, .folder = BOX, .name = buf_cstr(&name) };
	assert_int_equal(edit_encode(&ed, &batch, &e), -E2BIG);
	buf_free(&name);
	buf_free(&batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, dirs_setup, dirs_teardown)
		T(what_happens_to_one_file),
		T(changes_on_both_sides_are_merged),
		T(one_message_in_two_folders),
		T(what_we_wrote_is_only_a_base),
		T(the_outbox_is_settled_only_if_nothing_changed),
		T(the_outbox_tells_once),
		T(what_is_unknown_is_counted),
		T(a_folder_keeps_its_origin_and_its_look),
		T(names_are_found_by_their_unique_part),
		T(a_name_costs_no_walk_through_its_folder),
		T(what_differs_is_found_without_the_outbox),
		T(a_blob_is_whole_or_only_indexed),
		T(who_subscribed_hears_of_the_outbox),
		T(broken_edits_are_refused),
		T(a_name_beyond_measure_is_refused),
#undef T
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

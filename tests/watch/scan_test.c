/* One Maildir beside mail_sync: what is new, renamed, gone; and the way back. */
#include "testing.h"

static struct watch_counts scan_as(struct place *p, const char *box, enum watch_take take)
{
	struct watch_folder wf = { .url = url_of(p, box), .state = { take, false }, .labels = "" };
	struct watch_counts counts = { 0 };
	struct err e = { 0 };
	int conn = writer_connect(&p->w);

	if (watch_scan(&p->setup, &wf, conn, &counts, &e))
		fail_msg("%s", e.text);
	close(conn);
	return counts;
}

static struct watch_counts scan(struct place *p, const char *box)
{
	return scan_as(p, box, WATCH_IMPORT);
}

static struct watch_counts export(struct place *p, const char *box, bool set)
{
	struct watch_counts counts = { 0 };
	struct err e = { 0 };
	int conn = writer_connect(&p->w);

	if (watch_export(&p->setup, url_of(p, box), set, conn, &counts, &e))
		fail_msg("%s", e.text);
	close(conn);
	return counts;
}

static void new_mail_is_brought_in(void **state)
{
	struct place *p = *state;

	make_box(p, "a");
	write_mail(p, "a/cur/1:2,S", "one");
	write_mail(p, "a/new/2", "two");
	write_mail(p, "a/cur/3:2,FT", "trash");
	struct watch_counts c = scan(p, "a");
	assert_int_equal(c.added, 2);
	knows(p, "a", "1:2,S=S/S 2=/ ");
	c = scan(p, "a");
	assert_int_equal(c.added, 0);
	assert_int_equal(c.seen, 3);
	assert_int_equal(count_stored(p->d->store), 2);
}

static void renames_are_news(void **state)
{
	struct place *p = *state;

	make_box(p, "a");
	write_mail(p, "a/new/1", "one");
	write_mail(p, "a/cur/2:2,FS", "two");
	write_mail(p, "a/cur/3:2,", "three");
	scan(p, "a");
	move_file(p, "a/new/1", "a/cur/1:2,S");
	move_file(p, "a/cur/2:2,FS", "a/cur/2:2,RS");
	remove_file(p, "a/cur/3:2,");
	struct watch_counts c = scan(p, "a");
	assert_int_equal(c.renamed, 2);
	assert_int_equal(c.changed, 2);
	assert_int_equal(c.gone, 1);
	knows(p, "a", "1:2,S=S/S 2:2,RS=RS/RS ");
	assert_int_equal(count_stored(p->d->store), 3);
}

static void trash_says_nothing_and_may_come_back(void **state)
{
	struct place *p = *state;

	make_box(p, "a");
	write_mail(p, "a/cur/1:2,S", "one");
	scan(p, "a");
	move_file(p, "a/cur/1:2,S", "a/cur/1:2,FT");
	scan(p, "a");
	knows(p, "a", "1:2,FT=S/S ");
	mark(p, "a", "1", KW_ANSWERED, 0);
	export(p, "a", true);
	assert_true(is_there(p, "a/cur/1:2,FT"));
	move_file(p, "a/cur/1:2,FT", "a/cur/1:2,S");
	scan(p, "a");
	knows(p, "a", "1:2,S=S/RS ");
}

static void states_take_what_they_say(void **state)
{
	struct place *p = *state;

	make_box(p, "a");
	make_box(p, "b");
	write_mail(p, "a/cur/1:2,", "one");
	write_mail(p, "b/cur/1:2,F", "one");
	write_mail(p, "b/cur/2:2,", "two");
	assert_int_equal(scan_as(p, "b", WATCH_TAG).added, 0);
	scan_as(p, "a", WATCH_INDEX);
	assert_int_equal(scan_as(p, "b", WATCH_TAG).added, 1);
	knows(p, "a", "1:2,=/F ");
	knows(p, "b", "1:2,F=F/F ");
	assert_int_equal(scan(p, "b").added, 1);
	knows(p, "b", "1:2,F=F/F 2:2,=/ ");
}

static void odd_things_are_no_mail(void **state)
{
	struct place *p = *state;

	make_box(p, "a");
	make_dir(p->d->top, "a/cur/dir:2,S");
	assert_int_equal(mkfifo(path_in(p, "a/cur/fifo:2,S"), 0600), 0);
	write_mail(p, "elsewhere", "elsewhere");
	assert_int_equal(symlink(path_in(p, "elsewhere"), path_in(p, "a/cur/link:2,S")), 0);
	make_file(p->d->top, "a/cur/empty:2,S");
	write_mail(p, "a/cur/.hidden:2,S", "hidden");
	write_mail(p, "a/cur/SF:2,SFSx", "unordered");
	write_mail(p, "a/cur/odd:1,S", "odd");
	write_mail(p, "a/cur/\xff\xfe:2,S", "bytes");
	assert_int_equal(scan(p, "a").added, 3);
	knows(p, "a", "SF:2,SFSx=FS/FS odd:1,S=/ \xff\xfe:2,S=S/S ");
	mark(p, "a", "SF", KW_ANSWERED, KW_SEEN);
	mark(p, "a", "odd", KW_ANSWERED, 0);
	export(p, "a", false);
	assert_true(is_there(p, "a/cur/SF:2,FRx"));
	assert_true(is_there(p, "a/cur/odd:1,S"));
}

static void names_with_one_unique_part_are_told_apart(void **state)
{
	struct place *p = *state;

	make_box(p, "a");
	write_mail(p, "a/cur/1:2,", "one");
	write_mail(p, "a/cur/1:2,S", "other");
	write_mail(p, "a/cur/1", "third");
	assert_int_equal(scan(p, "a").added, 3);
	knows(p, "a", "1=/ 1:2,=/ 1:2,S=S/S ");
	move_file(p, "a/cur/1:2,S", "a/cur/1:2,SP");
	move_file(p, "a/cur/1:2,", "a/cur/1:2,F");
	struct watch_counts c = scan(p, "a");
	assert_int_equal(c.renamed, 2);
	knows(p, "a", "1=/ 1:2,F=F/F 1:2,SP=PS/PS ");
	remove_file(p, "a/cur/1:2,F");
	assert_int_equal(scan(p, "a").gone, 1);
}

static void an_unreadable_file_costs_only_itself(void **state)
{
	struct place *p = *state;

	make_box(p, "a");
	write_mail(p, "a/cur/1:2,", "one");
	write_mail(p, "a/cur/2:2,", "two");
	assert_int_equal(truncate(path_in(p, "a/cur/1:2,"), INT64_C(1) << 31), 0);
	struct watch_counts c = scan(p, "a");
	assert_int_equal(c.added, 1);
	assert_int_equal(c.failed, 1);
	assert_non_null(strstr(log_of(p), "a/cur/1:2,: File too large\n"));
}

static void keywords_are_written_and_others_letters_kept(void **state)
{
	struct place *p = *state;

	make_box(p, "a");
	write_mail(p, "a/cur/1:2,FSa", "one");
	write_mail(p, "a/new/2", "two");
	write_mail(p, "a/new/3", "three");
	scan(p, "a");
	mark(p, "a", "1", KW_ANSWERED, KW_FLAGGED);
	mark(p, "a", "2", KW_SEEN, 0);
	struct watch_counts c = export(p, "a", false);
	assert_int_equal(c.written, 2);
	knows(p, "a", "1:2,RSa=RS/RS 2:2,S=S/S 3=/ ");
	assert_true(is_there(p, "a/cur/1:2,RSa"));
	assert_true(is_there(p, "a/cur/2:2,S"));
	assert_true(is_there(p, "a/new/3"));
	assert_int_equal(export(p, "a", false).written, 0);
	assert_int_equal(scan(p, "a").renamed, 0);
}

static void export_merges_or_replaces(void **state)
{
	struct place *p = *state;

	make_box(p, "a");
	write_mail(p, "a/cur/1:2,", "one");
	scan(p, "a");
	mark(p, "a", "1", KW_SEEN, 0);
	move_file(p, "a/cur/1:2,", "a/cur/1:2,F");
	export(p, "a", false);
	knows(p, "a", "1:2,FS=FS/FS ");
	assert_true(is_there(p, "a/cur/1:2,FS"));

	move_file(p, "a/cur/1:2,FS", "a/cur/1:2,R");
	export(p, "a", true);
	knows(p, "a", "1:2,FS=FS/FS ");
	assert_true(is_there(p, "a/cur/1:2,FS"));
}

static void nothing_is_overwritten(void **state)
{
	struct place *p = *state;

	make_box(p, "a");
	write_mail(p, "a/cur/1:2,", "one");
	scan(p, "a");
	write_mail(p, "a/cur/1:2,S", "in the way");
	mark(p, "a", "1", KW_SEEN, 0);
	struct watch_counts c = export(p, "a", true);
	assert_int_equal(c.failed, 1);
	assert_int_equal(c.written, 0);
	assert_true(is_there(p, "a/cur/1:2,"));
	assert_non_null(strstr(log_of(p), "File exists"));
}

static void a_folder_that_is_not_there(void **state)
{
	struct place *p = *state;
	struct watch_folder wf = { .url = url_of(p, "a"),
		                   .state = { WATCH_IMPORT, false },
		                   .labels = "" };
	struct watch_counts counts = { 0 };
	struct err e = { 0 };
	int conn = writer_connect(&p->w);

	assert_int_equal(watch_scan(&p->setup, &wf, conn, &counts, &e), -ENOENT);
	assert_non_null(strstr(e.text, "/a: No such file or directory"));
	close(conn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
		T(new_mail_is_brought_in),
		T(renames_are_news),
		T(trash_says_nothing_and_may_come_back),
		T(states_take_what_they_say),
		T(odd_things_are_no_mail),
		T(names_with_one_unique_part_are_told_apart),
		T(an_unreadable_file_costs_only_itself),
		T(keywords_are_written_and_others_letters_kept),
		T(export_merges_or_replaces),
		T(nothing_is_overwritten),
		T(a_folder_that_is_not_there),
#undef T
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

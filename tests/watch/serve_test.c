/* The watcher at work: what happens in folders reaches the store, and the other way round. */
#include "serving.h"

static void a_rename_reaches_the_store_and_the_other_folder(void **state)
{
	struct place *p = *state;
	struct watching x = { .p = p };

	make_box(p, "a");
	make_box(p, "b");
	write_mail(p, "a/cur/1:2,", "one");
	write_mail(p, "b/cur/7:2,", "one");
	watch_box(&x, "a", "import-rw");
	watch_box(&x, "b", "tag-rw");
	watching_start(&x);
	barrier(&x);
	knows(p, "a", "1:2,=/ ");
	barrier(&x);
	move_file(p, "a/cur/1:2,", "a/cur/1:2,S");
	barrier(&x);
	knows(p, "a", "1:2,S=S/S ");
	knows(p, "b", "7:2,S=S/S ");
	assert_true(is_there(p, "b/cur/7:2,S"));
	move_file(p, "b/cur/7:2,S", "b/cur/7:2,F");
	write_mail(p, "a/new/2", "two");
	barrier(&x);
	knows(p, "a", "1:2,F=F/F 2=/ ");
	assert_true(is_there(p, "a/cur/1:2,F"));
	assert_int_equal(watching_end(&x), WATCH_END);
}

static void the_store_reaches_writable_folders_only(void **state)
{
	struct place *p = *state;
	struct watching x = { .p = p };

	make_box(p, "a");
	make_box(p, "b");
	write_mail(p, "a/cur/1:2,", "one");
	write_mail(p, "b/cur/7:2,", "one");
	watch_box(&x, "a", "import-ro");
	watch_box(&x, "b", "import-rw");
	watching_start(&x);
	barrier(&x);
	mark(p, "a", "1", KW_SEEN, 0);
	barrier(&x);
	knows(p, "a", "1:2,=/S ");
	knows(p, "b", "7:2,S=S/S ");
	assert_int_equal(watching_end(&x), WATCH_END);
}

static void what_happened_while_nobody_watched_is_found(void **state)
{
	struct place *p = *state;
	struct watching x = { .p = p };

	make_box(p, "a");
	write_mail(p, "a/cur/1:2,", "one");
	write_mail(p, "a/cur/2:2,S", "two");
	watch_box(&x, "a", "import-rw");
	watching_start(&x);
	barrier(&x);
	assert_int_equal(watching_end(&x), WATCH_END);
	move_file(p, "a/cur/1:2,", "a/cur/1:2,F");
	mark(p, "a", "1", KW_SEEN, 0);
	remove_file(p, "a/cur/2:2,S");
	watching_start(&x);
	barrier(&x);
	knows(p, "a", "1:2,FS=FS/FS ");
	assert_int_equal(watching_end(&x), WATCH_END);
}

static void nothing_to_watch(void **state)
{
	struct place *p = *state;
	struct watching x = { .p = p };

	watch_box(&x, "a", "pause");
	watching_start(&x);
	assert_int_equal(watching_end(&x), WATCH_IDLE);
}

static void reload_leaves(void **state)
{
	struct place *p = *state;
	struct watching x = { .p = p };
	int status;

	make_box(p, "a");
	watch_box(&x, "a", "import-ro");
	watching_start(&x);
	assert_int_equal(wire_send(x.door, "reload", 6, NULL, 0, 0), 0);
	assert_int_equal(waitpid(x.pid, &status, 0), x.pid);
	p->watcher = 0;
	assert_int_equal(WEXITSTATUS(status), WATCH_RELOAD);
	close(x.door);
}

static void a_folder_may_come_later_go_and_come_back(void **state)
{
	struct place *p = *state;
	struct watching x = { .p = p };
	char text[4096];

	watch_box(&x, "a", "import-ro");
	watching_start(&x);
	barrier(&x);
	assert_non_null(strstr(watcher_log(&x, text, sizeof(text)),
	                       "/a: No such file or directory; waiting for it\n"));
	make_box(p, "a");
	write_mail(p, "a/cur/1:2,", "one");
	barrier(&x);
	knows(p, "a", "1:2,=/ ");
	move_file(p, "a", "away");
	barrier(&x);
	knows(p, "a", "1:2,=/ "); /* it may come back */
	move_file(p, "away/cur/1:2,", "away/cur/1:2,S");
	move_file(p, "away", "a");
	barrier(&x);
	knows(p, "a", "1:2,S=S/S ");
	move_file(p, "a/cur/1:2,S", "a/cur/1:2,F");
	barrier(&x);
	knows(p, "a", "1:2,F=F/F ");
	assert_int_equal(watching_end(&x), WATCH_END);
}

static void an_emptied_folder_forgets_files_not_messages(void **state)
{
	struct place *p = *state;
	struct watching x = { .p = p };

	make_box(p, "a");
	write_mail(p, "a/cur/1:2,", "one");
	watch_box(&x, "a", "import-rw");
	watching_start(&x);
	barrier(&x);
	remove_file(p, "a/cur/1:2,");
	assert_int_equal(rmdir(path_in(p, "a/cur")), 0);
	make_dir(p->d->top, "a/cur");
	barrier(&x);
	knows(p, "a", "");
	assert_int_equal(count_stored(p->d->store), 1);
	write_mail(p, "a/cur/1:2,S", "one");
	barrier(&x);
	knows(p, "a", "1:2,S=S/S ");
	assert_int_equal(watching_end(&x), WATCH_END);
}

static void folders_below_are_found(void **state)
{
	struct place *p = *state;
	struct watching x = { .p = p };

	make_dir(p->d->top, "mail");
	make_box(p, "mail/a");
	make_box(p, "mail/a/.sub");
	write_mail(p, "mail/a/cur/1:2,", "one");
	write_mail(p, "mail/a/.sub/cur/2:2,", "two");
	watch_box(&x, "mail", "import-rw");
	x.folders[0].recursive = true;
	watching_start(&x);
	barrier(&x);
	knows(p, "mail/a", "1:2,=/ ");
	knows(p, "mail/a/.sub", "2:2,=/ ");
	make_dir(p->d->top, "mail/deep");
	make_box(p, "mail/deep/b");
	write_mail(p, "mail/deep/b/new/3", "three");
	barrier(&x);
	knows(p, "mail/deep/b", "3=/ ");
	move_file(p, "mail/deep", "mail/other");
	move_file(p, "mail/other/b/new/3", "mail/other/b/cur/3:2,S");
	barrier(&x);
	knows(p, "mail/other/b", "3:2,S=S/S ");
	assert_int_equal(watching_end(&x), WATCH_END);
}

static void half_a_mail_is_not_news(void **state)
{
	struct place *p = *state;
	struct watching x = { .p = p };

	make_box(p, "a");
	watch_box(&x, "a", "import-rw");
	watching_start(&x);
	barrier(&x);
	FILE *f = fopen(path_in(p, "a/cur/1:2,"), "w");
	assert_non_null(f);
	fputs("Subject: half\n\n", f);
	fflush(f);
	barrier(&x);
	knows(p, "a", "");
	fputs("and half\n", f);
	fclose(f);
	barrier(&x);
	knows(p, "a", "1:2,=/ ");
	assert_int_equal(count_stored(p->d->store), 1);
	assert_int_equal(watching_end(&x), WATCH_END);
}

static void a_folder_that_cannot_be_written_is_told(void **state)
{
	struct place *p = *state;
	struct watching x = { .p = p };
	struct err e = { 0 };

	make_box(p, "a");
	assert_int_equal(rmdir(path_in(p, "a/cur")), 0);
	write_mail(p, "a/new/1", "one");
	watch_box(&x, "a", "import-rw");
	watching_start(&x);
	barrier(&x);
	mark(p, "a", "1", KW_SEEN, 0);
	assert_int_equal(try_barrier(&x, &e), -EIO);
	assert_non_null(strstr(e.text, "/a: Not a directory"));
	make_dir(p->d->top, "a/cur");
	barrier(&x);
	assert_true(is_there(p, "a/cur/1:2,S"));
	assert_int_equal(watching_end(&x), WATCH_END);
}

static void a_writer_that_dies_costs_no_change(void **state)
{
	struct place *p = *state;
	struct watching x = { .p = p };
	struct err e = { 0 };

	make_box(p, "a");
	write_mail(p, "a/cur/1:2,", "one");
	watch_box(&x, "a", "import-rw");
	watching_start(&x);
	barrier(&x);
	kill(p->w.pid, SIGKILL);
	writer_stop(&p->w);
	move_file(p, "a/cur/1:2,", "a/cur/1:2,S");
	write_mail(p, "a/new/2", "two");
	while (try_barrier(&x, &e) == -EIO)
		; /* it is tried again */
	knows(p, "a", "1:2,S=S/S 2=/ ");
	writer_start(&p->w, p->d->store, NULL); /* a second one: what it does is told by nobody */
	mark(p, "a", "1", KW_FLAGGED, 0);
	writer_stop(&p->w);
	barrier(&x);
	knows(p, "a", "1:2,FS=FS/FS 2=/ ");
	assert_int_equal(watching_end(&x), WATCH_END);
	writer_start(&p->w, p->d->store, NULL);
}

static void a_polled_folder_is_looked_at_for_the_barrier(void **state)
{
	struct place *p = *state;
	struct watching x = { .p = p };

	make_box(p, "a");
	write_mail(p, "a/cur/1:2,", "one");
	watch_box(&x, "a", "import-rw");
	x.folders[0].backend = "poll";
	watching_start(&x);
	barrier(&x);
	move_file(p, "a/cur/1:2,", "a/cur/1:2,S");
	write_mail(p, "a/new/2", "two");
	barrier(&x);
	knows(p, "a", "1:2,S=S/S 2=/ ");
	mark(p, "a", "2", KW_FLAGGED, 0);
	barrier(&x);
	assert_true(is_there(p, "a/cur/2:2,F"));
	assert_int_equal(watching_end(&x), WATCH_END);
}

static void more_events_than_the_kernel_keeps(void **state)
{
	struct place *p = *state;
	struct watching x = { .p = p };

	make_box(p, "a");
	write_mail(p, "a/cur/1:2,", "one");
	write_mail(p, "a/cur/2:2,S", "two");
	watch_box(&x, "a", "import-rw");
	watching_start(&x);
	barrier(&x);
	kill(x.pid, SIGSTOP);
	for (int i = 0; i < 10000; i++) {
		move_file(p, "a/cur/1:2,", "a/cur/1:2,F");
		move_file(p, "a/cur/1:2,F", "a/cur/1:2,");
	}
	move_file(p, "a/cur/2:2,S", "a/cur/2:2,R");
	write_mail(p, "a/new/3", "three");
	kill(x.pid, SIGCONT);
	barrier(&x);
	knows(p, "a", "1:2,=/ 2:2,R=R/R 3=/ ");
	assert_int_equal(watching_end(&x), WATCH_END);
}

static void another_directory_took_its_place(void **state)
{
	struct place *p = *state;
	struct watching x = { .p = p };

	make_dir(p->d->top, "up");
	make_box(p, "up/a");
	write_mail(p, "up/a/cur/1:2,", "one");
	watch_box(&x, "up/a", "import-rw");
	watching_start(&x);
	barrier(&x);
	move_file(p, "up", "down"); /* nobody tells */
	make_dir(p->d->top, "up");
	make_box(p, "up/a");
	write_mail(p, "up/a/cur/2:2,", "two");
	barrier(&x);
	knows(p, "up/a", "2:2,=/ ");
	assert_int_equal(watching_end(&x), WATCH_END);
}

/* Renames made of link and unlink, and the trash of one folder. */
static void what_readers_do_otherwise(void **state)
{
	struct place *p = *state;
	struct watching x = { .p = p };

	make_box(p, "a");
	write_mail(p, "a/cur/1:2,S", "one");
	watch_box(&x, "a", "import-rw");
	watching_start(&x);
	barrier(&x);
	assert_int_equal(link(path_in(p, "a/cur/1:2,S"), path_in(p, "a/cur/1:2,")), 0);
	barrier(&x);
	knows(p, "a", "1:2,S=S/S ");
	remove_file(p, "a/cur/1:2,S");
	barrier(&x);
	knows(p, "a", "1:2,=/ ");
	move_file(p, "a/cur/1:2,", "a/cur/1:2,FT");
	barrier(&x);
	mark(p, "a", "1", KW_ANSWERED, 0);
	barrier(&x);
	knows(p, "a", "1:2,FT=/R ");
	move_file(p, "a/cur/1:2,FT", "a/cur/1:2,F");
	barrier(&x);
	knows(p, "a", "1:2,FR=FR/FR ");
	assert_int_equal(watching_end(&x), WATCH_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
		T(a_rename_reaches_the_store_and_the_other_folder),
		T(the_store_reaches_writable_folders_only),
		T(what_happened_while_nobody_watched_is_found),
		T(nothing_to_watch),
		T(reload_leaves),
		T(a_folder_may_come_later_go_and_come_back),
		T(an_emptied_folder_forgets_files_not_messages),
		T(folders_below_are_found),
		T(half_a_mail_is_not_news),
		T(a_folder_that_cannot_be_written_is_told),
		T(a_writer_that_dies_costs_no_change),
		T(a_polled_folder_is_looked_at_for_the_barrier),
		T(more_events_than_the_kernel_keeps),
		T(another_directory_took_its_place),
		T(what_readers_do_otherwise),
#undef T
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A backup that cannot be made leaves what was there. */
#include "testing.h"

#include "store/backup.h"
#include "store/db.h"

#include <sys/file.h>
#include <sys/resource.h>

static const struct mail two[] = { { .subject = "one", .mid = "1" },
	                           { .subject = "two", .mid = "2" } };

struct copy {
	struct dirs *d;
	char dir[96], part[128], log[128];
};

static struct copy copy_of_two(void **state)
{
	struct copy c = { .d = *state };

	assert_int_equal(store_all(c.d->store, two, COUNT(two)).added, 2);
	snprintf(c.dir, sizeof(c.dir), "%s/copy", c.d->top);
	snprintf(c.part, sizeof(c.part), "%s/" DB_FILE ".part", c.dir);
	snprintf(c.log, sizeof(c.log), "%s/" DB_FILE "-wal", c.dir);
	return c;
}

static int backup(const struct copy *c, bool force, const char *said)
{
	struct err e = { "" };
	uint64_t bytes = 0;
	int rc = store_backup(c->d->store, c->dir, force, &bytes, &e);

	assert_int_equal(rc == 0, bytes > 0);
	if (said && !strstr(e.text, said))
		fail_msg("`%s' does not say `%s'", e.text, said);
	return rc;
}

static void it_has_what_the_store_has(void **state)
{
	const struct mail third = { .subject = "three", .mid = "3" };
	struct copy c = copy_of_two(state);

	assert_int_equal(backup(&c, false, NULL), 0);
	assert_int_equal(count_stored(c.dir), 2);
	assert_int_equal(access(c.part, F_OK), -1);
	store_all(c.d->store, &third, 1);
	assert_int_equal(backup(&c, false, "there is a store already"), -EEXIST);
	assert_int_equal(count_stored(c.dir), 2);
	assert_int_equal(backup(&c, true, NULL), 0);
	assert_int_equal(count_stored(c.dir), 3);
}

static void what_a_killed_one_left_is_overwritten(void **state)
{
	struct copy c = copy_of_two(state);

	make_dir(c.d->top, "copy");
	make_file(c.dir, DB_FILE ".part");
	assert_int_equal(truncate(c.part, 1 << 20), 0);
	assert_int_equal(backup(&c, false, NULL), 0);
	assert_int_equal(count_stored(c.dir), 2);
}

static void what_others_use_is_left_alone(void **state)
{
	struct copy c = copy_of_two(state);

	make_dir(c.d->top, "copy");
	make_file(c.dir, DB_FILE ".part");
	int other = open(c.part, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(other, LOCK_EX), 0);
	assert_int_equal(backup(&c, true, "another backup"), -EBUSY);
	assert_int_equal(access(c.part, F_OK), 0); /* it is the other's */
	close(other);
	assert_int_equal(backup(&c, true, NULL), 0);
	make_file(c.dir, DB_FILE "-wal");
	assert_int_equal(backup(&c, true, "is in use"), -EBUSY);
	assert_int_equal(unlink(c.log), 0);
	assert_int_equal(count_stored(c.dir), 2);
}

static void a_link_is_not_followed(void **state)
{
	struct copy c = copy_of_two(state);
	char victim[128];
	struct stat st;

	make_dir(c.d->top, "copy");
	make_file(c.d->top, "victim");
	snprintf(victim, sizeof(victim), "%s/victim", c.d->top);
	assert_int_equal(truncate(victim, 10), 0);
	assert_int_equal(symlink(victim, c.part), 0);
	assert_int_equal(backup(&c, true, "cannot make"), -ELOOP);
	assert_int_equal(stat(victim, &st), 0);
	assert_int_equal(st.st_size, 10);
}

static void no_store_is_copied_onto_itself(void **state)
{
	struct copy c = copy_of_two(state);

	strcpy(c.dir, c.d->store);
	assert_int_equal(backup(&c, true, "is the store itself"), -EINVAL);
	assert_int_equal(count_stored(c.d->store), 2);
}

static void a_directory_made_for_nothing_goes_again(void **state)
{
	struct copy c = { .d = *state };

	snprintf(c.dir, sizeof(c.dir), "%s/copy", c.d->top);
	assert_true(backup(&c, false, c.d->store) < 0); /* there is nothing to copy */
	assert_int_equal(access(c.dir, F_OK), -1);
}

/* A file that may not grow stands for a full disk. */
static void a_full_disk_leaves_the_backup_before(void **state)
{
	struct copy c = copy_of_two(state);
	struct rlimit before, small;

	assert_int_equal(backup(&c, false, NULL), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){ 1 << 16, before.rlim_max }; /* less than an empty store */
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int rc = backup(&c, true, "cannot copy");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_true(rc < 0);
	assert_int_equal(access(c.part, F_OK), -1);
	assert_int_equal(count_stored(c.dir), 2);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, dirs_setup, dirs_teardown)
	const struct CMUnitTest tests[] = {
		T(it_has_what_the_store_has),
		T(what_a_killed_one_left_is_overwritten),
		T(what_others_use_is_left_alone),
		T(a_link_is_not_followed),
		T(no_store_is_copied_onto_itself),
		T(a_directory_made_for_nothing_goes_again),
		T(a_full_disk_leaves_the_backup_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

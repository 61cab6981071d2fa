/* src/watch/kqueue.c on a kqueue made of inotify (kqueue_shim.h). */
#include "backend_contract.h"
#define KQUEUE_SHIM_INSIDE
#include "kqueue_shim.h"

#include <sys/resource.h>

static int setup(void **state)
{
	*state = world_new(&backend_kqueue);
	return 0;
}

static void lost_when_unmounted(void **state)
{
	struct world *w = *state;
	assert_int_equal(0, add(w, 1, "a"));
	assert_int_equal(0, add(w, 2, "b"));
	kqueue_shim_revoke(at(w, "a"));
	until_more(w, &w->lost[1], 0);
	assert_int_equal(1, w->told);
}

/* One descriptor each, and none is lost when there are no more. */
static void the_limit_of_descriptors_is_said(void **state)
{
	struct world *w = *state;
	struct rlimit before, tight;
	assert_int_equal(0, getrlimit(RLIMIT_NOFILE, &before));
	size_t fds = open_fds();
	int next = open("/", O_RDONLY | O_CLOEXEC);
	close(next);
	tight = before;
	tight.rlim_cur = (rlim_t)next + 3;
	assert_int_equal(0, setrlimit(RLIMIT_NOFILE, &tight));
	unsigned n = 0;
	int rc;
	while ((rc = add(w, n, "a")) == 0)
		n++;
	struct backend *second = NULL;
	int opened = w->ops->open(w->loop, hear, w, &second, NULL);
	assert_int_equal(0, setrlimit(RLIMIT_NOFILE, &before));
	assert_int_equal(-EMFILE, rc);
	assert_int_equal(-EMFILE, opened);
	assert_null(second);
	assert_int_equal(3, n);
	assert_int_equal(fds + n, open_fds());
	make_file(w, "a/x");
	for (unsigned id = 0; id < n; id++)
		until_more(w, &w->looks[id], 0);
	take_away(w, 0);
	assert_int_equal(0, add(w, n, "b"));
}

static void file_systems_that_tell_nobody(void **state)
{
	struct world *w = *state;
	assert_int_equal(-EOPNOTSUPP, add(w, 1, "/proc/self"));
	assert_int_equal(-EOPNOTSUPP, add(w, 1, "/sys"));
	kqueue_shim_refuse(EINVAL);
	assert_int_equal(-EOPNOTSUPP, add(w, 1, "a"));
	kqueue_shim_refuse(ENOMEM);
	assert_int_equal(-ENOMEM, add(w, 1, "a"));
	assert_int_equal(0, add(w, 1, "a"));
}

/* A turn takes a portion; the rest comes in the next. */
static void a_flood_comes_in_portions(void **state)
{
	struct world *w = *state;
	for (unsigned id = 0; id < 200; id++)
		assert_int_equal(0, add(w, id, "a"));
	make_file(w, "a/x");
	turn(w);
	assert_int_equal(64, w->told);
	turn(w);
	assert_int_equal(128, w->told);
	for (unsigned id = 0; id < 200; id++)
		until_more(w, &w->looks[id], 0);
	assert_int_equal(200, w->told);
}

/* Many changes are one piece of news. */
static void changes_add_up(void **state)
{
	struct world *w = *state;
	assert_int_equal(0, add(w, 1, "a"));
	for (int i = 0; i < 100; i++) {
		char name[32];
		snprintf(name, sizeof name, "a/%d", i);
		make_file(w, name);
	}
	turn(w);
	assert_int_equal(1, w->told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BACKEND_CONTRACT(setup),
		CONTRACT_TEST(lost_when_unmounted, setup),
		CONTRACT_TEST(the_limit_of_descriptors_is_said, setup),
		CONTRACT_TEST(file_systems_that_tell_nobody, setup),
		CONTRACT_TEST(a_flood_comes_in_portions, setup),
		CONTRACT_TEST(changes_add_up, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

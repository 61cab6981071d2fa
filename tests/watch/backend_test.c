/* The choice of backends, and the table that they keep. */
#include "backend_fixture.h"
#include "watch/backend_table.h"

static void auto_is_all_of_them_the_best_first(void **state)
{
	(void)state;
	const struct backend_ops *ops[4];
	assert_int_equal(0, backend_candidates("auto", ops, NULL));
	assert_ptr_equal(&backend_inotify, ops[0]);
	assert_ptr_equal(&backend_kqueue, ops[1]);
	assert_ptr_equal(&backend_poll, ops[2]);
	assert_null(ops[3]);
}

static void a_name_is_one(void **state)
{
	(void)state;
	const struct backend_ops *ops[4];
	const struct backend_ops *const all[] = { &backend_inotify, &backend_kqueue,
		                                  &backend_poll };
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(0, backend_candidates(all[i]->name, ops, NULL));
		assert_ptr_equal(all[i], ops[0]);
		assert_null(ops[1]);
	}
}

static void others_are_refused(void **state)
{
	(void)state;
	const char *const others[] = { "", "Auto", "inotify ", "fanotify" };
	const struct backend_ops *ops[4] = { &backend_poll };
	for (size_t i = 0; i < 4; i++) {
		struct err e = { "" };
		assert_int_equal(-EINVAL, backend_candidates(others[i], ops, &e));
		assert_true(e.text[0]);
		assert_ptr_equal(&backend_poll, ops[0]);
	}
}

static void what_the_system_lacks_says_so(void **state)
{
	(void)state;
	struct backend *b = NULL;
	struct err e = { "" };
#if __has_include(<sys/event.h>)
	skip();
#endif
	assert_int_equal(-ENOSYS, backend_kqueue.open(NULL, hear, NULL, &b, &e));
	assert_true(e.text[0]);
	assert_null(b);
	backend_kqueue.close(NULL);
}

/* Against a plain list. */
static void the_table_is_in_order(void **state)
{
	(void)state;
	enum { KEYS = 64, STEPS = 5000 };
	struct backend_table t = { 0 };
	bool there[KEYS] = { false };
	char items[KEYS];
	unsigned seed = 1;
	for (int i = 0; i < STEPS; i++) {
		size_t key = (size_t)rand_r(&seed) % KEYS;
		void *item = there[key] ? &items[key] : NULL;
		assert_ptr_equal(item, backend_table_get(&t, key));
		size_t next = key;
		while (next < KEYS && !there[next])
			next++;
		assert_ptr_equal(next < KEYS ? &items[next] : NULL, backend_table_from(&t, key));
		if (rand_r(&seed) % 2) {
			int rc = backend_table_put(&t, key, &items[key]);
			assert_int_equal(there[key] ? -EEXIST : 0, rc);
			there[key] = true;
		} else {
			assert_ptr_equal(item, backend_table_take(&t, key));
			there[key] = false;
		}
	}
	assert_int_equal(0, backend_table_put(&t, UINT64_MAX, items));
	assert_ptr_equal(items, backend_table_from(&t, KEYS));
	backend_table_done(&t);
	assert_null(backend_table_from(&t, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(auto_is_all_of_them_the_best_first),
		cmocka_unit_test(a_name_is_one),
		cmocka_unit_test(others_are_refused),
		cmocka_unit_test(what_the_system_lacks_says_so),
		cmocka_unit_test(the_table_is_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

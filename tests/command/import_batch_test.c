/* Batches between splitter and parser. */
#include "command_fixture.h"

#include "command/import_batch.h"

#include <errno.h>

static void what_goes_in_comes_out(void **state)
{
	static const char *const mails[] = { "a: b\n\nx\n", "", "c: d\n\n" };
	struct buf b = { 0 };
	struct batch_mail m;
	size_t at = 0;
	(void)state;
	for (size_t i = 0; i < 3; i++)
		batch_add(&b,
		          &(struct raw_mail){
			      .data = mails[i], .len = strlen(mails[i]), .kw = (kw_set)i },
		          NULL);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(batch_next(b.data, b.len, &at, &m), 1);
		assert_int_equal(m.len, strlen(mails[i]));
		assert_memory_equal(m.data, mails[i], m.len);
		assert_int_equal(m.kw, i);
	}
	assert_int_equal(batch_next(b.data, b.len, &at, &m), 0);
	buf_free(&b);
}

static void a_file_goes_along(void **state)
{
	struct buf b = { 0 };
	struct batch_mail m;
	size_t at = 0;
	const struct raw_mail in_file = { .data = "a: b\n", .len = 5, .name = "x:2,S" },
			      alone = { .data = "c: d\n", .len = 5 };
	(void)state;
	batch_add(&b, &in_file, "maildir:/m");
	batch_add(&b, &in_file, NULL);
	batch_add(&b, &alone, "maildir:/m");
	static const char *const want[][2] = { { "maildir:/m", "x:2,S" }, { "", "" }, { "", "" } };
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(batch_next(b.data, b.len, &at, &m), 1);
		assert_string_equal(m.folder, want[i][0]);
		assert_string_equal(m.name, want[i][1]);
	}
	buf_free(&b);
}

/* Every cut of a good batch is an end or an error, never a read beyond it. */
static void a_cut_batch_is_refused(void **state)
{
	struct buf b = { 0 };
	(void)state;
	batch_add(&b, &(struct raw_mail){ .data = "a: b\n\nx\n", .len = 8, .name = "n" }, "f");
	for (size_t len = 1; len < b.len; len++) {
		struct batch_mail m;
		size_t at = 0;
		char *exact = malloc(len);
		assert_non_null(exact);
		memcpy(exact, b.data, len);
		assert_int_equal(batch_next(exact, len, &at, &m), -EBADMSG);
		free(exact);
	}
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out),
		cmocka_unit_test(a_file_goes_along),
		cmocka_unit_test(a_cut_batch_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

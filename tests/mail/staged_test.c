/* How far a writing had come that ends between staging and its end. */
#include "fixture.h"

#include "mail/staged.h"
#include "mail/writer.h"

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>

#define OID1 "0123456789012345678901234567890123456789"
#define OID2 "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd"

struct stop {
	char token[STAGED_TOKEN_MAX];
	int calls, rc; /* what to answer */
};

static int note(void *rock, const char *token, struct err *e)
{
	struct stop *s = rock;
	snprintf(s->token, sizeof(s->token), "%s", token);
	s->calls++;
	return s->rc < 0 ? err_set(e, s->rc, "stopped") : 0;
}

static struct mail_writer *two_mails(const char *path, enum mail_format f, enum writer_mode mode,
                                     struct stop *s)
{
	static const char *const oids[] = { OID1, OID2 };
	struct mail_writer *w;
	assert_int_equal(mail_writer_path(path, f, &(struct writer_opts){ .mode = mode }, &w, NULL),
	                 0);
	mail_writer_staged(w, note, s);
	for (size_t i = 0; i < 2; i++) {
		struct out_mail m = { .data = "A: b\n\nc\n", .len = 8, .oid = oids[i] };
		assert_int_equal(mail_writer_count(w), i);
		assert_int_equal(mail_writer_put(w, &m, NULL), 0);
	}
	return w;
}

static int is_out(const char *path, enum mail_format f, const struct stop *s, size_t n)
{
	struct err e = { .text = "" };
	int rc = staged_is_out(path, f, s->token, n, &e);
	if (rc < 0)
		fail_msg("%s", e.text);
	return rc;
}

static int files_in(const char *path)
{
	int n = 0;
	DIR *d = opendir(path);
	assert_non_null(d);
	for (struct dirent *de; (de = readdir(d)) != NULL;)
		n += de->d_name[0] != '.';
	closedir(d);
	return n;
}

static void what_is_closed_is_out(void **state)
{
	struct stop s = { .calls = 0 };
	(void)state;
	assert_int_equal(mail_writer_close(two_mails("md", MAIL_MAILDIR, WRITER_REPLACE, &s), NULL),
	                 0);
	assert_int_equal(s.calls, 1);
	assert_int_equal(is_out("md", MAIL_MAILDIR, &s, 0), 1);
	assert_int_equal(is_out("md", MAIL_MAILDIR, &s, 1), 1);
	assert_int_equal(mail_writer_close(two_mails("mb", MAIL_MBOXRD, WRITER_REPLACE, &s), NULL),
	                 0);
	assert_int_equal(s.calls, 2);
	assert_int_equal(is_out("mb", MAIL_MBOXRD, &s, 0), 1);
}

static void a_refusal_leaves_all_as_it_was(void **state)
{
	struct stop s = { .rc = -ENOSPC };
	struct err e = { .text = "" };
	(void)state;
	put_file("mb", BYTES("From a@b Thu Jan  1 00:00:00 1970\nA: b\n\n"));
	assert_int_equal(mail_writer_close(two_mails("mb", MAIL_MBOXRD, WRITER_UPDATE, &s), &e),
	                 -ENOSPC);
	assert_string_equal(e.text, "stopped");
	assert_int_equal(is_out("mb", MAIL_MBOXRD, &s, 0), 0);
	assert_int_equal(mkdir("md", 0700), 0);
	assert_int_equal(mail_writer_close(two_mails("md", MAIL_MAILDIR, WRITER_REPLACE, &s), &e),
	                 -ENOSPC);
	assert_int_equal(files_in("md/cur") + files_in("md/new") + files_in("md/tmp"), 0);
}

/* As a kill does: the writer never comes to its end. */
static int die(void *rock, const char *token, struct err *e)
{
	note(rock, token, e);
	return raise(SIGKILL);
}

static void what_was_cut_off_is_told(void **state)
{
	struct stop *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
	                      -1, 0);
	char first[256];
	(void)state;
	assert_true(s != MAP_FAILED);
	for (int round = 0; round < 2; round++) {
		enum mail_format f = round == 0 ? MAIL_MAILDIR : MAIL_MBOXRD;
		const char *path = round == 0 ? "md" : "mb";
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			struct mail_writer *w = two_mails(path, f, WRITER_UPDATE, s);
			mail_writer_staged(w, die, s);
			mail_writer_close(w, NULL);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_int_equal(is_out(path, f, s, 0), 0);
		assert_int_equal(is_out(path, f, s, 1), 0);
		if (f != MAIL_MAILDIR)
			continue;
		/* the first had left for its place, and then it was deleted */
		staged_name(s->token, 0, first, sizeof(first));
		char tmp[300];
		snprintf(tmp, sizeof(tmp), "md/tmp/%s", first);
		assert_int_equal(unlink(tmp), 0);
		assert_int_equal(is_out(path, f, s, 0), 1);
		assert_int_equal(is_out(path, f, s, 1), 0);
		put_file("md/tmp/another", BYTES("x"));
		staged_clean(path, f, s->token);
		assert_int_equal(files_in("md/tmp"), 1);
	}
	munmap(s, sizeof(*s));
}

/* A file system that cannot rename without replacing: a link comes first. */
static void a_linked_mail_is_out(void **state)
{
	struct stop s = { .token = "token" };
	(void)state;
	assert_int_equal(mkdir("md", 0700), 0);
	assert_int_equal(mkdir("md/tmp", 0700), 0);
	assert_int_equal(mkdir("md/cur", 0700), 0);
	put_file("md/tmp/token,1", BYTES("x"));
	assert_int_equal(is_out("md", MAIL_MAILDIR, &s, 0), 0);
	assert_int_equal(link("md/tmp/token,1", "md/cur/x:2,"), 0);
	assert_int_equal(is_out("md", MAIL_MAILDIR, &s, 0), 1);
}

static void what_is_gone_is_not_out(void **state)
{
	struct stop s = { .token = "token" };
	(void)state;
	assert_int_equal(is_out("none", MAIL_MAILDIR, &s, 0), 0);
	assert_int_equal(is_out("none", MAIL_MBOXRD, &s, 0), 0);
	put_file("file", BYTES("x"));
	assert_int_equal(is_out("file/none", MAIL_MAILDIR, &s, 0), 0);
	assert_int_equal(is_out("file/none", MAIL_MBOXRD, &s, 0), 0);
	staged_clean("none", MAIL_MAILDIR, "token");
}

#define IN_TMP(f) cmocka_unit_test_setup_teardown(f, enter_tmp, leave_tmp)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TMP(what_is_closed_is_out),    IN_TMP(a_refusal_leaves_all_as_it_was),
		IN_TMP(what_was_cut_off_is_told), IN_TMP(a_linked_mail_is_out),
		IN_TMP(what_is_gone_is_not_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

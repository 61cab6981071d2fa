#include "fixture.h"

#include "event/event.h"
#include "mail/dotlock.h"
#include "mail/mbox_lock.h"
#include "mail/writer.h"

#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

static struct lock_plan plan(const char *words)
{
	struct lock_plan p;
	struct err e = { "" };
	assert_int_equal(lock_plan_parse(words, &p, &e), 0);
	return p;
}

static void assert_bad(const char *words, const char *text)
{
	struct lock_plan p;
	struct err e = { "" };
	assert_int_equal(lock_plan_parse(words, &p, &e), -EINVAL);
	assert_string_equal(e.text, text);
}

static void words_make_a_plan(void **state)
{
	struct lock_plan p = lock_plan_default();
	(void)state;
	assert_int_equal(p.n, 2);
	assert_int_equal(p.methods[0], LOCK_FCNTL);
	assert_int_equal(p.methods[1], LOCK_DOTLOCK);
	p = plan("flock,fcntl timeout=0.5s,flock");
	assert_int_equal(p.n, 2);
	assert_int_equal(p.methods[0], LOCK_FLOCK);
	assert_int_equal(p.timeout_ns, 500000000);
	assert_false(p.by_default);
	assert_int_equal(plan("none").n, 0);
	assert_bad("lockf", "no lock is called lockf (dotlock, fcntl, flock or none)");
	assert_bad("none,fcntl", "no lock is called none (dotlock, fcntl, flock or none)");
	assert_bad("timeout=9", "no lock is named in \"timeout=9\"");
	assert_bad("", "no lock is named in \"\"");
	assert_bad("fcntl,timeout=-1", "timeout=-1: not a number of seconds");
	assert_bad("fcntl,delay=x", "delay=x: not a number of seconds");
}

static struct mbox_lock *locked(const char *words, enum lock_access access)
{
	struct lock_plan p = plan(words);
	struct mbox_lock *l = NULL;
	struct err e = { "" };
	assert_int_equal(mbox_lock_open("box", access, &p, &l, &e), 0);
	return l;
}

/* Its text in *e. */
static void assert_busy(const char *words, enum lock_access access, struct err *e)
{
	struct lock_plan p = plan(words);
	struct mbox_lock *l;
	assert_int_equal(mbox_lock_open("box", access, &p, &l, e), -EBUSY);
}

/* A child that takes the dotlock and then sleeps; its pid. */
static pid_t child_with_dotlock(void)
{
	int ends[2];
	char byte;
	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct dotlock *l;
		int rc = dotlock_try("box", &l);
		if (rc == 0 && write(ends[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	close(ends[1]);
	return pid;
}

#define QUICK ",timeout=0.05,delay=0.01"

static void each_lock_keeps_others_out(void **state)
{
	static const char *const words[] = { "fcntl" QUICK, "flock" QUICK, "dotlock" QUICK };
	(void)state;
	put_file("box", BYTES(""));
	for (size_t i = 0; i < 3; i++) {
		struct err e = { "" };
		struct mbox_lock *l = locked(words[i], LOCK_TO_WRITE);
		if (strncmp(words[i], "dotlock", 7) == 0) {
			mbox_lock_free(l);
			continue; /* see the_holder_is_named */
		}
		assert_busy(words[i], LOCK_TO_READ, &e);
		assert_non_null(strstr(e.text, " lock is held by another program, waited 0.05 s"));
		mbox_lock_free(l);
		mbox_lock_free(locked(words[i], LOCK_TO_WRITE));
	}
	assert_int_equal(access("box.lock", F_OK), -1);
}

static void readers_share(void **state)
{
	struct err e;
	(void)state;
	put_file("box", BYTES(""));
	struct mbox_lock *a = locked("fcntl,flock" QUICK, LOCK_TO_READ);
	struct mbox_lock *b = locked("fcntl,flock" QUICK, LOCK_TO_READ);
	assert_busy("fcntl" QUICK, LOCK_TO_WRITE, &e);
	assert_busy("flock" QUICK, LOCK_TO_WRITE, &e);
	mbox_lock_free(a);
	mbox_lock_free(b);
}

static void the_holder_is_named(void **state)
{
	struct err e = { "" };
	char want[64];
	(void)state;
	put_file("box", BYTES(""));
	struct lock_plan dot = plan("dotlock");
	struct mbox_lock *l = locked("dotlock", LOCK_TO_WRITE), *none;
	assert_int_equal(mbox_lock_open("box", LOCK_TO_READ, &dot, &none, &e), -EDEADLK);
	assert_string_equal(e.text, "box: input and output at once");
	mbox_lock_free(l);
	pid_t pid = child_with_dotlock();
	assert_busy("dotlock" QUICK, LOCK_TO_WRITE, &e);
	snprintf(want, sizeof(want), "box.lock: dotlock lock is held by process %d", (int)pid);
	assert_non_null(strstr(e.text, want));
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	while (access("box.lock", F_OK) == 0)
		usleep(1000);
	put_file("box.lock", BYTES("")); /* of a program that does not say who it is */
	assert_busy("dotlock" QUICK, LOCK_TO_WRITE, &e);
	assert_non_null(strstr(e.text, "held by another program"));
	assert_int_equal(access("box.lock", F_OK), 0);
}

static void a_file_that_is_made_goes_again(void **state)
{
	struct err e;
	(void)state;
	struct mbox_lock *l = locked("fcntl", LOCK_TO_WRITE);
	assert_int_equal(access("box", F_OK), 0);
	mbox_lock_unmake(l);
	mbox_lock_free(l);
	assert_int_equal(access("box", F_OK), -1);
	put_file("box.lock", BYTES(""));
	assert_busy("fcntl,dotlock" QUICK, LOCK_TO_WRITE, &e);
	assert_int_equal(access("box", F_OK), -1);
}

/* ---- dotlocks of the dead ---- */

static void a_killed_holder_leaves_no_lock(void **state)
{
	static const int signals[] = { SIGKILL, SIGTERM };
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		pid_t pid = child_with_dotlock();
		assert_int_equal(access("box.lock", F_OK), 0);
		kill(pid, signals[i]);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		struct mbox_lock *l = locked("dotlock", LOCK_TO_WRITE); /* waits for the guard */
		mbox_lock_free(l);
	}
	assert_int_equal(access("box.lock", F_OK), -1);
}

static void a_stale_lock_is_removed(void **state)
{
	struct dotlock *l;
	(void)state;
	pid_t pid = child_with_dotlock();
	char *text = get_file("box.lock");
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	while (access("box.lock", F_OK) == 0) /* the guard has not come to it */
		usleep(1000);
	put_file("box.lock", text, strlen(text));
	assert_int_equal(dotlock_holder("box"), pid);
	assert_int_equal(dotlock_try("box", &l), 0);
	dotlock_free(l);
	/* of another machine, or of a program that does not tell: not to be judged */
	char *name = strstr(text, "lei ") + 4;
	*name = *name == 'x' ? 'y' : 'x';
	put_file("box.lock", text, strlen(text));
	assert_int_equal(dotlock_try("box", &l), -EEXIST);
	*strchr(text, '\n') = '\0';
	put_file("box.lock", text, strlen(text));
	assert_int_equal(dotlock_try("box", &l), -EEXIST);
	free(text);
}

/* ---- two writers ---- */

static void one_after_the_other(void **state)
{
	struct lock_plan p = lock_plan_default();
	const struct writer_opts how = { .mode = WRITER_APPEND, .lock = &p };
	enum { EACH = 20, WRITERS = 4 };
	struct mails all = { 0 };
	struct err e = { "" };
	uint64_t n;
	(void)state;
	p.timeout_ns = 100 * EVENT_SECOND; /* a busy machine is none that is stuck */
	for (int i = 0; i < WRITERS; i++) {
		if (fork() != 0)
			continue;
		int rc = 0;
		for (int k = 0; k < EACH && rc == 0; k++) {
			struct mail_writer *w;
			char text[64];
			size_t len = (size_t)snprintf(text, sizeof(text), "A: %d %d\n", i, k);
			rc = mail_writer_path("box", MAIL_MBOXRD, &how, &w, NULL);
			if (rc == 0)
				rc = mail_writer_put(
				    w, &(struct out_mail){ .data = text, .len = len }, NULL);
			if (rc == 0)
				rc = mail_writer_close(w, NULL);
		}
		_exit(rc == 0 ? 0 : 1);
	}
	for (int i = 0; i < WRITERS; i++) {
		int status;
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(mail_read_path("box", MAIL_MBOXRD, collect, &all, &n, &e), 0);
	assert_int_equal(n, EACH * WRITERS);
	buf_free(&all.text);
	assert_int_equal(access("box.lock", F_OK), -1);
}

#define IN_TMP(f) cmocka_unit_test_setup_teardown(f, enter_tmp, leave_tmp)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_make_a_plan),
		IN_TMP(each_lock_keeps_others_out),
		IN_TMP(readers_share),
		IN_TMP(the_holder_is_named),
		IN_TMP(a_file_that_is_made_goes_again),
		IN_TMP(a_killed_holder_leaves_no_lock),
		IN_TMP(a_stale_lock_is_removed),
		IN_TMP(one_after_the_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

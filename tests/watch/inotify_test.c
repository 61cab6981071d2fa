/* inotify: what happens at its limits, besides what every backend promises. */
#include "backend_contract.h"
#include "watch/backend_local.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

static int setup(void **state)
{
	*state = world_new(&backend_inotify);
	return 0;
}

static long number_in(const char *path)
{
	long n = -1;
	FILE *f = fopen(path, "re");
	if (f && fscanf(f, "%ld", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}

/* ---- the queue ---- */

/* More than the queue holds; two events each, no two alike in a row.  False: too long for a test. */
static bool overflow_queue(struct world *w, const char *dir)
{
	char here[32], there[32];
	long most = number_in("/proc/sys/fs/inotify/max_queued_events");
	if (most < 0 || most > 200000)
		return false;
	snprintf(here, sizeof here, "%s/here", dir);
	snprintf(there, sizeof there, "%s/there", dir);
	make_file(w, here);
	for (long i = 0; i < most / 4 + 10; i++) {
		move(w, here, there);
		move(w, there, here);
	}
	assert_int_equal(0, unlink(at(w, here)));
	return true;
}

static void overflow_makes_all_look(void **state)
{
	struct world *w = *state;
	assert_int_equal(0, add(w, 1, "a"));
	assert_int_equal(0, add(w, 2, "b"));
	assert_int_equal(0, add(w, 3, "b"));
	if (!overflow_queue(w, "a"))
		skip();
	make_file(w, "b/dropped");
	for (unsigned id = 1; id <= 3; id++)
		until_more(w, &w->looks[id], 0);
	assert_int_equal(0, w->names[2] + w->lost[1] + w->lost[2]);
	make_file(w, "b/x");
	until_told(w, 2, 0, "x");
	make_file(w, "a/x");
	until_told(w, 1, 0, "x");
}

/* The end of a watch may be what did not fit: a directory that looks as before, and is another. */
static void overflow_hides_no_end(void **state)
{
	struct world *w = *state;
	make_dir(w, "c");
	make_dir(w, "d");
	assert_int_equal(0, add(w, 1, "a"));
	assert_int_equal(0, add(w, 2, "b"));
	assert_int_equal(0, add(w, 3, "b"));
	assert_int_equal(0, add(w, 4, "c"));
	assert_int_equal(0, add(w, 5, "d"));
	if (!overflow_queue(w, "a"))
		skip();
	assert_int_equal(0, rmdir(at(w, "b")));
	make_dir(w, "b");
	move(w, "c", "e"); /* alive, elsewhere */
	move(w, "d", "f");
	make_dir(w, "d");
	for (unsigned id = 2; id <= 5; id++)
		until_more(w, &w->lost[id], 0);
	assert_int_equal(0, w->lost[1]);
	assert_int_equal(1, w->looks[1]);
	assert_int_equal(0, add(w, 2, "b"));
	assert_int_equal(0, add(w, 4, "e"));
	make_file(w, "f/unheard");
	make_file(w, "b/x");
	until_told(w, 2, 0, "x");
	make_file(w, "e/x");
	until_told(w, 4, 0, "x");
	assert_int_equal(1, w->lost[2] + w->lost[4] - w->lost[3]);
}

struct beside {
	size_t ran, told_between;
	struct world *w;
};

static waitevent note(struct stream *s, waitevent ev, void *rock)
{
	struct beside *t = rock;
	t->ran++;
	if (t->ran == 2)
		t->told_between = t->w->told;
	waitevent_set_mark(s, ev, 0);
	return ev;
}

static void a_flood_comes_in_portions(void **state)
{
	enum { FILES = 4000 };
	struct world *w = *state;
	struct beside t = { .w = w };
	char name[200];
	assert_int_equal(0, add(w, 1, "a"));
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "a/%0150d", i);
		make_file(w, name);
	}
	struct stream *timer = stream_new(w->loop, -1, 0, NULL, NULL);
	waitevent_add(timer, 0, note, &t);
	until_more(w, &w->names[1], 2 * FILES - 1); /* created, closed */
	assert_in_range(t.told_between, 1, FILES);
	stream_free(timer);
	assert_int_equal(2 * FILES, w->told);
}

/* What is written in its place is whole when it is closed. */
static void told_when_the_writer_closes(void **state)
{
	struct world *w = *state;
	int fd = open(at(w, "a/slow"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_int_equal(0, add(w, 1, "a"));
	assert_int_equal(1, write(fd, "x", 1));
	turn(w);
	assert_int_equal(0, w->told);
	close(fd);
	until_told(w, 1, 0, "slow");
}

/* ---- what cannot be watched ---- */

static void file_systems_that_tell_nobody(void **state)
{
	struct world *w = *state;
	assert_int_equal(-EOPNOTSUPP, add(w, 1, "/proc/self"));
	assert_int_equal(-EOPNOTSUPP, add(w, 1, "/sys"));
	assert_false(backend_hears_all(0x6969)); /* NFS */
	assert_false(backend_hears_all(0xff534d42)); /* CIFS */
	assert_false(backend_hears_all(0x65735546)); /* FUSE */
	assert_true(backend_hears_all(0xef53)); /* ext4 */
	assert_true(backend_hears_all(0x01021994)); /* tmpfs */
}

/* Where a test needs powers: in a child, in namespaces of its own.  What fn returns, or -1 where
 * there are none to be had. */
static int in_namespaces(int flags, int (*fn)(struct world *w), struct world *w)
{
	int status = 0;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct world mine = *w; /* the parent's backend stays as it is */
		loop_after_fork(w->loop);
		_exit(unshare(CLONE_NEWUSER | flags) < 0 ? 255 : fn(&mine));
	}
	assert_int_equal(pid, waitpid(pid, &status, 0));
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

static bool set_limit(const char *path, const char *n)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool set = fd >= 0 && write(fd, n, strlen(n)) == (ssize_t)strlen(n);
	if (fd >= 0)
		close(fd);
	return set;
}

/* Fresh, for a child. */
static bool begin(struct world *w)
{
	w->loop = loop_new(LOOP_MONOTONIC, NULL);
	return w->ops->open(w->loop, hear, w, &w->backend, NULL) == 0;
}

static int finish(struct world *w, int result)
{
	w->ops->close(w->backend);
	loop_free(w->loop);
	return result;
}

static int few_watches(struct world *w)
{
	struct err e = { "" };
	const struct backend_ops *ops = w->ops;
	if (!set_limit("/proc/sys/user/max_inotify_watches", "2") || !begin(w))
		return 255;
	if (ops->add(w->backend, 1, at(w, "a"), NULL) || ops->add(w->backend, 2, at(w, "a"), NULL))
		return finish(w, 1);
	if (ops->add(w->backend, 3, at(w, "b"), NULL))
		return finish(w, 2);
	if (ops->add(w->backend, 4, w->root, &e) != -ENOSPC || !strstr(e.text, "max_user_watches"))
		return finish(w, 3);
	ops->remove(w->backend, 1); /* its directory has another id */
	if (ops->add(w->backend, 4, w->root, NULL) != -ENOSPC)
		return finish(w, 4);
	ops->remove(w->backend, 2);
	return finish(w, ops->add(w->backend, 4, w->root, NULL) == 0 ? 0 : 5);
}

static int few_instances(struct world *w)
{
	struct err e = { "" };
	if (!set_limit("/proc/sys/user/max_inotify_instances", "0"))
		return 255;
	w->loop = loop_new(LOOP_MONOTONIC, NULL);
	w->backend = NULL;
	int rc = w->ops->open(w->loop, hear, w, &w->backend, &e);
	return finish(w, rc == -EMFILE && !w->backend && strstr(e.text, "instances") ? 0 : 1);
}

static int unmounted(struct world *w)
{
	if (mount("none", at(w, "a"), "tmpfs", 0, NULL) < 0 || !begin(w))
		return 255;
	w->live[1] = w->live[2] = true;
	if (w->ops->add(w->backend, 1, at(w, "a"), NULL) ||
	    w->ops->add(w->backend, 2, at(w, "b"), NULL))
		return finish(w, 1);
	if (umount(at(w, "a")) < 0)
		return finish(w, 2);
	int64_t deadline_ns = loop_now(w->loop) + 60 * EVENT_SECOND;
	while (!w->told && loop_now(w->loop) < deadline_ns)
		loop_turn(w->loop, loop_now(w->loop) + EVENT_SECOND / 10);
	if (w->told != 1 || w->lost[1] != 1 || w->stale)
		return finish(w, 3);
	return finish(w, w->ops->add(w->backend, 1, at(w, "a"), NULL) == 0 ? 0 : 4);
}

static void check_in(void **state, int flags, int (*fn)(struct world *w))
{
	int rc = in_namespaces(flags, fn, *state);
	if (rc < 0)
		skip();
	assert_int_equal(0, rc);
}

static void the_limit_of_watches_is_said(void **state)
{
	check_in(state, 0, few_watches);
}

static void the_limit_of_instances_is_said(void **state)
{
	check_in(state, 0, few_instances);
}

static void lost_when_unmounted(void **state)
{
	check_in(state, CLONE_NEWNS, unmounted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BACKEND_CONTRACT(setup),
		CONTRACT_TEST(overflow_makes_all_look, setup),
		CONTRACT_TEST(overflow_hides_no_end, setup),
		CONTRACT_TEST(a_flood_comes_in_portions, setup),
		CONTRACT_TEST(told_when_the_writer_closes, setup),
		CONTRACT_TEST(file_systems_that_tell_nobody, setup),
		CONTRACT_TEST(the_limit_of_watches_is_said, setup),
		CONTRACT_TEST(the_limit_of_instances_is_said, setup),
		CONTRACT_TEST(lost_when_unmounted, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Changes of the config that happen together or not at all. */
#include "command_fixture.h"

#include "command/config.h"
#include "command/config_edit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTION "watch.maildir:/a b/\"c\"\\d.e"

static char top[] = "/tmp/lei-config-edit-XXXXXX";

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(top) == NULL || chdir(top) < 0;
}

static int tear_down(void **state)
{
	const char *argv[] = { "rm", "-r", top, NULL };
	struct err e = { .text = "" };
	(void)state;
	return chdir("/") < 0 || run_program(argv, NULL, &e) != 0;
}

struct home {
	char xdg[64], *env[2];
	struct wire_request req;
	struct call call;
	struct cmd c;
};

static void home(struct home *h, const char *name)
{
	*h = (struct home){ .req = { .envc = 1 } };
	snprintf(h->xdg, sizeof(h->xdg), "XDG_CONFIG_HOME=%s/%s", top, name);
	h->env[0] = h->xdg;
	h->req.envp = h->env;
	h->call.req = &h->req;
	h->c.call = &h->call;
}

static void holds(const char *path, const char *want)
{
	char data[512] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (want == NULL) {
		assert_int_equal(fd, -1);
		return;
	}
	assert_true(fd >= 0);
	assert_true(read(fd, data, sizeof(data) - 1) >= 0);
	close(fd);
	assert_string_equal(data, want);
}

static void put(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void together(void **state)
{
	static const char want[] = "[watch \"maildir:/a b/\\\"c\\\"\\\\d.e\"]\n\tstate = pause\n"
				   "\tvmd = kw:seen\n\tvmd = L:x\n";
	struct home h;
	struct config_edit ed;
	struct err e = { .text = "" };
	(void)state;
	home(&h, "one");
	assert_int_equal(config_edit_begin(&h.c, &ed, &e), 0);
	assert_int_equal(config_edit_set(&ed, SECTION, "state", "pause", &e), 0);
	assert_int_equal(config_edit_unset(&ed, SECTION, "vmd", &e), 0);
	assert_int_equal(config_edit_add(&ed, SECTION, "vmd", "kw:seen", &e), 0);
	assert_int_equal(config_edit_add(&ed, SECTION, "vmd", "L:x", &e), 0);
	holds("one/lei/config", NULL);
	assert_int_equal(config_edit_commit(&ed, &e), 0);
	holds("one/lei/config", want);
	holds("one/lei/config.lock", NULL);
	assert_int_equal(config_edit_begin(&h.c, &ed, &e), 0);
	assert_int_equal(config_edit_remove(&ed, SECTION, &e), 0);
	config_edit_abort(&ed);
	holds("one/lei/config", want);
	holds("one/lei/config.lock", NULL);
	assert_int_equal(config_edit_begin(&h.c, &ed, &e), 0);
	assert_int_equal(config_edit_remove(&ed, SECTION, &e), 0);
	assert_int_equal(config_edit_commit(&ed, &e), 0);
	holds("one/lei/config", "");
}

static void links_and_modes_stay(void **state)
{
	struct home h;
	struct config_edit ed;
	struct stat st;
	struct err e = { .text = "" };
	(void)state;
	assert_int_equal(mkdir("dotfiles", 0700), 0);
	assert_int_equal(mkdir("two", 0700) | mkdir("two/lei", 0700), 0);
	put("dotfiles/lei", "# mine\n", 0640);
	assert_int_equal(chmod("dotfiles/lei", 0640), 0);
	assert_int_equal(symlink("../../dotfiles/lei", "two/lei/config"), 0);
	home(&h, "two");
	assert_int_equal(config_edit_begin(&h.c, &ed, &e), 0);
	assert_int_equal(config_edit_set(&ed, "a.b", "c", "d", &e), 0);
	assert_int_equal(config_edit_commit(&ed, &e), 0);
	holds("dotfiles/lei", "# mine\n[a \"b\"]\n\tc = d\n");
	assert_int_equal(lstat("two/lei/config", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat("dotfiles/lei", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void a_lock_of_git_is_respected(void **state)
{
	struct home h;
	struct config_edit ed;
	struct err e = { .text = "" };
	(void)state;
	home(&h, "three");
	assert_int_equal(mkdir("three", 0700) | mkdir("three/lei", 0700), 0);
	put("three/lei/config.lock", "theirs", 0600);
	assert_int_equal(config_edit_begin(&h.c, &ed, &e), -EEXIST);
	assert_non_null(strstr(e.text, "config.lock is there"));
	holds("three/lei/config.lock", "theirs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(together),
		cmocka_unit_test(links_and_modes_stay),
		cmocka_unit_test(a_lock_of_git_is_respected),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

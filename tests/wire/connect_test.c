#include "testing.h"
#include "wire/wire.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/un.h>

static void assert_talks(int listener, const char *path)
{
	int client = -1;
	assert_int_equal(wire_connect(path, &client), 0);
	assert_int_equal(fcntl(client, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(client, F_GETFL) & O_NONBLOCK, 0);
	int server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(server >= 0);
	char buf[8];
	struct wire_packet p = { .data = buf, .cap = sizeof(buf) };
	assert_int_equal(wire_send(client, "ping", 4, NULL, 0, 0), 0);
	assert_int_equal(wire_recv(server, &p, 0), 0);
	assert_int_equal(p.len, 4);
	close(client);
	close(server);
}

static size_t count_entries(const char *dir)
{
	DIR *d = opendir(dir);
	assert_non_null(d);
	size_t n = 0;
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

/* dir/ddd.../5.seq.sock of `len` bytes; one component holds at most 100 of them. */
static void make_long_path(char *buf, const char *dir, size_t len)
{
	size_t n = strlen(dir), name = strlen("/" WIRE_SOCKET_NAME);
	memcpy(buf, dir, n + 1);
	while (n + name < len) {
		size_t part = len - n - name;
		/* not 101: the slash alone would remain for the last component */
		part = part > 102 ? 100 : part == 102 ? 50 : part;
		buf[n] = '/';
		memset(buf + n + 1, 'd', part - 1);
		n += part;
		buf[n] = '\0';
		mkdir(buf, 0700);
	}
	memcpy(buf + n, "/" WIRE_SOCKET_NAME, name + 1);
	assert_int_equal(strlen(buf), len);
}

static void paths_may_be_long(void **state)
{
	(void)state;
	static const size_t lens[] = { 90, 106, 107, 108, 109, 127, 200, 1000 };
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		size_t before = count_fds();
		char *dir = make_scratch(), path[1024];
		int listener = -1;
		make_long_path(path, dir, lens[i]);
		assert_int_equal(wire_listen(path, 5, &listener), 0);
		assert_int_equal(fcntl(listener, F_GETFD), FD_CLOEXEC);
		assert_true(fcntl(listener, F_GETFL) & O_NONBLOCK);
		assert_talks(listener, path);
		close(listener);
		assert_int_equal(wire_connect(path, &listener), -ECONNREFUSED);
		remove_scratch(dir);
		assert_int_equal(wire_connect(path, &listener), -ENOENT);
		assert_int_equal(count_fds(), before);
	}
}

static void paths_may_be_relative(void **state)
{
	(void)state;
	static const char *const paths[] = { "s", "./s", "sub/s", "sub/../sub//s" };
	char *dir = make_scratch(), was[4096];
	assert_non_null(getcwd(was, sizeof(was)));
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(mkdir("sub", 0700), 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int listener = -1;
		assert_int_equal(wire_listen(paths[i], 5, &listener), 0);
		assert_talks(listener, paths[i]);
		close(listener);
	}
	assert_int_equal(chdir(was), 0);
	remove_scratch(dir);
}

static void replaces_what_is_there(void **state)
{
	(void)state;
	char *dir = make_scratch(), path[256], target[256];
	int listener = -1, again = -1;
	snprintf(path, sizeof(path), "%s/" WIRE_SOCKET_NAME, dir);
	snprintf(target, sizeof(target), "%s/target", dir);

	assert_int_equal(wire_listen(path, 5, &listener), 0);
	close(listener);
	assert_int_equal(wire_listen(path, 5, &listener), 0); /* stale */
	assert_talks(listener, path);
	assert_int_equal(wire_listen(path, 5, &again), 0); /* live: the caller's decision */
	assert_talks(again, path);
	close(again);
	close(listener);

	assert_int_equal(rename(path, target), 0);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(wire_listen(path, 5, &listener), 0); /* the link, not its target */
	assert_talks(listener, path);
	assert_int_equal(wire_connect(target, &again), -ECONNREFUSED);
	assert_int_equal(count_entries(dir), 2); /* and no temporary name */
	close(listener);
	remove_scratch(dir);
}

static void failing_to_listen_leaves_nothing(void **state)
{
	(void)state;
	size_t before = count_fds();
	char *dir = make_scratch(), path[256], name[300];
	int listener = -77;
	snprintf(path, sizeof(path), "%s/is-a-directory", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(wire_listen(path, 5, &listener), -EISDIR);
	assert_int_equal(count_entries(dir), 1);
	snprintf(path, sizeof(path), "%s/none/s", dir);
	assert_int_equal(wire_listen(path, 5, &listener), -ENOENT);
	snprintf(path, sizeof(path), "%s/", dir);
	assert_int_equal(wire_listen(path, 5, &listener), -EISDIR);
	assert_int_equal(wire_listen("", 5, &listener), -EISDIR);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	char *far = NULL;
	assert_true(asprintf(&far, "%s/%s", dir, name) > 0);
	assert_int_equal(wire_listen(far, 5, &listener), -ENAMETOOLONG);
	free(far);
	assert_int_equal(count_entries(dir), 1);
	assert_int_equal(listener, -77);
	remove_scratch(dir);
	assert_int_equal(count_fds(), before);
}

static void connect_tells_why_not(void **state)
{
	(void)state;
	size_t before = count_fds();
	char *dir = make_scratch(), path[256];
	int fd = -77;
	assert_int_equal(wire_connect("", &fd), -ENOENT);
	snprintf(path, sizeof(path), "%s/none", dir);
	assert_int_equal(wire_connect(path, &fd), -ENOENT);
	assert_int_equal(wire_connect("/dev/null/x", &fd), -ENOTDIR);
	assert_int_equal(wire_connect("/dev/null", &fd), -ECONNREFUSED);

	struct sockaddr_un a = { .sun_family = AF_UNIX };
	snprintf(a.sun_path, sizeof(a.sun_path), "%.90s/stream", dir);
	int stream = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(stream, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(stream, 1), 0);
	assert_int_equal(wire_connect(a.sun_path, &fd), -EPROTOTYPE);
	close(stream);

	assert_int_equal(fd, -77);
	remove_scratch(dir);
	assert_int_equal(count_fds(), before);
}

static void knows_its_peer(void **state)
{
	(void)state;
	char *dir = make_scratch(), path[256];
	int listener = -1, client = -1;
	pid_t pid = 0;
	uid_t uid = (uid_t)-1;
	snprintf(path, sizeof(path), "%s/" WIRE_SOCKET_NAME, dir);
	assert_int_equal(wire_listen(path, 5, &listener), 0);
	assert_int_equal(wire_connect(path, &client), 0);
	assert_int_equal(wire_peer(client, &pid, &uid), 0);
	assert_int_equal(pid, getpid());
	assert_int_equal(uid, geteuid());
	assert_false(wire_peer_is_original(pid));
	assert_false(wire_peer_is_original(0));
	assert_false(wire_peer_is_original(-1));
	assert_int_equal(wire_peer(-1, &pid, &uid), -EBADF);
	close(client);
	close(listener);
	remove_scratch(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_may_be_long),
		cmocka_unit_test(paths_may_be_relative),
		cmocka_unit_test(replaces_what_is_there),
		cmocka_unit_test(failing_to_listen_leaves_nothing),
		cmocka_unit_test(connect_tells_why_not),
		cmocka_unit_test(knows_its_peer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Starting: one daemon, which inherits nothing; or a refusal with its reason. */
#include "fixture.h"

#include <sys/un.h>

/* Start in the background as a client does; the exit status of the starter. */
static pid_t spawn_starter(const struct fixture *f, int err)
{
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		struct daemon_config cfg = fake_config(f->socket, false);
		dup2(err, STDERR_FILENO);
		_exit(daemon_main(&cfg));
	}
	return pid;
}

static int start_background(const struct fixture *f, char *text)
{
	int p[2], status = 0;
	char unused[TEXT_MAX];
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	pid_t pid = spawn_starter(f, p[1]);
	close(p[1]);
	slurp(p[0], text ? text : unused); /* the daemon lets go of it */
	close(p[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static pid_t server_pid(const struct fixture *f)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int sock = dial(f);
	assert_int_equal(getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len), 0);
	close(sock);
	return cred.pid;
}

static void stop_background(const struct fixture *f)
{
	pid_t pid = server_pid(f);
	kill(pid, SIGTERM);
	EVENTUALLY(process_state(pid) == 'X');
}

static void leave_stale_socket(const char *path, int type)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	assert_int_equal(bind(sock, (struct sockaddr *)&a, sizeof(a)), 0);
	close(sock);
}

static void many_starters_start_one(void **state)
{
	enum { STARTERS = 12 };
	struct fixture *f = *state;
	for (int stale = 0; stale < 4; stale++) {
		pid_t starter[STARTERS];
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (stale)
			leave_stale_socket(f->socket, stale == 1 ? SOCK_STREAM : SOCK_SEQPACKET);
		for (int i = 0; i < STARTERS; i++)
			starter[i] = spawn_starter(f, null);
		pid_t server = 0;
		for (int i = 0; i < STARTERS; i++) {
			int status = -1;
			waitpid(starter[i], &status, 0);
			assert_int_equal(status, 0);
			if (i == 0)
				server = server_pid(f);
			assert_int_equal(server_pid(f), server);
		}
		close(null);
		stop_background(f);
	}
}

static void nothing_is_inherited(void **state)
{
	struct fixture *f = *state;
	char path[64], cwd[TEXT_MAX] = "", env[TEXT_MAX];
	int extra = open("/dev/null", O_RDONLY); /* on purpose without close-on-exec */
	struct rlimit was, low;
	getrlimit(RLIMIT_NOFILE, &was);
	low = was;
	low.rlim_cur = 64;
	setrlimit(RLIMIT_NOFILE, &low);
	assert_int_equal(start_background(f, NULL), 0);
	setrlimit(RLIMIT_NOFILE, &was);
	close(extra);

	pid_t pid = server_pid(f);
	assert_int_equal(getsid(pid), pid);
	snprintf(path, sizeof(path), "/proc/%ld/cwd", (long)pid);
	assert_true(readlink(path, cwd, sizeof(cwd) - 1) > 0);
	assert_string_equal(cwd, "/");
	snprintf(path, sizeof(path), "/proc/%ld/fd/%d", (long)pid, extra);
	ssize_t n = readlink(path, env, sizeof(env) - 1);
	env[n > 0 ? n : 0] = '\0';
	assert_string_not_equal(env, "/dev/null");
	struct rlimit now;
	assert_int_equal(prlimit(pid, RLIMIT_NOFILE, NULL, &now), 0);
	assert_int_equal(now.rlim_cur, now.rlim_max);
	assert_true(fd_count(pid) < 24);
	assert_int_equal(start_background(f, NULL), 0); /* is served already */
	assert_int_equal(server_pid(f), pid);
	stop_background(f);
}

static void a_relative_path_is_made_absolute(void **state)
{
	struct fixture *f = *state, rel = *f;
	assert_int_equal(chdir(f->dir), 0);
	snprintf(rel.socket, sizeof(rel.socket), "a/b/sock");
	assert_int_equal(start_background(&rel, NULL), 0);
	assert_int_equal(run(&rel, "in-hello", NULL, NULL), 0);
	stop_background(&rel);
	assert_int_equal(chdir("/"), 0);
}

/* ---- refusing to start ---- */

static void make_public(struct fixture *f)
{
	chmod(f->dir, 0755);
}

static void make_link(struct fixture *f)
{
	char real[128];
	snprintf(real, sizeof(real), "%s/real", f->dir);
	mkdir(real, 0700);
	snprintf(f->socket, sizeof(f->socket), "%s/link/sock", f->dir);
	char link[128];
	snprintf(link, sizeof(link), "%s/link", f->dir);
	assert_int_equal(symlink(real, link), 0);
}

static void make_foreign(struct fixture *f)
{
	if (chown(f->dir, 12345, 12345) < 0)
		skip();
}

static void make_file(struct fixture *f)
{
	close(open(f->socket, O_CREAT | O_WRONLY, 0600));
}

static void make_directory(struct fixture *f)
{
	mkdir(f->socket, 0700);
}

static void make_parent_file(struct fixture *f)
{
	char parent[128];
	snprintf(parent, sizeof(parent), "%s/file", f->dir);
	close(open(parent, O_CREAT | O_WRONLY, 0600));
	snprintf(f->socket, sizeof(f->socket), "%s/file/sock", f->dir);
}

static void make_log_directory(struct fixture *f)
{
	char log[128];
	snprintf(log, sizeof(log), "%s/errors.log", f->dir);
	mkdir(log, 0700);
}

static void make_log_link(struct fixture *f)
{
	char log[128];
	snprintf(log, sizeof(log), "%s/errors.log", f->dir);
	assert_int_equal(symlink("/dev/null", log), 0);
}

static int live_stream = -1;

static void make_live_stream(struct fixture *f)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	live_stream = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", f->socket);
	assert_int_equal(bind(live_stream, (struct sockaddr *)&a, sizeof(a)), 0);
	listen(live_stream, 1);
}

struct refusal {
	void (*make)(struct fixture *f);
	const char *says;
};

static void refuses_with_a_reason(void **state)
{
	const struct refusal refusals[] = {
		{ make_public, "chmod 700" },
		{ make_link, "symbolic link" },
		{ make_foreign, "belongs to uid 12345" },
		{ make_file, "not a socket" },
		{ make_directory, "not a socket" },
		{ make_parent_file, "directory" },
		{ make_log_directory, "errors.log" },
		{ make_log_link, "errors.log" },
		{ make_live_stream, "another program" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		void *own;
		char text[TEXT_MAX];
		struct stat before = { 0 }, after = { 0 };
		setup_dir(&own);
		struct fixture *f = own;
		refusals[i].make(f);
		lstat(f->socket, &before);
		assert_int_equal(start_background(f, text), 1 << 8);
		assert_non_null(strstr(text, refusals[i].says));
		lstat(f->socket, &after);
		assert_int_equal(before.st_ino, after.st_ino);
		teardown(&own);
	}
	close(live_stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(many_starters_start_one, setup_dir, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_inherited, setup_dir, teardown),
		cmocka_unit_test_setup_teardown(a_relative_path_is_made_absolute, setup_dir,
		                                teardown),
		cmocka_unit_test(refuses_with_a_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What the wire tests share: a socket pair, a scratch directory, and a count of open
 * descriptors, so that each test shows that it leaks none. */
#ifndef TESTS_WIRE_TESTING_H
#define TESTS_WIRE_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static inline size_t count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	assert_non_null(d);
	size_t n = 0;
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static inline void make_pair(int pair[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
}

static inline void close_pair(int pair[2])
{
	close(pair[0]);
	close(pair[1]);
}

/* Removed by remove_scratch together with what is in it, subdirectories included. */
static inline char *make_scratch(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir;
	assert_true(asprintf(&dir, "%s/wire-XXXXXX", tmp && *tmp ? tmp : "/tmp") > 0);
	assert_non_null(mkdtemp(dir));
	return dir;
}

static inline void remove_tree(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && unlinkat(fd, e->d_name, 0))
			remove_tree(fd, e->d_name);
	if (d)
		closedir(d);
	unlinkat(parent, name, AT_REMOVEDIR);
}

static inline void remove_scratch(char *dir)
{
	remove_tree(AT_FDCWD, dir);
	free(dir);
}

#endif

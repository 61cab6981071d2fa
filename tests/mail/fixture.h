/* What the tests of mail/ share: bytes as descriptors, a temporary directory, a list of mails. */
#ifndef TESTS_MAIL_FIXTURE_H
#define TESTS_MAIL_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "mail/source.h"

#define UNUSED __attribute__((unused))

/* A string literal with NULs in it, and its length. */
#define BYTES(s) s, sizeof(s) - 1

UNUSED static int fd_of(const void *data, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* ---- temporary directory, the current one during a test ---------------------------------- */

UNUSED static int enter_tmp(void **state)
{
	char template[] = "/tmp/lei-test-XXXXXX";
	assert_non_null(mkdtemp(template));
	*state = strdup(template);
	return chdir(template);
}

UNUSED static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

UNUSED static int leave_tmp(void **state)
{
	assert_int_equal(chdir("/"), 0);
	int rc = nftw(*state, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(*state);
	return rc;
}

UNUSED static void put_file(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	close(fd);
}

/* The file as a string that the caller frees. */
UNUSED static char *get_file(const char *path)
{
	struct buf b = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	for (ssize_t n; (n = read(fd, buf_room(&b, 4096), 4096)) > 0;)
		b.len += (size_t)n;
	close(fd);
	buf_cstr(&b);
	return b.data;
}

/* ---- mails that were read ----------------------------------------------------------------- */

struct mails { /* each as "[KW]DATA|" */
	struct buf text;
	int stop_at; /* sink returns 7 at this mail, counted from 1; 0: never */
	int n;
};

UNUSED static int collect(void *rock, const struct raw_mail *m, struct err *e)
{
	struct mails *all = rock;
	(void)e;
	if (++all->n == all->stop_at)
		return 7;
	buf_addc(&all->text, '[');
	for (unsigned k = 0; k < KW_COUNT; k++)
		if (m->kw & 1u << k)
			buf_addc(&all->text, kw_name(k)[0]);
	buf_addc(&all->text, ']');
	buf_add(&all->text, m->data, m->len);
	buf_addc(&all->text, '|');
	return 0;
}

UNUSED static void assert_mails(struct mails *all, const char *want)
{
	assert_string_equal(buf_cstr(&all->text), want);
	buf_free(&all->text);
	all->n = 0;
}

#endif

/* See say.h. */
#include "say.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static void write_stderr(const struct iovec *iov, int n)
{
	while (writev(STDERR_FILENO, iov, n) < 0 && errno == EINTR)
		;
}

void say(const char *what, const char *name, int errnum)
{
	const char *parts[] = { "lei: ",
		                what,
		                *name ? " " : "",
		                name,
		                errnum ? ": " : "",
		                errnum ? strerror(errnum) : "",
		                "\n" };
	enum { PARTS = sizeof(parts) / sizeof(parts[0]) };
	struct iovec iov[PARTS];
	for (int i = 0; i < PARTS; i++)
		iov[i] = (struct iovec){ (void *)(uintptr_t)parts[i], strlen(parts[i]) };
	write_stderr(iov, PARTS);
}

_Noreturn void die(const char *what, const char *name, int errnum)
{
	say(what, name, errnum);
	exit(EXIT_TROUBLE);
}

void say_bytes(const char *data, size_t len)
{
	write_stderr(&(struct iovec){ (void *)(uintptr_t)data, len }, 1);
}

void say_line(const char *data, size_t len)
{
	bool whole = len > 0 && data[len - 1] == '\n';
	struct iovec iov[] = { { (void *)(uintptr_t)data, len }, { (char[]){ '\n' }, !whole } };
	write_stderr(iov, 2);
}

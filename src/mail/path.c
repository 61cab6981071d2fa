#include "path.h"

#include "../base/err.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

int path_fd(const char *path, struct err *e)
{
	static const char *const streams[] = { "/dev/stdin", "/dev/stdout", "/dev/stderr" };
	static const char *const dirs[] = { "/dev/fd/", "/proc/self/fd/" };

	for (int i = 0; i < 3; i++)
		if (strcmp(path, streams[i]) == 0)
			return i;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		size_t n = strlen(dirs[i]);
		if (strncmp(path, dirs[i], n) != 0 || path[n] == '\0')
			continue;
		const char *p = path + n;
		if (*p >= '0' && *p <= '2' && p[1] == '\0')
			return *p - '0';
		return err_set(e, -EBADF, "%s: only descriptors 0, 1 and 2 are passed on", path);
	}
	return -1;
}

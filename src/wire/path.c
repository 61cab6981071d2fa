#include "words.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_usable_dir(const char *path)
{
	struct stat st;
	return path && *path && stat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	       access(path, W_OK) == 0;
}

int wire_runtime_dir(char *buf, size_t cap, const char *xdg, const char *tmpdir, uid_t uid)
{
	char tail[sizeof("/lei-") + WORDS_DEC_MAX] = "/lei";
	if (!xdg || !*xdg) {
		xdg = is_usable_dir(tmpdir) ? tmpdir : "/tmp";
		size_t n = strlen("/lei-");
		memcpy(tail, "/lei-", n);
		tail[n + wire_dec_put(tail + n, uid)] = '\0';
	}
	size_t n = strlen(xdg);
	while (n && xdg[n - 1] == '/')
		n--;
	if (n >= cap || strlen(tail) + 1 > cap - n)
		return -ENAMETOOLONG;
	memcpy(buf, xdg, n);
	memcpy(buf + n, tail, strlen(tail) + 1);
	return 0;
}

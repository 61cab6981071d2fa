/* See folder.h. */
#include "folder.h"

#include "config.h"

#include "../mail/format.h"
#include "../mail/maildir.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define MAILDIR "maildir:"

size_t url_scheme_length(const char *url)
{
	size_t n = 0;
	while (isalnum((unsigned char)url[n]) || url[n] == '+')
		n++;
	return n > 1 && strncmp(url + n, "://", 3) == 0 ? n : 0;
}

const char *folder_path(const char *url)
{
	return strncmp(url, MAILDIR, strlen(MAILDIR)) == 0 ? url + strlen(MAILDIR) : NULL;
}

bool folder_is_remote(const char *url)
{
	return folder_path(url) == NULL && url_scheme_length(url) > 0;
}

bool folder_is_below(const char *url, const char *top)
{
	size_t len = strlen(top);
	return strncmp(url, top, len) == 0 && url[len] == '/';
}

/* `path` is absolute and squeezed, and does not exist: perhaps the directory it was in does. */
static void resolve_parent(const char *path, struct buf *out)
{
	const char *last = strrchr(path, '/');
	char *dir = last != NULL && last > path ? strndup(path, (size_t)(last - path)) : NULL;
	char *real = dir != NULL ? realpath(dir, NULL) : NULL;
	if (real != NULL && strcmp(real, "/") != 0)
		buf_adds(out, real);
	buf_adds(out, real != NULL ? last : path);
	free(real);
	free(dir);
}

int folder_url_of_path(const char *path, struct buf *out, struct err *e)
{
	struct buf plain = { 0 };
	if (*path == '\0')
		return err_set(e, -EINVAL, "a path is empty");
	int rc = squeezed_path(path, &plain, e);
	if (rc == 0) {
		char *real = realpath(plain.data, NULL);
		buf_adds(out, MAILDIR);
		if (real != NULL)
			buf_adds(out, real);
		else
			resolve_parent(plain.data, out);
		buf_cstr(out);
		free(real);
		rc = buf_ok(out) ? 0 : err_set(e, -ENOMEM, "out of memory");
	}
	buf_free(&plain);
	return rc;
}

int folder_url(const char *arg, struct buf *out, struct err *e)
{
	const char *path;
	size_t n = url_scheme_length(arg);
	enum mail_format format = mail_format_split(arg, &path);
	if (n > 0)
		return err_set(e, -EINVAL, "%s: folders of %.*s are not implemented yet", arg,
		               (int)n, arg);
	if (format != MAIL_UNKNOWN && format != MAIL_MAILDIR)
		return err_set(e, -EINVAL, "%s: only for Maildirs, not for %s", arg,
		               mail_format_name(format));
	return folder_url_of_path(path, out, e);
}

int folder_check(const char *url, struct err *e)
{
	const char *path = folder_path(url);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "%s", path);
	bool is = maildir_is(fd);
	close(fd);
	return is ? 0 : err_set(e, -EINVAL, "%s: not a Maildir: it has no cur/ and no new/", path);
}

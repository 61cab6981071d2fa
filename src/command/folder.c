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

/* Length of "imap" in "imap://host/box", 0 where there is no scheme. */
static size_t scheme_length(const char *url)
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
	return folder_path(url) == NULL && scheme_length(url) > 0;
}

bool folder_is_below(const char *url, const char *top)
{
	size_t len = strlen(top);
	return strncmp(url, top, len) == 0 && url[len] == '/';
}

/* "//" and "/./" are "/"; ".." stays, as it may lead through a link. */
static int squeeze(const char *path, struct buf *out, struct err *e)
{
	struct buf abs = { 0 };
	int rc = absolute_path(path, &abs, e);
	if (rc < 0)
		return rc;
	for (const char *p = abs.data; *p != '\0';) {
		p += strspn(p, "/");
		size_t n = strcspn(p, "/");
		if (n > 0 && !(n == 1 && *p == '.'))
			buf_addf(out, "/%.*s", (int)n, p);
		p += n;
	}
	buf_free(&abs);
	return 0;
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
	int rc = squeeze(path, &plain, e);
	if (rc == 0) {
		const char *abs = plain.len > 0 ? buf_cstr(&plain) : "/";
		char *real = realpath(abs, NULL);
		buf_adds(out, MAILDIR);
		if (real != NULL)
			buf_adds(out, real);
		else
			resolve_parent(abs, out);
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
	size_t n = scheme_length(arg);
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

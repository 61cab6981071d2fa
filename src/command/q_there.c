/* See q_there.h. */
#include "q_there.h"

#include "../mail/maildir.h"
#include "../mail/source.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OID_LEN = 40 };

struct there {
	const struct dest *dest;
	int (*fn)(void *rock, const char *oid, struct err *e);
	void *rock;
	struct maildir_lookup *files;
	struct err *e;
};

static int tell_bytes(const struct there *t, const char *data, size_t len)
{
	char oid[OID_LEN + 1];
	mail_oid(data, len, oid);
	return t->fn(t->rock, oid, t->e);
}

/* ---- a mailbox ---- */

static int take_mail(void *rock, const struct raw_mail *m, struct err *e)
{
	(void)e;
	return tell_bytes(rock, m->data, m->len);
}

static int read_mbox(struct there *t)
{
	uint64_t count;
	return mail_read_path(t->dest->path, t->dest->format, take_mail, t, &count, t->e);
}

/* ---- a Maildir ---- */

static int take_file(void *rock, const struct maildir_mail *m, struct err *e)
{
	const struct there *t = rock;
	struct buf canon = { 0 };
	kw_set kw = 0;
	int rc = mail_canon(m->data, m->len, &canon, &kw);
	rc = rc < 0 ? err_set(e, rc, "out of memory") : tell_bytes(t, canon.data, canon.len);
	buf_free(&canon);
	return rc;
}

/* "OID:2,S" as we name them, "OID=SIZE:2,S" as the original does. */
static bool is_named_after(const char *name)
{
	size_t n = 0;
	while (isxdigit((unsigned char)name[n]) && !isupper((unsigned char)name[n]))
		n++;
	return n == OID_LEN && (name[n] == ':' || name[n] == '=');
}

static int take_name(void *rock, const char *name)
{
	struct there *t = rock;
	char oid[OID_LEN + 1];
	if (maildir_is_trash(name))
		return 0;
	if (!is_named_after(name))
		return maildir_lookup(t->files, name, take_file, t, t->e);
	memcpy(oid, name, OID_LEN);
	oid[OID_LEN] = '\0';
	return t->fn(t->rock, oid, t->e);
}

static int read_part(struct there *t, const char *part)
{
	struct buf path = { 0 };
	buf_addf(&path, "%s/%s", t->dest->path, part);
	int fd = open(buf_cstr(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 ? -errno : maildir_each_name(fd, take_name, t);
	if (fd >= 0)
		close(fd);
	if (rc < 0 && *t->e->text == '\0')
		err_put_sys(t->e, -rc, "list %s", path.data);
	buf_free(&path);
	return rc;
}

static int read_maildir(struct there *t)
{
	int rc = maildir_lookup_open(t->dest->path, &t->files, t->e);
	if (rc == 0)
		rc = read_part(t, "new");
	if (rc == 0)
		rc = read_part(t, "cur");
	maildir_lookup_close(t->files);
	return rc;
}

int q_there(const struct dest *dest, int (*fn)(void *rock, const char *oid, struct err *e),
            void *rock, struct err *e)
{
	struct there t = { .dest = dest, .fn = fn, .rock = rock, .e = e };
	struct stat st;
	if (stat(dest->path, &st) < 0)
		return errno == ENOENT ? 0 : err_sys(e, errno, "%s", dest->path);
	return dest->format == MAIL_MAILDIR ? read_maildir(&t) : read_mbox(&t);
}

/* lei blob: the raw bytes of a message by its git blob id. */
#include "searched.h"
#include "terminal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int check_id(const char *oid, struct err *e)
{
	size_t len = strlen(oid);
	if (strchr(oid, ':') != NULL)
		return err_set(e, -EINVAL, "%s: attachments are not implemented yet", oid);
	if (len < 7 || len > 40 || oid[strspn(oid, "0123456789abcdefABCDEF")] != '\0')
		return err_set(e, -EINVAL, "%s: a blob id is 7 to 40 hexadecimal digits", oid);
	return 0;
}

static int find(struct cmd *c, const char *oid, struct buf *out, struct err *e)
{
	struct searched s = { 0 };
	int rc = searched_open(c, &s, e);
	if (rc == 0)
		rc = searched_blob(&s, oid, out, e);
	searched_close(&s);
	return rc;
}

int cmd_blob(struct cmd *c)
{
	struct buf raw = { 0 };
	struct err e = { .text = "" };
	const char *oid = c->inv.args[0];
	int rc = check_id(oid, &e);
	if (rc == 0)
		rc = find(c, oid, &raw, &e);
	if (rc == 0 && isatty(STDOUT_FILENO))
		rc = pager_start(c, &e);
	if (rc == 0)
		rc = cmd_write(raw.data, raw.len, &e);
	buf_free(&raw);
	return rc < 0 ? cmd_fail_err(c, &e) : 0;
}

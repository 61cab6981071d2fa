/* lei backup: the store as it is at this moment, in another place. */
#include "config.h"

#include "../store/backup.h"

#include <errno.h>

int cmd_backup(struct cmd *c)
{
	struct err e = { .text = "" };
	struct buf dir = { 0 }, dest = { 0 };
	uint64_t bytes = 0;
	int rc = store_place(c, &dir, &e);
	if (rc == 0)
		rc = absolute_path(c->inv.args[0], &dest, &e);
	if (rc == 0)
		rc = store_backup(dir.data, dest.data, option_on(&c->inv, OPT_FORCE, false), &bytes,
		                  &e);
	if (rc == 0)
		cmd_note(c, "%s has all of %s: %.1f MB", dest.data, dir.data, (double)bytes / 1e6);
	buf_free(&dir);
	buf_free(&dest);
	return rc < 0 ? cmd_fail_err(c, &e) : 0;
}

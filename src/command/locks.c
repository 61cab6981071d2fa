/* See locks.h. */
#include "locks.h"

#include "../base/buf.h"

#include <errno.h>

int locks_wanted(const struct invocation *inv, struct lock_plan *ret, struct err *e)
{
	struct buf words = { 0 };
	if (option_last(inv, OPT_LOCK) == NULL) {
		*ret = lock_plan_default();
		return 0;
	}
	for (size_t i = 0; i < inv->nvalues; i++) {
		if (inv->values[i].id == OPT_LOCK)
			buf_addf(&words, "%s%s", words.len > 0 ? " " : "", inv->values[i].text);
	}
	int rc = lock_plan_parse(buf_cstr(&words), ret, e);
	if (!buf_ok(&words))
		rc = err_set(e, -ENOMEM, "out of memory");
	else if (rc < 0)
		err_prefix(e, "--lock");
	buf_free(&words);
	return rc;
}

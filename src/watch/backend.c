#include "backend.h"

#include "../base/err.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Best first. */
static const struct backend_ops *const all[] = { &backend_inotify, &backend_kqueue, &backend_poll };
enum { ALL = sizeof all / sizeof *all };

int backend_candidates(const char *choice, const struct backend_ops *ret[4], struct err *e)
{
	_Static_assert(ALL < 4, "room for all of them and the NULL");
	bool any = strcmp(choice, "auto") == 0;
	size_t n = 0;
	const struct backend_ops *chosen[ALL + 1] = { NULL };
	for (size_t i = 0; i < ALL; i++)
		if (any || strcmp(all[i]->name, choice) == 0)
			chosen[n++] = all[i];
	if (n == 0)
		return err_set(e, -EINVAL, "%s: no such way to watch (auto, inotify, kqueue, poll)",
		               choice);
	memcpy(ret, chosen, (n + 1) * sizeof *ret);
	return 0;
}

/* The functions of a backend that this system does not have. */
#ifndef WATCH_BACKEND_ABSENT_H
#define WATCH_BACKEND_ABSENT_H

#include "../base/err.h"
#include "backend.h"

#include <errno.h>

static int absent_open(struct loop *l, backend_fn *fn, void *rock, struct backend **ret,
                       struct err *e)
{
	(void)l;
	(void)fn;
	(void)rock;
	(void)ret;
	return err_set(e, -ENOSYS, "this system has no such thing");
}

static int absent_add(struct backend *b, unsigned id, const char *path, struct err *e)
{
	(void)b;
	(void)id;
	return err_sys(e, ENOSYS, "%s", path);
}

static void absent_remove(struct backend *b, unsigned id)
{
	(void)b;
	(void)id;
}

static void absent_close(struct backend *b)
{
	(void)b;
}

#define BACKEND_ABSENT(name)                                                                       \
	{                                                                                          \
		name, absent_open, absent_add, absent_remove, absent_close                         \
	}

#endif

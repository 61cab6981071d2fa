#include "pause.h"

#include "../event/event.h"

#include <errno.h>

/* A loop of its own: the caller may stand in a callback of the writer's. */
int pause_ms(int ms)
{
	struct loop *l = loop_new(LOOP_MONOTONIC, NULL);

	if (!l)
		return -errno;
	int rc = loop_turn(l, loop_now(l) + ms * (EVENT_SECOND / 1000));
	loop_free(l);
	return rc;
}

/* Until watch/ serves: a home is not watched by itself. */
#include "../watch/watch.h"

int watch_serve(const struct watch_setup *setup, int door, struct err *e)
{
	(void)setup;
	(void)door;
	(void)e;
	return WATCH_IDLE;
}

int watch_barrier(int client, struct err *e)
{
	(void)client;
	(void)e;
	return 0;
}

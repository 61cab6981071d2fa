/* Standard output of a worker, as it came from the client. */
#include "cmd.h"

#include "../base/io.h"

#include <unistd.h>

int cmd_write(const char *data, size_t len, struct err *e)
{
	int rc = io_write_all(STDOUT_FILENO, data, len);

	return rc < 0 ? err_sys(e, -rc, "write to standard output") : 0;
}

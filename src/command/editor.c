/* See editor.h. */
#include "editor.h"

#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The fourth descriptor is the far end of a socket whose end of file tells us that the editor has
 * ended. */
int editor_run(const struct cmd *c, const char *path, struct err *e)
{
	int ends[2];
	const char *argv[] = { "git", "config", "--edit", "-f", path, NULL };
	char *none[] = { NULL };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(e, errno, "socketpair");
	int fds[] = { 0, 1, 2, ends[1] };
	int rc = wire_send_exec(c->call->client, (char *const *)argv, none, fds, 4, 0);
	close(ends[1]);
	char byte;
	while (rc == 0 && read(ends[0], &byte, 1) < 0 && errno == EINTR)
		;
	close(ends[0]);
	return rc < 0 ? err_sys(e, -rc, "cannot ask the client to run git") : 0;
}

bool editor_left_valid(const char *path)
{
	const char *check[] = { "git", "config", "-f", path, "--list", "-z", NULL };
	struct buf unused = { 0 };
	struct err e;
	int rc = access(path, F_OK) < 0 ? 0 : run_program(check, &unused, &e);
	buf_free(&unused);
	return rc == 0;
}

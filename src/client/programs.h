/* Programs that lei runs for the daemon: helpers and pagers beside it, a mail reader in its place. */
#ifndef CLIENT_PROGRAMS_H
#define CLIENT_PROGRAMS_H

#include <stddef.h>
#include <sys/types.h>

struct wire_request;
struct wire_packet;

enum { KIDS_MAX = 32 }; /* started and not yet waited for */

struct programs {
	pid_t mua; /* we go on behind this mail reader, which was the user's lei; else 0 */
	pid_t kids[KIDS_MAX];
	size_t nkids;
};

/* Run x with the descriptors of the packet that asked for it. */
void programs_run(struct programs *g, const struct wire_request *x, const struct wire_packet *p);
/* Wait for those that run beside us; WNOHANG: for those that have ended. */
void programs_reap(struct programs *g, int flags);
/* They use the user's terminal: whoever sees us end may use it next. */
_Noreturn void programs_die(struct programs *g, const char *what, const char *name, int errnum);
/* waitpid without interruptions: 0; -EAGAIN when it runs (WNOHANG); -errno. */
int programs_wait(pid_t pid, int flags, int *ret_status);

#endif

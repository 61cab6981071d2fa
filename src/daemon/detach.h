/* A daemon owes nothing to the client that happened to start it. */
#ifndef DAEMON_DETACH_H
#define DAEMON_DETACH_H

#include <stddef.h>

struct err;

/* Drop what this process inherited: descriptors above 2 except keep[0..n) (may be reordered),
 * signal dispositions and mask, soft limits, nice value, scheduling, processors, environment,
 * umask (077 afterwards) and working directory ("/" afterwards). */
int detach_inheritance(int *keep, size_t n, struct err *e);
/* A session of our own, and 0, 1, 2 away from the terminal: /dev/null twice, and log_fd. */
int detach_terminal(int log_fd, struct err *e);

#endif

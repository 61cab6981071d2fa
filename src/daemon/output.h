/* Writing to a client's descriptors without ever blocking. */
#ifndef DAEMON_OUTPUT_H
#define DAEMON_OUTPUT_H

#include <stddef.h>
#include <sys/types.h>

/* Write as much of data as goes without blocking and without touching the flags of the
 * client's open file, which others share.  Returns the bytes written (fewer than len: the rest
 * needs someone who may block) or -errno; -EPIPE when nobody reads.  Raises no SIGPIPE as long
 * as that signal is ignored. */
ssize_t output_try(int fd, const char *data, size_t len);

#endif

/* Small helpers for descriptors. */
#ifndef DAEMON_FDS_H
#define DAEMON_FDS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

void fd_close(int *fd); /* close if >= 0, keep errno, leave -1 */

/* Close everything above 2 except keep[0..n), which may hold -1 and is sorted in place.  0, or
 * -errno. */
int fds_close_except(int *keep, size_t n);

/* The file type bits (S_IFMT) of fd and, for a device, its number; never asks a network or
 * FUSE server. -errno on failure. */
int fd_type(int fd, mode_t *ret_type, dev_t *ret_rdev);

/* Can fd, of this type, be opened again by way of /proc without side effects (pipes, FIFOs,
 * terminals)? */
bool fd_reopens(mode_t type, dev_t rdev);
/* Open it again: a file description of our own, close-on-exec, never a controlling terminal.
 * Returns the descriptor or -errno. */
int fd_reopen(int fd, int open_flags);

#endif

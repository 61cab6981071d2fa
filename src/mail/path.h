/* Paths that name an open descriptor. */
#ifndef MAIL_PATH_H
#define MAIL_PATH_H

/* N of /dev/fd/N or /proc/self/fd/N, 0..2 of /dev/stdin and its like; -1 for other paths.
 * Opening such a path anew would lose the position in a file, and fails for a socket. */
int path_fd(const char *path);

#endif

/* Paths that name an open descriptor. */
#ifndef MAIL_PATH_H
#define MAIL_PATH_H

struct err;

/* 0..2 of /dev/stdin and its like, /dev/fd/N or /proc/self/fd/N; -1 for other paths.
 * Opening such a path anew would lose the position in a file, and fails for a socket.
 * Any other N is -EBADF, with a text: those of this process are not its client's. */
int path_fd(const char *path, struct err *e);

#endif

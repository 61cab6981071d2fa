/* Writing whole buffers to descriptors of any mode, and to memory that can be passed on. */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stddef.h>

struct buf;

/* Write all of data: 0, or -errno of write(2) with some of it written.  A descriptor in
 * non-blocking mode, which others share and which therefore stays so, is waited for. */
int io_write_all(int fd, const void *data, size_t len);

/* Append all that fd still has: 0 or -errno. */
int io_read_all(int fd, struct buf *out);

/* A new file in memory that holds data; *ret_fd is the caller's.  0 or -errno. */
int io_memfd(const char *label, const void *data, size_t len, int *ret_fd);

#endif

/* Writing whole buffers to descriptors of any mode. */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stddef.h>

/* Write all of data: 0, or -errno of write(2) with some of it written.  A descriptor in
 * non-blocking mode, which others share and which therefore stays so, is waited for. */
int io_write_all(int fd, const void *data, size_t len);

#endif

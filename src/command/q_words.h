/* The query text of lei q, from arguments or from standard input. */
#ifndef COMMAND_Q_WORDS_H
#define COMMAND_Q_WORDS_H

#include "../base/buf.h"
#include "../base/err.h"

#include <stdbool.h>

enum { QUERY_MAX = 1 << 20 }; /* bytes of a query on standard input */

/* Join arguments with blanks.  An argument that the shell's quotes held together becomes a
 * phrase: `s:hello world` is s:"hello world".  One with quotes of its own, or with a date range
 * at its end, stays as it is. */
int query_join(const char *const *args, size_t n, struct buf *out, struct err *e);
/* Is standard input a pipe or a file?  Then it is read when there are no arguments. */
bool query_on_stdin(void);
/* Everything that `fd` has. */
int query_read(int fd, struct buf *out, struct err *e);

#endif

/* Options that go to git diff as they are. */
#ifndef COMMAND_DIFF_OPTIONS_H
#define COMMAND_DIFF_OPTIONS_H

#include "cmd.h"

#include "../base/buf.h"

/* Append them to `out`, each ended by a NUL, --color or --no-color first. */
void diff_options(const struct cmd *c, bool color, struct buf *out);
/* Are colours wanted?  --color[=WHEN] and --no-color; else when standard output is a terminal. */
bool diff_color(const struct cmd *c, bool tty);
/* All of `before`, the options, all of `after`; NULL when out of memory.  The array is the caller's, its
 * words are not. */
const char **diff_argv(const char *const *before, const struct buf *options,
                       const char *const *after);

#endif

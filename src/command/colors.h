/* The colours of text output: the original's, unless lei's configuration or git's says otherwise. */
#ifndef COMMAND_COLORS_H
#define COMMAND_COLORS_H

#include "cmd.h"

#include "../mail/palette.h"

/* color.NAME of lei, else color.diff.NAME or diff.color.NAME of git.  Runs git.  Without git there
 * are the original's; -EINVAL names a setting that is no colour. */
int colors_read(const struct cmd *c, struct palette *ret, struct err *e);

#endif

/* --alert: what happens when the results are written. */
#ifndef COMMAND_ALERT_H
#define COMMAND_ALERT_H

#include "cmd.h"

/* Before anything is written: is each of them something that can be done? */
int alerts_check(const struct cmd *c, struct err *e);
/* All in turn.  Without --alert a mail program (`mua`) is told by SIGWINCH, and by a bell where standard
 * output is a terminal. */
int alerts_run(const struct cmd *c, bool mua, struct err *e);

#endif

/* Rounds: what was heard of a folder is looked at, a batch at a time, until nothing is left. */
#ifndef WATCH_ROUND_H
#define WATCH_ROUND_H

#include "desk.h"
#include "folder.h"

/* `name` appeared, vanished or changed: look at it in the next round. */
int round_hear(struct folder *f, const char *name, struct err *e);
/* The same for one that is not there any more, unless that is being found out already. */
int round_miss(struct folder *f, const char *name, struct err *e);
/* Look at everything. */
void round_scan(struct folder *f);

/* One step of a busy folder: at most a batch.  Afterwards the folder is quiet (ROUND_DONE), has more
 * to do (ROUND_MORE), or has to wait a moment since its directories are changing too fast to be sure
 * of what is gone (ROUND_LATER).  -ENOENT, -EACCES and the like: the folder itself cannot be read now.
 *
 * What a round knows is what is committed: while f->work is empty, commit before the next step. */
enum { ROUND_DONE, ROUND_MORE, ROUND_LATER };
#define ROUND_PAUSE (EVENT_SECOND / 40) /* that moment */
int round_step(struct desk *d, struct folder *f, struct err *e);

#endif

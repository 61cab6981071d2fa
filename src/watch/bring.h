/* Bringing in: a file that mail_sync does not know becomes an edit or a record. */
#ifndef WATCH_BRING_H
#define WATCH_BRING_H

#include "desk.h"
#include "folder.h"

#include "../mail/message.h"

/* A file that was read; the bytes are in the desk's scratch until the next one. */
struct mail {
	const char *data; /* as the store keeps it */
	size_t len;
	struct message msg; /* mail_done frees it */
};

/* 1; 0 for what is no mail (empty, no regular file; yet to be closed, if the desk is patient); -ENOENT when it has just gone; what reading
 * said. */
int mail_open(struct desk *d, int dir, const char *name, struct mail *ret);
void mail_done(struct mail *m);

/* The file `name` of folder f holds m: let the store know, as the folder's state says. */
int bring(struct desk *d, const struct folder *f, const char *name, struct mail *m, struct err *e);

#endif

/* The place of a daemon: its directory, its lock, its socket's path. */
#ifndef DAEMON_PLACE_H
#define DAEMON_PLACE_H

#include <stdbool.h>

struct err;

struct place {
	char *socket; /* absolute path; owned */
	int lock; /* errors.log, open for appending; its flock(2) is the start lock */
};

/* Find the path (NULL: the default one), make the directory if need be and refuse it unless it
 * is a private directory of ours.  No lock is taken yet.  On failure *ret is untouched. */
int place_open(const char *socket_path, struct place *ret, struct err *e);
void place_close(struct place *p);

/* The start lock, shared with the original: whoever holds it may replace the socket.  Blocks;
 * -ESTALE when errors.log was removed meanwhile, so that the lock means nothing: open again. */
int place_lock(const struct place *p, struct err *e);
bool place_trylock(const struct place *p);
void place_unlock(const struct place *p);

/* With the lock held: 1 when a daemon answers at the path, 0 when the path is free or holds a
 * socket without owner (to be replaced), -errno with the reason for anything else. */
int place_probe(const struct place *p, struct err *e);

void place_trim_log(const struct place *p); /* at a start: drop an errors.log grown too long */

#endif

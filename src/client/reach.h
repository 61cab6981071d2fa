/* The way to the daemon: where it listens, and a new one when nobody does. */
#ifndef CLIENT_REACH_H
#define CLIENT_REACH_H

#include <stdbool.h>

/* A connection to a daemon of ours, started if need be; *ret_original: it is the Perl one.  Ends lei
 * with the reason when there is none to be had. */
int reach_daemon(bool *ret_original);

#endif

/* The writers of the stores in use: one process per store directory, forked on demand. */
#ifndef DAEMON_STORES_H
#define DAEMON_STORES_H

#include "server.h"

enum { STORES_MAX = 32 }; /* open doors; beyond, the one longest unused is closed */

/* A connection to the writer of `dir`, starting or restarting it if need be; never blocks. */
int stores_connect(struct server *srv, const char *dir, int *ret_conn, struct err *e);
void stores_close(struct server *srv); /* shut all doors; each writer ends when it is done */
void stores_free(struct server *srv);

#endif

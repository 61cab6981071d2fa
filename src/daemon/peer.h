/* Who is at the other end of a socket. */
#ifndef DAEMON_PEER_H
#define DAEMON_PEER_H

#include <sys/types.h>

int peer_uid(int sock, uid_t *ret); /* 0, or -errno */

#endif

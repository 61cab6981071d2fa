/* The single writer of a store, and how commands talk to it.
 *
 * The daemon forks one writer process per store directory.  A command gets a connection (a
 * SOCK_SEQPACKET descriptor, shared by all siblings of the command for sending); batches are
 * numbered from 0 and applied in that order whatever order they arrive in, so that a parallel
 * import is deterministic.  Nothing is acknowledged before it is durable. */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include <stddef.h>
#include <stdint.h>

struct err;

/* ---- the writer's side, run by the daemon in a child ---- */

/* Serve until `door` reports end of file (the daemon has gone) and all sessions have ended;
 * returns the exit status.  New sessions arrive on `door` as descriptors. */
int store_serve(const char *dir, int door);
/* The daemon's part: make a connection and pass its far end through `door` (the daemon's end,
 * never blocks).  *ret_conn is the caller's. -EPIPE: the writer has gone, start another. */
int store_connect(int door, int *ret_conn, struct err *e);

/* ---- a command's side ---- */

struct store_counts {
	uint64_t seen; /* records applied */
	uint64_t added; /* new messages */
	uint64_t duplicate; /* already stored (same content); keywords and labels merged */
	uint64_t changed; /* edits that changed something */
	uint64_t unknown; /* edits of messages or files that the store does not have */
};

/* Hand over batch number `seq` held in memfd (the caller's).  Blocks while the writer is busy.
 * -EPIPE with the reason when the writer has gone. */
int store_put(int conn, uint64_t seq, int memfd, size_t len, struct err *e);
/* Wait until batches 0..nbatches-1 are durable; fills ret, counting since the connection was
 * made.  Call it after every store_put has returned: a batch that is missing then is -EPROTO.
 * Any failure on the way (disk full, corrupt batch, the writer died) is reported here with its
 * reason and ends the session; a store_put after it is -EPIPE with the same reason. */
int store_commit(int conn, uint64_t nbatches, struct store_counts *ret, struct err *e);
/* Create the store if need be and check its version, without storing anything. */
int store_ensure(int conn, struct err *e);
/* From now on `conn` becomes readable whenever the outbox (edit.h) has grown, durably: read it empty with
 * store_news, then look.  For nothing else but that; make another connection to write. */
int store_subscribe(int conn, struct err *e);
/* Without blocking: 0, or -EPIPE when the writer has gone. */
int store_news(int conn);

#endif

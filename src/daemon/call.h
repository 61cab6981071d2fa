/* A call: one command as the daemon hands it to the dispatcher.
 *
 * The same function runs a command inline (in the daemon, which must never block) or in a
 * worker of its own.  It sees only this: where to read and write, and what was asked. */
#ifndef DAEMON_CALL_H
#define DAEMON_CALL_H

#include "../base/buf.h"
#include "../wire/wire.h"

#include <stdbool.h>
#include <stdio.h>

struct call {
	const struct wire_request *req;
	FILE *out; /* the client's stdout; inline: a memory stream, delivered afterwards */
	FILE *err; /* the client's stderr, likewise; unbuffered in a worker */
	bool is_inline;
	/* Only in a worker (-1 inline): the client's stdin, stdout, stderr are 0, 1, 2 and its
	 * working directory is the process's. */
	int client; /* the client's socket, for wire_send_exec; never read from it */
	int control; /* to the daemon: see call_store */
	bool shared; /* siblings ask by the same control: see call_share */
	int turn; /* then: whose turn it is */
	/* Inline only: a signal that the daemon sends to itself once the reply is out. */
	bool raise_after;
	int raise_signo;
};

struct err;
/* Before siblings are forked that ask, too: from now on one at a time does, and gets its own answer. */
int call_share(struct call *c, struct err *e);
/* In a worker: ask the daemon for a connection to the writer of the store in directory `dir`
 * (absolute), starting it if need be.  Returns a SOCK_SEQPACKET descriptor speaking
 * store/writer.h, or -errno with the reason. */
int call_store(const struct call *c, const char *dir, struct err *e);
/* In a worker: a connection to the watcher of the client's home, for watch_barrier; -errno. */
int call_watch(const struct call *c, struct err *e);
/* In a worker: tell the watcher that the configuration or the folders have changed. */
int call_watch_reload(const struct call *c, struct err *e);

/* What main hands to the daemon; `rock` is main's. */
struct dispatcher {
	void *rock;
	/* True when the command may run inline: it does not block and needs no stdin. */
	bool (*runs_inline)(void *rock, const struct wire_request *req);
	/* What tells the homes of requests apart, appended to `key` (text); false: this request needs
	 * no watcher.  NULL: nobody does. */
	bool (*home)(void *rock, const struct wire_request *req, struct buf *key);
	/* In a process of its own, for the first request of a home: watch its folders until `door`
	 * says otherwise (watch/watch.h).  c has the request's environment, no arguments, the log as its
	 * output, and call_store.  Exit status 0: there was nothing to watch, or the door was shut. */
	int (*watch)(void *rock, struct call *c, int door);
	/* Run it; the exit status, 0..255. Flushing out and err and reporting a failed flush is
	 * the caller's job. */
	int (*run)(void *rock, struct call *c);
};

#endif

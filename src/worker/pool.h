/* Processes of one command: forked siblings, reaped and killed together.
 *
 * A command's worker (forked by the daemon, leader of its own process group) may fork siblings
 * with pool_fork; they stay in its group, so that STOP, CONT and TERM reach all of them, and
 * they die with it (PR_SET_PDEATHSIG). */
#ifndef WORKER_POOL_H
#define WORKER_POOL_H

#include <stddef.h>
#include <sys/types.h>

struct err;

enum { POOL_MAX = 64 }; /* siblings of one command */

struct pool { /* zero-initialise it */
	pid_t pids[POOL_MAX]; /* 0 where reaped */
	size_t n;
	pid_t failed; /* the first that did not exit 0; a failure is never forgotten */
	int failed_status; /* its wait status */
};

size_t pool_cpus(void); /* usable processors, 1..POOL_MAX */

/* Fork a sibling that runs fn(rock) and ends with _exit(its return value, 0..255): what fn wrote
 * through stdio it flushes itself, what the parent had not flushed stays the parent's. */
int pool_fork(struct pool *p, int (*fn)(void *rock), void *rock, struct err *e);
/* Wait for all; 0 if every one exited 0, else -ECHILD with the reason of the first failure
 * ("worker 123 died of signal 9 (Killed)", "worker 123 exited with status 3"). */
int pool_wait(struct pool *p, struct err *e);
/* As pool_wait but never blocks: -EAGAIN while some are alive and none has failed. */
int pool_poll(struct pool *p, struct err *e);
/* Signal those alive; after SIGKILL also reap them, and pool_wait then says they were killed. */
void pool_kill(struct pool *p, int signo);

/* In a fresh child: default signal dispositions, SIGPIPE's too, but for SIGXFSZ,
 * which is ignored; empty mask, SIGKILL when the
 * parent dies (`parent` is its pid, asked before fork: it may be gone already). */
void worker_reset(pid_t parent);

#endif

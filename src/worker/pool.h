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

struct pool {
	pid_t pids[POOL_MAX]; /* 0 where reaped */
	size_t n;
};

size_t pool_cpus(void); /* usable processors, 1..POOL_MAX */

/* Fork a sibling that runs fn(rock) and ends with _exit(its return value, 0..255). */
int pool_fork(struct pool *p, int (*fn)(void *rock), void *rock, struct err *e);
/* Wait for all; 0 if every one exited 0, else -ECHILD with the reason of the first failure
 * ("worker 123 died of signal 9 (Killed)", "worker 123 exited with status 3"). */
int pool_wait(struct pool *p, struct err *e);
/* As pool_wait but never blocks: -EAGAIN while all are alive and well. */
int pool_poll(struct pool *p, struct err *e);
void pool_kill(struct pool *p, int signo); /* signal those alive, and reap after SIGKILL */

/* In a fresh child: default signal dispositions, empty mask, SIGPIPE default, death with the
 * parent (`parent` is the pid it had before fork). */
void worker_reset(pid_t parent);

#endif

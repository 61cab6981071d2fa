/* Forked siblings: started alike, reaped one by one, the first failure kept in words. */
#include "pool.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/err.h"

size_t pool_cpus(void)
{
	cpu_set_t set;
	long n;
	/* Fails on machines with more processors than a cpu_set_t has bits. */
	if (sched_getaffinity(0, sizeof set, &set) == 0)
		n = CPU_COUNT(&set);
	else
		n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n > POOL_MAX ? POOL_MAX : (size_t)n;
}

void worker_reset(pid_t parent)
{
	const struct sigaction dfl = { .sa_handler = SIG_DFL };
	for (int signo = 1; signo <= SIGRTMAX; signo++)
		sigaction(signo, &dfl, NULL); /* refused for KILL, STOP and libc's own */
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of write() */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A parent that died before the line above will send nothing. */
	if (getppid() != parent)
		kill(getpid(), SIGKILL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

int pool_fork(struct pool *p, int (*fn)(void *rock), void *rock, struct err *e)
{
	if (p->n >= POOL_MAX)
		return err_set(e, -EAGAIN, "cannot start more than %d workers", POOL_MAX);
	/* No handler of the parent may run in the child before it is reset. */
	sigset_t all, before;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid_t parent = getpid();
	pid_t pid = fork();
	if (pid == 0) {
		worker_reset(parent);
		_exit(fn(rock) & 0xff);
	}
	int errnum = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid < 0)
		return err_sys(e, errnum, "cannot start a worker");
	p->pids[p->n++] = pid;
	return 0;
}

static pid_t wait_for(pid_t pid, int *ret_status, int flags)
{
	pid_t got;
	do
		got = waitpid(pid, ret_status, flags);
	while (got < 0 && errno == EINTR);
	return got;
}

/* Reap sibling i if it has ended; a status that is lost counts as a failure. */
static void reap(struct pool *p, size_t i, int flags)
{
	int status = 0;
	pid_t pid = p->pids[i];
	pid_t got = wait_for(pid, &status, flags);
	if (got == 0)
		return;
	if (got < 0)
		status = 255 << 8;
	p->pids[i] = 0;
	if (status != 0 && !p->failed) {
		p->failed = pid;
		p->failed_status = status;
	}
}

static bool any_alive(const struct pool *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->pids[i])
			return true;
	return false;
}

static int verdict(const struct pool *p, struct err *e)
{
	int status = p->failed_status;
	if (!p->failed)
		return 0;
	if (WIFSIGNALED(status))
		return err_set(e, -ECHILD, "worker %d died of signal %d (%s)", (int)p->failed,
		               WTERMSIG(status), strsignal(WTERMSIG(status)));
	return err_set(e, -ECHILD, "worker %d exited with status %d", (int)p->failed,
	               WEXITSTATUS(status));
}

static void reap_all(struct pool *p, int flags)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->pids[i])
			reap(p, i, flags);
}

int pool_wait(struct pool *p, struct err *e)
{
	reap_all(p, 0);
	p->n = 0;
	return verdict(p, e);
}

int pool_poll(struct pool *p, struct err *e)
{
	reap_all(p, WNOHANG);
	if (any_alive(p) && !p->failed)
		return -EAGAIN;
	return verdict(p, e);
}

void pool_kill(struct pool *p, int signo)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->pids[i])
			kill(p->pids[i], signo);
	if (signo == SIGKILL)
		reap_all(p, 0);
}

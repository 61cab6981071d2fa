#include "detach.h"

#include "../base/err.h"
#include "fds.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Signals with a meaning keep their default action; the loop takes some of them over. */
static bool has_meaning(int signo)
{
	static const int meant[] = { SIGTERM, SIGINT, SIGQUIT, SIGCHLD, SIGSEGV, SIGBUS,
		                     SIGILL,  SIGFPE, SIGABRT, SIGTRAP, SIGSYS,  SIGCONT };

	for (size_t i = 0; i < sizeof(meant) / sizeof(meant[0]); i++)
		if (meant[i] == signo)
			return true;
	return false;
}

/* A client that stops reading (PIPE) and a file that may not grow (XFSZ) are errors of one
 * write, and nobody has a reason to send the daemon an ALRM. */
static void reset_signals(void)
{
	sigset_t none;

	for (int signo = 1; signo < NSIG; signo++)
		signal(signo, has_meaning(signo) ? SIG_DFL : SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* What the hard limit allows; but no core files full of mail, and an ordinary stack. */
static void raise_limits(void)
{
	enum { STACK_BYTES = 8 << 20 };

	for (int i = 0; i < (int)RLIM_NLIMITS; i++) {
		struct rlimit l;
		if (getrlimit((__rlimit_resource_t)i, &l) < 0)
			continue;
		if (i == RLIMIT_CORE)
			l.rlim_cur = 0;
		else if (i == RLIMIT_STACK && l.rlim_max > STACK_BYTES)
			l.rlim_cur = STACK_BYTES;
		else
			l.rlim_cur = l.rlim_max;
		setrlimit((__rlimit_resource_t)i, &l);
	}
}

/* Best effort: a higher priority than we were given may be forbidden. */
static void reset_scheduling(void)
{
	const struct sched_param ordinary = { 0 };
	cpu_set_t all;

	sched_setscheduler(0, SCHED_OTHER, &ordinary);
	setpriority(PRIO_PROCESS, 0, 0);
	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
}

int detach_inheritance(int *keep, size_t n, struct err *e)
{
	int rc = fds_close_except(keep, n);

	if (rc < 0)
		return err_sys(e, -rc, "cannot close inherited descriptors");
	reset_signals();
	raise_limits();
	reset_scheduling();
	clearenv();
	umask(077);
	return chdir("/") < 0 ? err_sys(e, errno, "cannot change to '/'") : 0;
}

int detach_terminal(int log_fd, struct err *e)
{
	setsid(); /* fails only for a group leader, which a forked process is not */
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return err_sys(e, errno, "cannot open /dev/null");
	if (dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(log_fd, STDERR_FILENO) < 0)
		return err_sys(e, errno, "cannot redirect the standard descriptors");
	if (null > STDERR_FILENO)
		close(null);
	return 0;
}

/* See programs.h. */
#include "programs.h"

#include "../wire/wire.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int programs_wait(pid_t pid, int flags, int *ret_status)
{
	pid_t got;
	do
		got = waitpid(pid, ret_status, flags);
	while (got < 0 && errno == EINTR);
	return got == 0 ? -EAGAIN : got < 0 ? -errno : 0;
}

void programs_reap(struct programs *g, int flags)
{
	size_t left = 0;
	for (size_t i = 0; i < g->nkids; i++) {
		int status;
		if (programs_wait(g->kids[i], flags, &status) == -EAGAIN)
			g->kids[left++] = g->kids[i];
	}
	g->nkids = left;
}

_Noreturn void programs_die(struct programs *g, const char *what, const char *name, int errnum)
{
	programs_reap(g, 0);
	die(what, name, errnum);
}

static void add_kid(struct programs *g, pid_t pid)
{
	programs_reap(g, WNOHANG);
	if (g->nkids == KIDS_MAX)
		programs_reap(g, 0);
	g->kids[g->nkids++] = pid;
}

static _Noreturn void run_program(const struct wire_request *x, const struct wire_packet *p)
{
	for (int i = 0; i < (int)p->nfds; i++) {
		/* Beyond the third they keep their number: the program's end closes them, and
		 * that is what the daemon waits for. */
		int rc = i <= STDERR_FILENO ? dup2(p->fds[i], i) : fcntl(p->fds[i], F_SETFD, 0);
		if (rc < 0)
			_exit(EXIT_TROUBLE);
	}
	for (size_t i = 0; i < x->envc; i++)
		putenv(x->envp[i]);
	umask(077);
	if (x->argc == 1) /* "less -R | tail" is a command line, not a name */
		execl("/bin/sh", "sh", "-c", x->argv[0], (char *)NULL);
	else
		execvp(x->argv[0], x->argv);
	say("cannot run", x->argv[0], errno);
	_exit(EXIT_TROUBLE);
}

/* Two descriptors or more: a helper or pager beside us.  Fewer: a mail reader, which takes the
 * place of the process the user started while we go on behind it. */
void programs_run(struct programs *g, const struct wire_request *x, const struct wire_packet *p)
{
	bool replaces_us = p->nfds < 2;
	pid_t self = getpid();
	signal(SIGCHLD, SIG_DFL);
	pid_t pid = fork();
	if (pid < 0)
		programs_die(g, "cannot run", x->argv[0], errno);
	if (replaces_us ? pid > 0 : pid == 0)
		run_program(x, p);
	if (!replaces_us) {
		add_kid(g, pid);
		return;
	}
	setsid();
	g->mua = self;
	g->nkids = 0; /* they are the mail reader's children now */
}

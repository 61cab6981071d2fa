/* Signals arrive through a signalfd, so their callbacks run between other callbacks. */
#include "internal.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { SIGNALS_PER_TURN = 16 };

/* An ignored SIGCHLD, inherited from whoever started us, would lose every wait status. */
static int keep_wait_statuses(struct loop *l)
{
	if (!sigismember(&l->signals, SIGCHLD))
		return 0;
	const struct sigaction dfl = { .sa_handler = SIG_DFL };
	if (sigaction(SIGCHLD, &dfl, &l->chld_before) < 0)
		return -errno;
	l->chld_changed = true;
	return 0;
}

static int watch_signals(struct loop *l)
{
	l->signal_fd = signalfd(-1, &l->signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (l->signal_fd < 0)
		return -errno;
	struct epoll_event want = { .events = EPOLLIN, .data.ptr = &l->signal_fd };
	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->signal_fd, &want) < 0)
		return -errno;
	return keep_wait_statuses(l);
}

int loop_signals(struct loop *l, const sigset_t *set, signal_fn *fn, void *rock)
{
	if (!set || !fn)
		return -EINVAL;
	if (l->signal_fn)
		return -EBUSY;
	l->signals = *set;
	l->signal_rock = rock;
	if (sigprocmask(SIG_BLOCK, set, &l->mask_before) < 0)
		return -errno;
	l->signal_fn = fn;
	int rc = watch_signals(l);
	if (rc < 0)
		signals_done(l);
	return rc;
}

void signals_done(struct loop *l)
{
	if (l->signal_fd >= 0)
		close(l->signal_fd);
	l->signal_fd = -1;
	if (l->chld_changed)
		sigaction(SIGCHLD, &l->chld_before, NULL);
	l->chld_changed = false;
	if (l->signal_fn)
		sigprocmask(SIG_SETMASK, &l->mask_before, NULL);
	l->signal_fn = NULL;
}

void signals_ready(struct loop *l)
{
	struct signalfd_siginfo info[SIGNALS_PER_TURN];
	ssize_t got = read(l->signal_fd, info, sizeof info);
	if (got < (ssize_t)sizeof *info)
		return;
	bool chld = false;
	for (size_t i = 0; i < (size_t)got / sizeof *info; i++) {
		int signo = (int)info[i].ssi_signo;
		chld = chld || signo == SIGCHLD;
		l->signal_fn(signo, l->signal_rock);
	}
	if (chld)
		children_reap(l);
}

/* Children.  SIGCHLD may stand for many, so each registered child is asked by its pid; nobody
 * else's children are reaped. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

/* What a child's callback is told when somebody else took its status: a failure. */
enum { STATUS_LOST = 255 << 8 };

/* Has `pid` ended already, with its SIGCHLD perhaps taken?  1, 0 or -errno. */
static int has_ended(pid_t pid)
{
	siginfo_t info = { 0 };
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return -errno;
	return info.si_pid == pid;
}

int loop_child(struct loop *l, pid_t pid, child_fn *fn, void *rock)
{
	if (pid <= 0 || !fn || !l->signal_fn || !sigismember(&l->signals, SIGCHLD))
		return -EINVAL;
	struct child **tail = &l->children;
	for (; *tail; tail = &(*tail)->next)
		if ((*tail)->pid == pid)
			return -EEXIST;
	int ended = has_ended(pid);
	if (ended < 0)
		return ended;
	struct child *c = malloc(sizeof *c);
	if (!c)
		return -ENOMEM;
	*c = (struct child){ .pid = pid, .fn = fn, .rock = rock };
	*tail = c;
	l->child_ended = l->child_ended || ended;
	return 0;
}

static bool reap(struct child *c)
{
	pid_t got = waitpid(c->pid, &c->wait_status, WNOHANG);
	if (got < 0)
		c->wait_status = STATUS_LOST;
	return got != 0;
}

static void collect_ended(struct loop *l)
{
	struct child **tail = &l->ended;
	while (*tail)
		tail = &(*tail)->next;
	for (struct child **at = &l->children; *at;) {
		struct child *c = *at;
		if (!reap(c)) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		c->next = NULL;
		*tail = c;
		tail = &c->next;
	}
}

void children_reap(struct loop *l)
{
	l->child_ended = false;
	collect_ended(l);
	while (l->ended) {
		struct child *c = l->ended;
		l->ended = c->next;
		child_fn *fn = c->fn;
		void *rock = c->rock;
		pid_t pid = c->pid;
		int wait_status = c->wait_status;
		free(c);
		fn(pid, wait_status, rock);
	}
}

static void free_list(struct child **list)
{
	while (*list) {
		struct child *c = *list;
		*list = c->next;
		free(c);
	}
}

void children_forget(struct loop *l)
{
	free_list(&l->children);
	free_list(&l->ended);
}

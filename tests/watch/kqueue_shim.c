#define KQUEUE_SHIM_INSIDE
#include "kqueue_shim.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define ASKED (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MOVE_SELF | IN_ONLYDIR)

/* What was asked of a descriptor.  Its parent is watched too: inotify does not tell of the end of
 * a directory that is open. */
struct knote {
	struct knote *next;
	int fd, wd, parent_wd;
	bool gone;
	unsigned asked, said;
	void *udata;
};

struct queue {
	struct queue *next;
	int kq; /* epoll, for the other two */
	int inotify;
	int more; /* eventfd: something was said and not yet fetched */
	struct knote *notes;
};

static struct queue *queues;
static int refusal;

/* ---- life ---- */

int kqueue(void)
{
	struct queue *q = calloc(1, sizeof *q);
	struct epoll_event want = { .events = EPOLLIN };
	*q = (struct queue){ .next = queues, .kq = epoll_create1(0) };
	if (q->kq < 0) {
		free(q);
		return -1;
	}
	q->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	q->more = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	epoll_ctl(q->kq, EPOLL_CTL_ADD, q->inotify, &want);
	epoll_ctl(q->kq, EPOLL_CTL_ADD, q->more, &want);
	queues = q;
	return q->kq;
}

static void release(struct queue *q, int wd)
{
	for (const struct knote *k = q->notes; k; k = k->next)
		if (k->wd == wd || k->parent_wd == wd)
			return;
	if (wd >= 0)
		inotify_rm_watch(q->inotify, wd);
}

static void drop(struct queue *q, struct knote **at)
{
	struct knote *k = *at;
	*at = k->next;
	release(q, k->wd);
	release(q, k->parent_wd);
	free(k);
}

static void end(struct queue **at)
{
	struct queue *q = *at;
	*at = q->next;
	while (q->notes)
		drop(q, &q->notes);
	close(q->inotify);
	close(q->more);
	free(q);
}

int kqueue_shim_close(int fd)
{
	for (struct queue **q = &queues; *q;) {
		for (struct knote **k = &(*q)->notes; *k;)
			if ((*k)->fd == fd)
				drop(*q, k);
			else
				k = &(*k)->next;
		if ((*q)->kq == fd)
			end(q);
		else
			q = &(*q)->next;
	}
	return close(fd);
}

/* ---- asking ---- */

static void path_of(int fd, char path[PATH_MAX])
{
	char link[64];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, PATH_MAX - 1);
	path[n < 0 ? 0 : n] = '\0';
}

static int ask(struct queue *q, const struct kevent *kev)
{
	char path[PATH_MAX];
	int fd = (int)kev->ident;
	if (refusal) {
		errno = refusal;
		refusal = 0;
		return -1;
	}
	path_of(fd, path);
	int wd = inotify_add_watch(q->inotify, path, ASKED);
	if (wd < 0)
		return -1;
	*strrchr(path, '/') = '\0';
	struct knote *k = calloc(1, sizeof *k);
	*k = (struct knote){ .next = q->notes,
		             .fd = fd,
		             .wd = wd,
		             .parent_wd = inotify_add_watch(q->inotify, path, ASKED),
		             .asked = kev->fflags,
		             .udata = kev->udata };
	q->notes = k;
	return 0;
}

/* ---- telling ---- */

static unsigned notes_of(uint32_t mask)
{
	if (mask & IN_MOVE_SELF)
		return NOTE_RENAME;
	if (mask & (IN_MOVED_FROM | IN_MOVED_TO))
		return NOTE_WRITE | NOTE_EXTEND;
	return mask & (IN_CREATE | IN_DELETE | IN_Q_OVERFLOW) ? NOTE_WRITE : 0;
}

static void note(struct queue *q, const struct inotify_event *ev)
{
	struct stat st;
	for (struct knote *k = q->notes; k; k = k->next) {
		if (k->wd == ev->wd || ev->mask & IN_Q_OVERFLOW)
			k->said |= notes_of(ev->mask) & k->asked;
		if (k->gone || fstat(k->fd, &st) < 0 || st.st_nlink > 0)
			continue;
		k->gone = true;
		k->said |= NOTE_DELETE & k->asked;
	}
}

static void listen_all(struct queue *q)
{
	_Alignas(struct inotify_event) char buf[4096];
	ssize_t got;
	while ((got = read(q->inotify, buf, sizeof buf)) > 0)
		for (const char *p = buf; p < buf + got;) {
			const struct inotify_event *ev = (const void *)p;
			p += sizeof *ev + ev->len;
			note(q, ev);
		}
}

static int fetch(struct queue *q, struct kevent *events, int n)
{
	int got = 0;
	uint64_t more = 0;
	(void)!read(q->more, &more, sizeof more);
	more = 0;
	for (struct knote *k = q->notes; k; k = k->next) {
		if (k->said && got < n) {
			EV_SET(&events[got++], (uintptr_t)k->fd, EVFILT_VNODE, EV_CLEAR, k->said, 0,
			       k->udata);
			k->said = 0;
		}
		more += k->said != 0;
	}
	if (more)
		(void)!write(q->more, &more, sizeof more);
	return got;
}

int kevent(int kq, const struct kevent *changes, int n_changes, struct kevent *events, int n_events,
           const struct timespec *timeout)
{
	struct queue *q = queues;
	(void)timeout;
	while (q && q->kq != kq)
		q = q->next;
	if (!q) {
		errno = EBADF;
		return -1;
	}
	for (int i = 0; i < n_changes; i++)
		if (ask(q, &changes[i]) < 0)
			return -1;
	if (n_events == 0)
		return 0;
	listen_all(q);
	return fetch(q, events, n_events);
}

/* ---- for the tests ---- */

int kqueue_shim_statfs(int fd, struct kqueue_shim_statfs *ret)
{
	enum { LOCAL = 0x1000, PROC = 0x9fa0, SYSFS = 0x62656572 };
	struct statfs fs;
	if (fstatfs(fd, &fs) < 0)
		return -1;
	*ret = (struct kqueue_shim_statfs){ .f_flags = fs.f_type == PROC ? 0 : LOCAL };
	strcpy(ret->f_fstypename, fs.f_type == SYSFS ? "fusefs" : "ufs");
	return 0;
}

void kqueue_shim_revoke(const char *path)
{
	char own[PATH_MAX];
	uint64_t one = 1;
	for (struct queue *q = queues; q; q = q->next)
		for (struct knote *k = q->notes; k; k = k->next) {
			path_of(k->fd, own);
			if (strcmp(own, path) != 0)
				continue;
			k->said |= NOTE_REVOKE & k->asked;
			(void)!write(q->more, &one, sizeof one);
		}
}

void kqueue_shim_refuse(int errnum)
{
	refusal = errnum;
}

/* As much of kqueue as src/watch/kqueue.c uses, made of inotify, so that its logic runs where there
 * is no kqueue.  It says no more than BSD's manual promises: flags, no names. */
#ifndef TESTS_WATCH_KQUEUE_SHIM_H
#define TESTS_WATCH_KQUEUE_SHIM_H

#include <stdint.h>
#include <time.h>

enum { EVFILT_VNODE = -4 };
enum { EV_ADD = 0x1, EV_CLEAR = 0x20 };
enum {
	NOTE_DELETE = 0x1,
	NOTE_WRITE = 0x2,
	NOTE_EXTEND = 0x4,
	NOTE_RENAME = 0x20,
	NOTE_REVOKE = 0x40,
};

struct kevent {
	uintptr_t ident;
	short filter;
	unsigned short flags;
	unsigned fflags;
	int64_t data;
	void *udata;
};

#define EV_SET(kev, a, b, c, d, e, f) (*(kev) = (struct kevent){ a, b, c, d, e, f })

int kqueue(void);
int kevent(int kq, const struct kevent *changes, int n_changes, struct kevent *events, int n_events,
           const struct timespec *timeout);

/* As the kernel: what was asked of a descriptor ends when that is closed. */
int kqueue_shim_close(int fd);

/* BSD's view of a file system; made-up ones (proc) are as remote as NFS. */
struct kqueue_shim_statfs {
	uint64_t f_flags;
	char f_fstypename[16];
};
int kqueue_shim_statfs(int fd, struct kqueue_shim_statfs *ret);

/* The file system of this directory is unmounted by force. */
void kqueue_shim_revoke(const char *path);
/* What the next EV_ADD fails with, once; 0: nothing. */
void kqueue_shim_refuse(int errnum);

#ifndef KQUEUE_SHIM_INSIDE
#define close(fd) kqueue_shim_close(fd)
#define statfs kqueue_shim_statfs
#define fstatfs kqueue_shim_statfs
#define MNT_LOCAL 0x1000
#endif

#endif

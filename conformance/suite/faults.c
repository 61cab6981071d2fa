/* Preloaded into a daemon under test: counts the calls by which its processes change anything
 * outside of themselves, kills a process before the Nth of them, and knows what is written but
 * not yet synced.  The suite reads and writes `struct faults` through the file $LEI_FAULTS. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum role { DAEMON, LEADER, SIBLING, STORE, ROLES };
enum { FILES = 64 };

struct faults { /* faults.py knows this layout */
	_Atomic int32_t daemon, store; /* process ids; 0: nothing is counted */
	_Atomic int32_t role; /* who is watched; -1: nobody */
	_Atomic int32_t victim; /* process id; 0: who makes the call */
	_Atomic uint64_t at; /* kill before this call, counted from 1 */
	_Atomic uint64_t hits;
	_Atomic uint64_t count[ROLES];
	_Atomic uint64_t successes; /* "x_it 0" sent by the daemon */
	_Atomic uint64_t early; /* of them, with data of the store not synced */
	_Atomic uint64_t dirty[FILES]; /* inodes written and not synced */
};

static struct faults *faults;
static pid_t first; /* the process that this library was loaded into; the others are forked */

__attribute__((constructor)) static void attach(void)
{
	first = getpid();
	const char *path = getenv("LEI_FAULTS");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	void *map = mmap(NULL, sizeof(*faults), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map != MAP_FAILED)
		faults = map;
}

static int role_of_caller(void)
{
	pid_t daemon = faults->daemon, self = getpid();
	if (self == daemon)
		return DAEMON;
	if (self == faults->store)
		return STORE;
	if (self == first)
		return -1; /* a client, or a program that was run */
	return getppid() == daemon ? LEADER : SIBLING;
}

static void point(void)
{
	int saved = errno;
	if (faults && faults->daemon) {
		int role = role_of_caller();
		uint64_t n = role < 0 ? 0 : atomic_fetch_add(&faults->count[role], 1) + 1;
		if (n && role == faults->role && n == faults->at) {
			pid_t victim = faults->victim;
			atomic_fetch_add(&faults->hits, 1);
			kill(victim ? victim : getpid(), SIGKILL);
		}
	}
	errno = saved;
}

/* SQLite's index of the log is made anew after a crash: nobody needs it on the disk. */
static int is_shared_memory(int fd)
{
	char link[64], name[4096];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, name, sizeof(name));
	return n > 4 && memcmp(name + n - 4, "-shm", 4) == 0;
}

/* A file with a name, or 0: memory and temporary files have none. */
static uint64_t inode_of(int fd)
{
	struct stat st;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink == 0 || is_shared_memory(fd))
		return 0;
	return st.st_ino;
}

static void mark(int fd, int dirty)
{
	int saved = errno, slot = -1;
	uint64_t inode = faults && faults->daemon && getpid() == faults->store ? inode_of(fd) : 0;
	for (int i = FILES - 1; inode && i >= 0; i--)
		if (!faults->dirty[i])
			slot = i;
	for (int i = 0; inode && i < FILES; i++)
		if (faults->dirty[i] == inode)
			slot = i;
	if (slot >= 0)
		faults->dirty[slot] = dirty ? inode : 0;
	errno = saved;
}

static void look_at_reply(const void *data, size_t len)
{
	static const char success[] = "x_it 0";
	if (!faults || !faults->daemon || getpid() != faults->daemon)
		return;
	if (len != sizeof(success) - 1 || memcmp(data, success, len) != 0)
		return;
	atomic_fetch_add(&faults->successes, 1);
	for (int i = 0; i < FILES; i++)
		if (faults->dirty[i]) {
			atomic_fetch_add(&faults->early, 1);
			return;
		}
}

#define REAL(ret, name, ...)                                                                       \
	static ret (*real)(__VA_ARGS__);                                                           \
	if (!real)                                                                                 \
		real = (ret(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name);                               \
	point()

#define WRITES(name, off)                                                                          \
	ssize_t name(int fd, const void *p, size_t n, off at)                                      \
	{                                                                                          \
		REAL(ssize_t, name, int, const void *, size_t, off);                               \
		ssize_t ret = real(fd, p, n, at);                                                  \
		mark(fd, 1);                                                                       \
		return ret;                                                                        \
	}
WRITES(pwrite, off_t)
WRITES(pwrite64, off64_t)

ssize_t write(int fd, const void *p, size_t n)
{
	REAL(ssize_t, write, int, const void *, size_t);
	ssize_t ret = real(fd, p, n);
	mark(fd, 1);
	return ret;
}

ssize_t writev(int fd, const struct iovec *v, int n)
{
	REAL(ssize_t, writev, int, const struct iovec *, int);
	ssize_t ret = real(fd, v, n);
	mark(fd, 1);
	return ret;
}

int fsync(int fd)
{
	REAL(int, fsync, int);
	int ret = real(fd);
	mark(fd, 0);
	return ret;
}

int fdatasync(int fd)
{
	REAL(int, fdatasync, int);
	int ret = real(fd);
	mark(fd, 0);
	return ret;
}

int syncfs(int fd)
{
	REAL(int, syncfs, int);
	return real(fd);
}

int ftruncate(int fd, off_t n)
{
	REAL(int, ftruncate, int, off_t);
	return real(fd, n);
}

int ftruncate64(int fd, off64_t n)
{
	REAL(int, ftruncate64, int, off64_t);
	return real(fd, n);
}

int rename(const char *from, const char *to)
{
	REAL(int, rename, const char *, const char *);
	return real(from, to);
}

int renameat(int d1, const char *from, int d2, const char *to)
{
	REAL(int, renameat, int, const char *, int, const char *);
	return real(d1, from, d2, to);
}

int renameat2(int d1, const char *from, int d2, const char *to, unsigned flags)
{
	REAL(int, renameat2, int, const char *, int, const char *, unsigned);
	return real(d1, from, d2, to, flags);
}

int unlink(const char *path)
{
	REAL(int, unlink, const char *);
	return real(path);
}

int unlinkat(int dir, const char *path, int flags)
{
	REAL(int, unlinkat, int, const char *, int);
	return real(dir, path, flags);
}

int mkdir(const char *path, mode_t mode)
{
	REAL(int, mkdir, const char *, mode_t);
	return real(path, mode);
}

int memfd_create(const char *name, unsigned flags)
{
	REAL(int, memfd_create, const char *, unsigned);
	return real(name, flags);
}

ssize_t send(int fd, const void *p, size_t n, int flags)
{
	REAL(ssize_t, send, int, const void *, size_t, int);
	look_at_reply(p, n);
	return real(fd, p, n, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	REAL(ssize_t, sendmsg, int, const struct msghdr *, int);
	if (m->msg_iovlen > 0)
		look_at_reply(m->msg_iov[0].iov_base, m->msg_iov[0].iov_len);
	return real(fd, m, flags);
}

ssize_t recv(int fd, void *p, size_t n, int flags)
{
	REAL(ssize_t, recv, int, void *, size_t, int);
	return real(fd, p, n, flags);
}

ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
	REAL(ssize_t, recvmsg, int, struct msghdr *, int);
	return real(fd, m, flags);
}

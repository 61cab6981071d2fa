/* Adapter for the prot layer of Cyrus: Debian's libcyrus 3.6.1, untouched.  The library's clock
 * and its waiting are replaced by defining time, gettimeofday, select, pselect and read in this program.
 * Its times are whole seconds: a script that needs fractions of them is unsupported. */
#include "libcyrus.h"
#include "kit.h"
#include "libcyrus_guard.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A stream; the kit knows it by this.  Kept to the end, as callbacks may be called with a stale one. */
struct mine {
	struct mine *next;
	struct protstream *prot, *out;
	int fd;
	bool write, freed;
};

/* The rock of an event. */
struct added {
	struct added *next;
	struct kit_event *ev;
	struct mine *on;
	struct prot_waitevent *handle;
};

/* The replaced functions know no more than this. */
static struct {
	struct kit *k;
	struct mine *streams;
	struct added *added;
} all;

const int config_need_data = 0;

void fatal(const char *text, int code)
{
	kit_error(all.k, NULL, text);
	_exit(code ? code : EXIT_FAILURE);
}

/* ---- time ---- */

static int64_t whole_seconds(int64_t ns)
{
	int64_t s = ns / KIT_SECOND;
	return ns % KIT_SECOND < 0 ? s - 1 : s;
}

time_t time(time_t *ret)
{
	time_t now = all.k ? whole_seconds(kit_now(all.k, KIT_WALL)) : 0;
	if (ret)
		*ret = now;
	return now;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	(void)zone;
	*tv = (struct timeval){ .tv_sec = time(NULL) };
	return 0;
}

/* -1 with errno, as system calls do. */
static int give(int rc)
{
	if (rc >= 0)
		return rc;
	errno = -rc;
	return -1;
}

static nfds_t wanted(int n, const fd_set *readers, struct pollfd fds[FD_SETSIZE])
{
	nfds_t ret = 0;
	for (int fd = 0; readers && fd < n && fd < FD_SETSIZE; fd++)
		if (FD_ISSET(fd, readers))
			fds[ret++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	return ret;
}

/* The library selects for reading only. */
static int select_for(int n, fd_set *readers, int64_t ns)
{
	static struct pollfd fds[FD_SETSIZE];
	nfds_t nfds = wanted(n, readers, fds);
	int rc = kit_poll(all.k, fds, nfds, ns);
	if (rc >= 0 && readers) {
		FD_ZERO(readers);
		for (nfds_t i = 0; i < nfds; i++)
			if (fds[i].revents)
				FD_SET(fds[i].fd, readers);
	}
	return give(rc);
}

static bool span(time_t sec, long below, long in_second, int64_t *ret)
{
	if (sec < 0 || below < 0 || below >= in_second)
		return false; /* as the kernel says */
	*ret = sec >= INT64_MAX / KIT_SECOND ? KIT_NEVER
	                                     : sec * KIT_SECOND + below * (KIT_SECOND / in_second);
	return true;
}

int pselect(int n, fd_set *restrict readers, fd_set *restrict writers, fd_set *restrict others,
            const struct timespec *restrict timeout, const sigset_t *restrict mask)
{
	int64_t ns = KIT_NEVER;
	(void)writers;
	(void)others;
	(void)mask;
	if (timeout && !span(timeout->tv_sec, timeout->tv_nsec, KIT_SECOND, &ns))
		return give(-EINVAL);
	return select_for(n, readers, ns);
}

int select(int n, fd_set *restrict readers, fd_set *restrict writers, fd_set *restrict others,
           struct timeval *restrict timeout)
{
	int64_t ns = KIT_NEVER;
	(void)writers;
	(void)others;
	if (timeout && !span(timeout->tv_sec, timeout->tv_usec, 1000000, &ns))
		return give(-EINVAL);
	return select_for(n, readers, ns);
}

ssize_t read(int fd, void *buf, size_t n)
{
	struct pollfd in = { .fd = fd, .events = POLLIN };
	int rc = all.k ? kit_poll(all.k, &in, 1, KIT_NEVER) : 0;
	return rc < 0 ? give(rc) : (ssize_t)syscall(SYS_read, fd, buf, n);
}

/* ---- freed memory ---- */

static bool touched(void *block)
{
	char words[160];
	for (struct added *a = all.added; a; a = a->next)
		if ((void *)a->handle == block) {
			snprintf(words, sizeof(words),
			         "the memory of %s was used after its removal",
			         kit_event_name(a->ev));
			kit_error(all.k, a->on->freed ? NULL : a->on, words);
			return true;
		}
	kit_error(all.k, NULL, "the memory of a stream was used after its end");
	return false;
}

static void *begin(struct kit *k)
{
	all.k = k;
	guard_init(touched);
	return &all;
}

/* ---- streams ---- */

static void *member(struct protstream *s, size_t offset)
{
	return (char *)s + offset;
}

static int flag(struct protstream *s, size_t offset)
{
	int ret;
	memcpy(&ret, member(s, offset), sizeof(ret));
	return ret;
}

static void nonblock(void *s, bool on)
{
	struct mine *m = s;
	memcpy(member(m->prot, PROTSTREAM_DONTBLOCK), &(int){ on }, sizeof(int));
}

/* Whole seconds; none is 0, the library's word for it. */
static void limit(void *s, int64_t ns)
{
	struct mine *m = s;
	if (ns != KIT_NEVER && ns % KIT_SECOND)
		kit_unsupported(all.k, "fraction");
	int64_t sec = ns == KIT_NEVER ? 0 : ns / KIT_SECOND;
	prot_settimeout(m->prot, sec > INT_MAX ? INT_MAX : (int)sec);
}

static void touch(void *s)
{
	struct mine *m = s;
	prot_resettimeout(m->prot);
}

static int no_descriptor(unsigned char *buf, unsigned len, void *rock)
{
	(void)buf;
	(void)len;
	(void)rock;
	errno = EBADF;
	return -1;
}

static struct protstream *prot_make(int fd, bool write)
{
	guard_next(PROTSTREAM_SIZE);
	struct protstream *s = fd < 0 ? prot_readcb(no_descriptor, NULL) : prot_new(fd, write);
	guard_next(0);
	return s;
}

static void *stream_make(struct kit *k, void *rock, const struct kit_words *w)
{
	struct mine *m = calloc(1, sizeof(*m));
	(void)k;
	(void)rock;
	if (!m)
		return NULL;
	m->prot = prot_make(w->fd, w->write);
	m->fd = w->fd;
	m->write = w->write;
	if (w->limit_ns != KIT_NEVER)
		limit(m, w->limit_ns);
	if (w->nonblock)
		nonblock(m, true);
	if (w->out_fd >= 0) {
		m->out = prot_make(w->out_fd, true);
		prot_setflushonread(m->prot, m->out);
	}
	m->next = all.streams;
	all.streams = m;
	return m;
}

static struct prot_waitevent *first_event(struct protstream *s)
{
	struct prot_waitevent *ret;
	memcpy(&ret, member(s, PROTSTREAM_EVENTS), sizeof(ret));
	return ret;
}

static void stream_end(void *s)
{
	struct mine *m = s;
	size_t left = 0;
	char words[80];
	for (struct prot_waitevent *ev = first_event(m->prot); ev; ev = ev->next)
		left++;
	prot_free(m->prot);
	if (m->out)
		prot_free(m->out);
	snprintf(words, sizeof(words), "%zu events are leaked", left);
	if (left)
		kit_error(all.k, NULL, words);
	m->freed = true;
}

static ssize_t failed(struct mine *m, int error)
{
	const char *words = prot_error(m->prot);
	if (words && !strcmp(words, "idle for too long"))
		return -ETIMEDOUT;
	if (words && !strcmp(words, "end of file reached"))
		return 0;
	if (words) {
		kit_because(all.k, words);
		return -EIO;
	}
	return error ? -error : -EIO;
}

static ssize_t read_some(void *s, char *buf, size_t n)
{
	struct mine *m = s;
	errno = 0;
	int got = prot_read(m->prot, buf, (unsigned)n);
	return got > 0 ? got : failed(m, errno);
}

static ssize_t read_line(void *s, char *buf, size_t n)
{
	struct mine *m = s;
	errno = 0;
	char *got = prot_fgets(buf, (unsigned)n, m->prot);
	return got ? (ssize_t)strlen(got) : failed(m, errno);
}

static void output(void *s, const char *bytes, size_t n)
{
	struct mine *m = s;
	prot_write(m->out, bytes, (unsigned)n);
}

static void flush(void *s)
{
	struct mine *m = s;
	prot_flush(m->out);
}

/* ---- events ---- */

static uint64_t number(const struct prot_waitevent *ev)
{
	return (uint64_t)(uintptr_t)ev;
}

static struct prot_waitevent *event(uint64_t handle)
{
	return (struct prot_waitevent *)(uintptr_t)handle;
}

static struct prot_waitevent *fired(struct protstream *s, struct prot_waitevent *ev, void *rock)
{
	struct added *a = rock;
	return event(kit_fire(a->ev, s == a->on->prot ? a->on : NULL, number(ev)));
}

static time_t seconds(int64_t mark_ns)
{
	if (mark_ns == KIT_NEVER || mark_ns == KIT_ALWAYS)
		return mark_ns == KIT_NEVER ? LONG_MAX : LONG_MIN;
	if (mark_ns % KIT_SECOND)
		kit_unsupported(all.k, "fraction");
	return mark_ns / KIT_SECOND;
}

static uint64_t add(void *s, int64_t mark_ns, struct kit_event *ev)
{
	struct added *a = calloc(1, sizeof(*a));
	time_t mark = seconds(mark_ns);
	if (!a)
		return 0;
	*a = (struct added){ .next = all.added, .ev = ev, .on = s };
	all.added = a;
	guard_next(sizeof(struct prot_waitevent));
	a->handle = prot_addwaitevent(a->on->prot, mark, fired, a);
	guard_next(0);
	return number(a->handle);
}

static void set_mark(void *s, uint64_t handle, int64_t mark_ns)
{
	(void)s;
	event(handle)->mark = seconds(mark_ns);
}

static void remove_one(void *s, uint64_t handle)
{
	struct mine *m = s;
	prot_removewaitevent(m->prot, event(handle));
}

/* ---- turns ---- */

static bool is_due(struct protstream *s)
{
	for (struct prot_waitevent *ev = first_event(s); ev; ev = ev->next)
		if (ev->mark <= time(NULL))
			return true;
	return false;
}

/* The library says of a stream only that it is ready. */
static void tell(struct protstream *s)
{
	struct mine *m = all.streams;
	while (m && (m->freed || m->prot != s))
		m = m->next;
	if (!m)
		return;
	struct pollfd in = { .fd = m->fd, .events = POLLIN };
	if (flag(s, PROTSTREAM_CNT) || poll(&in, 1, 0) > 0)
		kit_turned(all.k, KIT_INPUT, m);
	else
		kit_turned(all.k, is_due(s) ? KIT_DUE : KIT_IDLE, m);
}

static int turn(void *rock, int64_t ns)
{
	struct protgroup *group = protgroup_new(0), *out = NULL;
	struct protstream *s;
	struct timeval tv = { .tv_sec = ns / KIT_SECOND, .tv_usec = ns % KIT_SECOND / 1000 };
	(void)rock;

	for (struct mine *m = all.streams; m; m = m->next)
		if (!m->freed && !m->write)
			protgroup_insert(group, m->prot);
	int rc = prot_select(group, -1, &out, NULL, ns == KIT_NEVER ? NULL : &tv);
	int error = errno;
	for (size_t i = 0; rc > 0 && out && (s = protgroup_getelement(out, i)); i++)
		tell(s);
	protgroup_free(group);
	if (out)
		protgroup_free(out);
	return rc < 0 ? -error : 0;
}

const struct kit_impl adapter = {
	.name = "libcyrus",
	.granule_ns = KIT_SECOND,
	.begin = begin,
	.stream_new = stream_make,
	.stream_free = stream_end,
	.limit = limit,
	.touch = touch,
	.nonblock = nonblock,
	.read = read_some,
	.line = read_line,
	.output = output,
	.flush = flush,
	.turn = turn,
	.add = add,
	.mark = set_mark,
	.remove = remove_one,
};

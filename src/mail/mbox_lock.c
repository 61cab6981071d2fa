/* A file that is replaced while somebody waits for its lock is another file then: who gets the lock
 * looks whether the name still means what was locked, and else begins again. */
#include "mbox_lock.h"

#include "dotlock.h"

#include "../base/err.h"
#include "../event/event.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TIMEOUT_S = 5, DELAYS_PER_S = 10, SECONDS_MAX = 86400 };
static const char *const names[LOCK_METHODS] = {
	[LOCK_FCNTL] = "fcntl",
	[LOCK_DOTLOCK] = "dotlock",
	[LOCK_FLOCK] = "flock",
};

struct mbox_lock {
	int fd;
	const char *name; /* as the user calls it, while we lock */
	char *path;
	enum lock_access access;
	bool made;
	bool held; /* a lock of the kernel's: who waits for it will look again */
	struct dotlock *dot;
};

/* ---- what is wanted ---- */

struct lock_plan lock_plan_default(void)
{
	return (struct lock_plan){ .methods = { LOCK_FCNTL, LOCK_DOTLOCK },
		                   .n = 2,
		                   .timeout_ns = TIMEOUT_S * EVENT_SECOND,
		                   .delay_ns = EVENT_SECOND / DELAYS_PER_S,
		                   .by_default = true };
}

static int add_method(struct lock_plan *p, const char *word, size_t len, struct err *e)
{
	for (enum lock_method m = 0; m < LOCK_METHODS; m++) {
		if (strlen(names[m]) != len || strncmp(names[m], word, len) != 0)
			continue;
		for (size_t i = 0; i < p->n; i++)
			if (p->methods[i] == m)
				return 0;
		p->methods[p->n++] = m;
		return 0;
	}
	return err_set(e, -EINVAL, "no lock is called %.*s (dotlock, fcntl, flock or none)",
	               (int)len, word);
}

static int add_time(const char *word, size_t len, int64_t *ret, struct err *e)
{
	char *end;
	double s = strtod(strchr(word, '=') + 1, &end);
	end += *end == 's';
	if (end != word + len || !(s >= 0 && s <= SECONDS_MAX))
		return err_set(e, -EINVAL, "%.*s: not a number of seconds", (int)len, word);
	*ret = (int64_t)(s * (double)EVENT_SECOND);
	return 0;
}

static int add_word(struct lock_plan *p, const char *word, size_t len, struct err *e)
{
	if (strncmp(word, "timeout=", 8) == 0)
		return add_time(word, len, &p->timeout_ns, e);
	if (strncmp(word, "delay=", 6) == 0)
		return add_time(word, len, &p->delay_ns, e);
	return add_method(p, word, len, e);
}

int lock_plan_parse(const char *words, struct lock_plan *ret, struct err *e)
{
	static const char parts[] = ", ";
	struct lock_plan p = lock_plan_default();
	p.n = 0;
	p.by_default = false;
	if (strcmp(words, "none") == 0) {
		*ret = p;
		return 0;
	}
	for (const char *w = words; *w != '\0';) {
		w += strspn(w, parts);
		size_t len = strcspn(w, parts);
		int rc = len > 0 ? add_word(&p, w, len, e) : 0;
		if (rc < 0)
			return rc;
		w += len;
	}
	if (p.n == 0)
		return err_set(e, -EINVAL, "no lock is named in \"%s\"", words);
	*ret = p;
	return 0;
}

/* ---- one method, once ---- */

static int try_fcntl(const struct mbox_lock *l)
{
	/* of the open file, not of the process: others here may open and close it, too */
	struct flock fl = { .l_type = l->access == LOCK_TO_WRITE ? F_WRLCK : F_RDLCK };
	if (fcntl(l->fd, F_OFD_SETLK, &fl) == 0)
		return 0;
	return errno == EACCES || errno == EAGAIN ? -EEXIST : -errno;
}

static int try_flock(const struct mbox_lock *l)
{
	if (flock(l->fd, (l->access == LOCK_TO_WRITE ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK || errno == EINTR ? -EEXIST : -errno;
}

static int try_dotlock(struct mbox_lock *l, const struct lock_plan *plan)
{
	int rc = dotlock_try(l->path, &l->dot);
	bool denied = rc == -EACCES || rc == -EROFS || rc == -EPERM;
	return denied && plan->by_default && l->access == LOCK_TO_READ ? 0 : rc;
}

static int try_method(struct mbox_lock *l, enum lock_method m, const struct lock_plan *plan)
{
	if (m == LOCK_DOTLOCK)
		return try_dotlock(l, plan);
	int rc = m == LOCK_FCNTL ? try_fcntl(l) : try_flock(l);
	l->held = l->held || rc == 0;
	return rc;
}

/* ---- all of them, in time ---- */

static pid_t holder(const struct mbox_lock *l, enum lock_method m)
{
	struct flock fl = { .l_type = l->access == LOCK_TO_WRITE ? F_WRLCK : F_RDLCK };
	if (m == LOCK_FCNTL && fcntl(l->fd, F_OFD_GETLK, &fl) == 0 && fl.l_type != F_UNLCK &&
	    fl.l_pid > 0)
		return fl.l_pid;
	return dotlock_holder(l->path); /* mostly whoever has one lock has all */
}

static int tell_busy(const struct mbox_lock *l, enum lock_method m, const struct lock_plan *plan,
                     struct err *e)
{
	bool dot = m == LOCK_DOTLOCK;
	pid_t pid = holder(l, m);
	char who[32] = "another program";
	if (pid > 0)
		snprintf(who, sizeof(who), "process %d", (int)pid);
	return err_set(e, -EBUSY, "%s%s: %s lock is held by %s, waited %g s",
	               dot ? l->path : l->name, dot ? ".lock" : "", names[m], who,
	               (double)plan->timeout_ns / (double)EVENT_SECOND);
}

static int wait_for(struct mbox_lock *l, enum lock_method m, const struct lock_plan *plan,
                    struct loop *loop, int64_t deadline, struct err *e)
{
	int rc;
	while ((rc = try_method(l, m, plan)) == -EEXIST) {
		if (holder(l, m) == getpid()) /* it will not go away while we wait */
			return err_set(e, -EDEADLK, "%s: input and output at once", l->name);
		int64_t now = loop_now(loop), next = now + plan->delay_ns;
		if (now >= deadline)
			return tell_busy(l, m, plan, e);
		rc = loop_turn(loop, next < deadline ? next : deadline);
		if (rc < 0)
			break;
	}
	if (rc < 0)
		return err_sys(e, -rc, "cannot take the %s lock of %s", names[m], l->name);
	return 0;
}

/* Is the file still what the path means? */
static bool is_there(const struct mbox_lock *l, off_t *ret_size)
{
	struct stat ours, there;
	if (!l->path || fstat(l->fd, &ours) < 0 || stat(l->path, &there) < 0)
		return false;
	*ret_size = ours.st_size;
	return ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

void mbox_lock_unmake(struct mbox_lock *l)
{
	off_t size;
	if (l->made && is_there(l, &size) && size == 0)
		unlink(l->path);
	l->made = false;
}

static void let_go(struct mbox_lock *l)
{
	l->held = l->made = false;
	dotlock_free(l->dot);
	l->dot = NULL;
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	free(l->path);
	l->path = NULL;
}

static int open_file(struct mbox_lock *l, const char *path, struct err *e)
{
	bool write = l->access == LOCK_TO_WRITE;
	int flags = (write ? O_RDWR : O_RDONLY) | O_NOCTTY | O_CLOEXEC;
	l->fd = open(path, flags);
	if (l->fd < 0 && write && errno == ENOENT) {
		l->fd = open(path, flags | O_CREAT, 0666);
		l->made = l->fd >= 0;
	}
	if (l->fd < 0)
		return err_sys(e, errno, "cannot %s %s", write ? "write" : "open", path);
	l->path = realpath(path, NULL);
	return l->path ? 0 : err_sys(e, errno, "cannot find %s", path);
}

static int lock_once(struct mbox_lock *l, const char *path, const struct lock_plan *plan,
                     struct loop *loop, int64_t deadline, struct err *e)
{
	off_t size;
	int rc = open_file(l, path, e);
	for (size_t i = 0; rc == 0 && i < plan->n; i++)
		rc = wait_for(l, plan->methods[i], plan, loop, deadline, e);
	if (rc != 0)
		return rc;
	return plan->n == 0 || is_there(l, &size) ? 1 : 0;
}

static int lock(struct mbox_lock *l, const char *path, const struct lock_plan *plan,
                struct loop *loop, struct err *e)
{
	int64_t deadline = loop_now(loop) + plan->timeout_ns;
	int rc;
	while ((rc = lock_once(l, path, plan, loop, deadline, e)) == 0) {
		let_go(l);
		if (loop_now(loop) >= deadline)
			return err_set(e, -EBUSY, "%s: replaced again and again", path);
	}
	return rc < 0 ? rc : 0;
}

int mbox_lock_open(const char *path, enum lock_access access, const struct lock_plan *plan,
                   struct mbox_lock **ret, struct err *e)
{
	static const struct lock_plan none;
	struct mbox_lock *l = calloc(1, sizeof(*l));
	struct loop *loop = l ? loop_new(LOOP_MONOTONIC, NULL) : NULL;
	int rc = loop ? 0 : err_sys(e, l ? errno : ENOMEM, "cannot lock %s", path);
	if (l) {
		l->fd = -1;
		l->access = access;
		l->name = path;
	}
	if (rc == 0)
		rc = lock(l, path, plan ? plan : &none, loop, e);
	loop_free(loop);
	if (rc < 0 && l && l->held)
		mbox_lock_unmake(l);
	if (rc < 0)
		mbox_lock_free(l);
	else
		*ret = l;
	return rc;
}

int mbox_lock_fd(const struct mbox_lock *l)
{
	return l->fd;
}

const char *mbox_lock_path(const struct mbox_lock *l)
{
	return l->path;
}

void mbox_lock_free(struct mbox_lock *l)
{
	if (!l)
		return;
	let_go(l);
	free(l);
}

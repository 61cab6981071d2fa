/* A directory, a loop, a backend, and a log of what it said. */
#ifndef TESTS_WATCH_BACKEND_FIXTURE_H
#define TESTS_WATCH_BACKEND_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../open_fds.h"
#include "base/err.h"
#include "watch/backend.h"

enum { IDS = 256, LOG = 64 };

struct world {
	const struct backend_ops *ops;
	struct loop *loop;
	struct backend *backend;
	char root[32];
	size_t fds; /* that were open before */
	struct said {
		unsigned id;
		enum backend_news news;
		char name[NAME_MAX + 1];
	} log[LOG]; /* the latest, round and round */
	size_t told, looks[IDS], names[IDS], lost[IDS];
	bool live[IDS]; /* may be told of */
	size_t stale; /* news of an id that may not */
	void (*then)(struct world *w, const struct said *s); /* what the callback does besides */
	int64_t now; /* of the clock that moves while the loop sleeps */
	size_t sleeps;
	int64_t asked; /* how long the last sleep was to be at most */
};

/* ---- time that passes only while the loop sleeps ---- */

static inline int64_t world_now(enum loop_clock clock, void *rock)
{
	(void)clock;
	return ((struct world *)rock)->now;
}

static inline int world_wait(int64_t ns, void *rock)
{
	struct world *w = rock;
	w->sleeps++;
	w->asked = ns;
	if (ns == EVENT_NEVER)
		return -ETIME;
	w->now += ns;
	return 0;
}

/* ---- what it said ---- */

static inline void hear(void *rock, unsigned id, enum backend_news news, const char *name)
{
	struct world *w = rock;
	struct said *s = &w->log[w->told++ % LOG];
	s->id = id;
	s->news = news;
	snprintf(s->name, sizeof s->name, "%s", name ? name : "");
	w->stale += id >= IDS || !w->live[id] || (news == BACKEND_NAME) != (name != NULL);
	if (id >= IDS)
		return;
	w->names[id] += news == BACKEND_NAME;
	w->looks[id] += news == BACKEND_LOOK;
	w->lost[id] += news == BACKEND_LOST;
	if (news == BACKEND_LOST)
		w->live[id] = false;
	if (w->then)
		w->then(w, s);
}

static inline void turn(struct world *w)
{
	assert_int_equal(0, loop_turn(w->loop, loop_now(w->loop) + EVENT_SECOND / 10));
}

/* Turn until the count is above; fail after a generous time instead of hanging. */
static inline void until_more(struct world *w, const size_t *count, size_t than)
{
	int64_t deadline_ns = loop_now(w->loop) + 60 * EVENT_SECOND;
	while (*count <= than) {
		assert_true(loop_now(w->loop) < deadline_ns);
		turn(w);
	}
}

/* Until polling has had its second look at everything; the others have nothing to settle. */
static inline void settle(struct world *w)
{
	int64_t deadline_ns = w->now + 20 * EVENT_SECOND;
	if (w->ops == &backend_poll)
		while (w->now < deadline_ns)
			assert_int_equal(0, loop_turn(w->loop, deadline_ns));
	memset(w->log, 0, sizeof w->log);
	memset(w->names, 0, sizeof w->names);
	memset(w->looks, 0, sizeof w->looks);
	memset(w->lost, 0, sizeof w->lost);
}

/* ---- directories ---- */

/* Paths live until the next four calls. */
static inline const char *at(const struct world *w, const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned n;
	char *path = paths[n++ % 4];
	snprintf(path, PATH_MAX, "%s/%s", w->root, name);
	return path;
}

static inline void make_dir(struct world *w, const char *name)
{
	assert_int_equal(0, mkdir(at(w, name), 0700));
}

static inline void make_file(struct world *w, const char *name)
{
	int fd = open(at(w, name), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static inline void move(struct world *w, const char *from, const char *to)
{
	assert_int_equal(0, rename(at(w, from), at(w, to)));
}

static inline int add(struct world *w, unsigned id, const char *name)
{
	struct err e = { "" };
	int rc = w->ops->add(w->backend, id, name[0] == '/' ? name : at(w, name), &e);
	assert_int_equal(rc < 0, e.text[0] != '\0');
	if (rc == 0)
		w->live[id] = true;
	return rc;
}

static inline void take_away(struct world *w, unsigned id)
{
	w->ops->remove(w->backend, id);
	w->live[id] = false;
}

/* ---- life ---- */

static inline int delete_one(const char *path, const struct stat *st, int what, struct FTW *ftw)
{
	(void)st;
	(void)what;
	(void)ftw;
	return remove(path);
}

static inline struct world *world_new(const struct backend_ops *ops)
{
	struct world *w = calloc(1, sizeof *w);
	struct err e = { "" };
	w->ops = ops;
	w->fds = open_fds();
	snprintf(w->root, sizeof w->root, "/tmp/watch.XXXXXX");
	assert_non_null(mkdtemp(w->root));
	const struct loop_time time = { .now = world_now, .wait = world_wait, .rock = w };
	w->loop = loop_new(LOOP_MONOTONIC, ops == &backend_poll ? &time : NULL);
	assert_non_null(w->loop);
	assert_int_equal(0, ops->open(w->loop, hear, w, &w->backend, &e));
	make_dir(w, "a");
	make_dir(w, "b");
	return w;
}

static inline int world_free(void **state)
{
	struct world *w = *state;
	w->ops->close(w->backend);
	loop_free(w->loop);
	nftw(w->root, delete_one, 16, FTW_DEPTH | FTW_PHYS);
	bool clean = w->stale == 0 && open_fds() == w->fds;
	free(w);
	return clean ? 0 : -1;
}

#endif

/* Inside watch_serve: the folders that are served, and who else is. */
#ifndef WATCH_WATCHER_H
#define WATCH_WATCHER_H

#include "backend.h"
#include "desk.h"
#include "export.h"
#include "folder.h"

enum { BACKENDS = 3 };

/* A box: a folder that is watched.  It is up, or missing: then we look for it now and then. */
struct box {
	struct folder f;
	const char *choice; /* of a backend */
	struct backend *backend; /* who tells of it; NULL: missing */
	uint64_t cur_ino, new_ino; /* what is watched */
	bool polled; /* changes are told late */
	bool found; /* below a recursive folder: forgotten when it is missing */
	bool known; /* f.look is what the last whole scan saw */
	bool reopen; /* something happened to the directories themselves */
	bool stepped; /* since the last commit */
	bool changed; /* since then, its look is not what the store has */
	bool later; /* wait for the clock */
	int trouble; /* why it is missing, as it was logged */
	unsigned number; /* ids of its directories are made of it */
};

/* A recursive folder; its directories are watched to hear of new ones. */
struct root {
	const struct watch_folder *conf;
	const char *path;
	bool walk; /* look for Maildirs */
	bool missing;
};
struct root_dir {
	struct root *root;
	struct backend *backend; /* NULL: this entry is free */
	char *path;
};

struct client { /* of the barrier */
	struct watcher *w;
	struct client *next;
	struct stream *stream;
	int fd;
	bool waiting;
};

struct watcher {
	const struct watch_setup *setup;
	struct loop *loop;
	struct stream *door, *ear, *clock;
	int conn, ear_fd;
	struct desk desk;
	bool seated; /* the desk is open */
	int64_t patience; /* until the writer is tried again */
	char *complaint; /* about the writer, as it was logged */

	struct backend *backends[BACKENDS];
	const struct backend_ops *ops[BACKENDS];
	struct box **boxes; /* by URL */
	size_t nboxes;
	struct box **numbered; /* by number; NULL: free */
	size_t nnumbered;
	struct root *roots;
	size_t nroots;
	struct root_dir *root_dirs;
	size_t nroot_dirs;
	waitevent recheck, pause, retry;
	int64_t recheck_ns;

	struct export export;
	bool export_due;
	bool export_wait; /* until every folder was looked at: what is left depends on that */
	struct client *clients;
	size_t news; /* heard from backends in this turn */
	bool drained; /* a turn brought nothing, since the last client asked */
	bool more; /* there is work: do not wait */
	bool leaving;
	int result;
	int rc; /* out of memory and the like, with the reason: */
	struct err *e;
};

/* ---- boxes.c ---- */

struct box *box_find(const struct watcher *w, const char *url);
int box_add(struct watcher *w, const struct watch_folder *conf, bool found, struct err *e);
/* Begin to watch; a scan follows unless it is known to look the same. */
int box_up(struct watcher *w, struct box *b, struct err *e);
/* Is what is watched still what the path leads to?  Of a rename further up nobody tells. */
bool box_in_place(const struct box *b);
void box_down(struct watcher *w, struct box *b); /* no more news of it; what was heard is kept */
/* Look again at those that were disturbed; forgets the found ones that are no more. */
void boxes_reopen(struct watcher *w);
void boxes_free(struct watcher *w);
/* Watch a directory by the best backend; -errno of the last. */
int backend_watch(struct watcher *w, const char *choice, unsigned id, const char *path,
                  struct backend **ret, struct err *e);
void backend_unwatch(struct watcher *w, struct backend *b, unsigned id);
void backends_close(struct watcher *w);

/* ---- roots.c ---- */

enum { ROOT_ID = 1 << 30 }; /* ids above are directories of roots */
int roots_init(struct watcher *w, struct err *e);
void roots_walk(struct watcher *w); /* those that need it */
void roots_news(struct watcher *w, unsigned id, enum backend_news news);
void roots_free(struct watcher *w);

/* ---- clients.c ---- */

void client_admit(struct watcher *w, int *fd);
bool clients_waiting(const struct watcher *w);
void clients_answer(struct watcher *w, const char *text);
void clients_free(struct watcher *w);

/* ---- seat.c ---- */

#define SEAT_RETRY_MIN (EVENT_SECOND / 20) /* how soon a writer that has died is tried again */
int seat_take(struct watcher *w, struct err *e);
void seat_leave(struct watcher *w);
void seat_lost(struct watcher *w, const char *why); /* it is taken again before long */
bool seat_commit(struct watcher *w); /* false: it was lost */

/* ---- serve.c ---- */

/* Try missing folders again, before long. */
void watcher_recheck(struct watcher *w);
/* Somebody waits: look now at what is otherwise looked at once in a while. */
void watcher_look_everywhere(struct watcher *w);

#endif

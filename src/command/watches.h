/* The watches of a home: what its config says, and the folders of mail_sync, which are watched
 * without being asked for.
 *
 *     [watch "maildir:/home/u/Mail/inbox"]
 *             state = import-rw       all that makes it a watch
 *             vmd = kw:flagged        for new messages; any number
 *             vmd = L:inbox
 *             recursive = true        Maildirs below it, too
 *             backend = auto          inotify, kqueue, poll
 *             resume = import-rw      what a paused one was before; "implicit": not in the config
 *
 * state and vmd are those of the original. */
#ifndef COMMAND_WATCHES_H
#define COMMAND_WATCHES_H

#include "cmd.h"

#include "../base/buf.h"
#include "../mail/keywords.h"
#include "../store/sync.h"
#include "../watch/watch.h"

#include <stdint.h>

#define WATCH_IMPLICIT "implicit"

struct watch_entry {
	char *section; /* the URL as the config has it; owned, as all strings here */
	char *url; /* where it leads */
	bool configured; /* else implicit */
	bool known; /* mail_sync has it */
	bool covered; /* implicit, and a recursive watch above it decides */
	struct watch_state state;
	bool recursive;
	kw_set kw;
	struct buf labels; /* NUL-separated, ended by "" */
	char *backend, *resume; /* NULL: not said */
	char *trouble; /* why it cannot be served; NULL */
	uint64_t files; /* in mail_sync */
};

struct watches { /* in order of URL */
	struct watch_entry *v;
	size_t n, cap;
};

/* Everything; a store that is not there yet has no folders.  An entry that is wrong has its trouble
 * told, and the others are none the worse. */
int watches_load(const struct cmd *c, const char *store_dir, struct watches *ret, struct err *e);
/* The pieces: what `git config -z --get-regexp ^watch\.` printed, then each folder, then the end. */
int watches_add_config(struct watches *w, const char *data, size_t len, struct err *e);
int watches_add_folder(struct watches *w, const struct sync_folder *f, struct err *e);
void watches_settle(struct watches *w);
void watches_free(struct watches *w);

struct watch_entry *watches_find(const struct watches *w, const char *url);
/* The recursive watch above `url` that is nearest; NULL. */
const struct watch_entry *watches_above(const struct watches *w, const char *url);
/* Is there anything for the watcher to do with it? */
bool watch_entry_active(const struct watch_entry *w);
/* For watch_serve; an array (NULL for none) whose strings are those of `w`. */
int watches_served(const struct watches *w, struct watch_folder **ret, size_t *ret_n,
                   struct err *e);

#endif

/* watch: Maildirs (one day: other folders) and the store kept in step, while nobody types.
 *
 * One process per configuration, forked by the daemon, so that the daemon itself never reads a
 * directory.  It serves a list of folders: what others do there becomes edits for the store's
 * writer; what happens in the store (its outbox) is written to the folders that want it.
 *
 * Nothing is believed on hearsay: an event names a file to look at, and a restart, an overflow or
 * anything else doubtful leads to a scan that compares the directory with mail_sync.  So a crash
 * at any point costs time, never a change. */
#ifndef WATCH_WATCH_H
#define WATCH_WATCH_H

#include "../base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct err;

/* What to do with new messages, and whether keywords are written back ("-rw"). */
enum watch_take { WATCH_PAUSE, WATCH_TAG, WATCH_INDEX, WATCH_IMPORT };
struct watch_state {
	enum watch_take take; /* TAG: only keywords of messages that the store has */
	bool write;
};
/* "pause", "import-ro", "import-rw", "index-ro", "index-rw", "tag-ro", "tag-rw"; -EINVAL. */
int watch_state_parse(const char *text, struct watch_state *ret);
const char *watch_state_name(struct watch_state st);

struct watch_folder {
	const char
	    *url; /* "maildir:/absolute/path" without a trailing slash; the backend is its scheme */
	struct watch_state state;
	bool
	    recursive; /* Maildirs below it, too, now and when they appear; new ones are made known */
	unsigned kw_set; /* +kw: and +L: for messages that it brings */
	const char *labels; /* NUL-separated, ended by ""; never NULL */
	const char *backend; /* "auto", "inotify", "kqueue", "poll" */
};

struct watch_setup {
	const char *store_dir; /* absolute */
	const struct watch_folder *folders; /* pausing ones may be left out */
	size_t nfolders;
	/* A connection to the store's writer (writer.h); asked again when the writer has died. */
	int (*connect)(void *rock, struct err *e);
	void *rock;
	FILE *log; /* what a person should know; a line each */
};

/* Serve until told otherwise by the door (a SOCK_SEQPACKET end; the daemon has the other):
 *     "reload"                 leave with WATCH_RELOAD; the caller reads the configuration again
 *     "client" + descriptor    a client of the barrier below
 *     end of file              finish what is begun and leave with WATCH_END
 * or -errno with the reason.  With nothing to watch it returns WATCH_IDLE at once. */
enum { WATCH_END, WATCH_RELOAD, WATCH_IDLE };
int watch_serve(const struct watch_setup *setup, int door, struct err *e);

/* The barrier, on a client's descriptor: wait until everything that had happened in the folders
 * before the call is in the store, durable, and everything that the store had for the folders is
 * written.  Scans when in doubt.  0, or -errno with the reason (e.g. what could not be written). */
int watch_barrier(int client, struct err *e);
/* The other side's answers to it, for tests of both. */
#define WATCH_SYNC "sync"
#define WATCH_OK "ok"
#define WATCH_ERROR "error "

/* ---- one folder, for commands that work without the watcher ----
 *
 * `conn`: to the store's writer, the caller's; nothing was put to it before, and nothing is put to it
 * afterwards. */

/* Compare a Maildir with mail_sync once: `take` what is new, note what is renamed or gone, apply
 * keyword changes.  Counts are added to ret. */
struct watch_counts {
	size_t seen, added, renamed, gone, changed, written;
	size_t failed; /* files that could not be read or renamed; each was logged */
};
int watch_scan(const struct watch_setup *setup, const struct watch_folder *f, int conn,
               struct watch_counts *ret, struct err *e);
/* Write the store's keywords to the files of a folder; `set`: exactly the store's (flags that only
 * the file has are cleared), else they are merged.  Renames only, never over an existing file. */
int watch_export(const struct watch_setup *setup, const char *url, bool set, int conn,
                 struct watch_counts *ret, struct err *e);

#endif

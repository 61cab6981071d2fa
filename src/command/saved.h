/* Saved searches.  Each is a directory below "$XDG_DATA_HOME/lei/csaved-searches", named after its output:
 *
 *   lei.saved-search   the search, in git's config syntax; a person may edit it
 *   delivered.sqlite3  what has been put into the output (store/delivered.h)
 *
 * Those of the original, in "saved-searches" beside, are only read.  Whoever runs or changes a search
 * holds its directory with flock. */
#ifndef COMMAND_SAVED_H
#define COMMAND_SAVED_H

#include "cmd.h"

#include "../base/buf.h"

#define SAVED_FILE "lei.saved-search"
#define SAVED_DELIVERED "delivered.sqlite3"

struct saved {
	struct buf dir; /* absolute */
	struct buf list; /* its settings as git lists them */
	const char *output; /* lei.q.output, "FORMAT:PATH"; in list; NULL where there is trouble */
	const char *path; /* in output */
	char *trouble; /* why it cannot be used; owned; NULL: it can */
};

struct saved_setting { /* points into list */
	const char *key; /* section and name in lower case, as "lei.q.limit"; not terminated */
	size_t key_len;
	const char *value; /* NULL: none, which means true */
};
/* The next one from *at, which starts as 0; false at the end. */
bool saved_next(const struct saved *s, size_t *at, struct saved_setting *ret);
bool saved_is(const struct saved_setting *set, const char *key);

enum saved_whose { SAVED_OURS, SAVED_ORIGINAL };
/* The directory that has them all; it need not be there. */
int saved_top(const struct cmd *c, enum saved_whose whose, struct buf *out, struct err *e);
/* Where the search with output `path` is, or would be. */
int saved_dir(const struct cmd *c, enum saved_whose whose, const char *path, struct buf *out,
              struct err *e);

/* The one in `dir`.  -ENOENT: there is none. */
int saved_load(const char *dir, struct saved *ret, struct err *e);
/* The same of another file in its directory. */
int saved_load_as(const char *dir, const char *file, struct saved *ret, struct err *e);
void saved_free(struct saved *s);
/* The one whose output is what a person calls `arg`: a path, perhaps with its format before it, by
 * whatever links it leads; perhaps with trouble.  -ENOENT: there is none. */
int saved_find(const struct cmd *c, enum saved_whose whose, const char *arg, struct saved *ret,
               struct err *e);

struct saved_list {
	struct saved *v; /* in order of output; those with trouble come last */
	size_t n, cap;
};
int saved_load_all(const struct cmd *c, enum saved_whose whose, struct saved_list *ret,
                   struct err *e);
void saved_list_free(struct saved_list *l);

/* Hold the directory of a search (made when absent, if `make`) until *ret is closed.  Waits for
 * others.  -ENOENT. */
int saved_hold(const char *dir, bool make, int *ret, struct err *e);
/* A file in the directory comes into being, or another content, at once and durably. */
int saved_put(const char *dir, const char *file, const struct buf *text, struct err *e);
/* No search any more, and nothing of it.  The directory is held; it goes, too. */
int saved_remove(const char *dir, struct err *e);

#endif

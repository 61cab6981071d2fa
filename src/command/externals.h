/* Externals: stores beside our own that are searched, too.  Each is a section of lei's config:
 *
 *   [external "LOCATION"]
 *           boost = NUMBER */
#ifndef COMMAND_EXTERNALS_H
#define COMMAND_EXTERNALS_H

#include "cmd.h"

#include "../base/buf.h"

struct external {
	char *location; /* a path, or a URL */
	int64_t boost;
};

struct externals {
	struct external *v; /* owned, as each location */
	size_t n, cap;
};

/* Those of the config and of -c: the highest boost first, then by name. */
int externals_load(const struct cmd *c, struct externals *ret, struct err *e);
int externals_add(struct externals *x, const char *location, int64_t boost, struct err *e);
void externals_free(struct externals *x);
const struct external *externals_find(const struct externals *x, const char *location);

/* A location as the config has it: absolute and without slashes too many; a URL ends in one. */
int external_location(const char *arg, struct buf *out, struct err *e);
/* Needs it a network? */
bool external_is_remote(const char *location);

/* What -O, -I and --exclude mean by `arg`, added to `ret`: a path that is there, all that a pattern fits,
 * the last part of one external's name, or a location (`only_known`: of one of them).  -ENOENT, -EEXIST
 * when several have that name. */
int externals_choose(const struct cmd *c, const struct externals *known, const char *arg,
                     bool only_known, struct externals *ret, struct err *e);

/* Which externals a FILTER means (NULL: every one). */
struct external_filter {
	struct filter *pattern; /* owned; NULL: by name */
	const char *name;
};
int external_filter_init(struct external_filter *f, const char *text, bool plain, struct err *e);
void external_filter_done(struct external_filter *f);
bool external_filter_fits(const struct external_filter *f, const char *location);

/* Offer locations, and names that only one of them ends in, for completion. */
void externals_offer(const struct cmd *c, bool names, void (*offer)(void *rock, const char *word),
                     void *rock);

#endif

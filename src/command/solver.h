/* Blobs out of git repositories, and out of patches in mail where these lead from one blob to
 * another. */
#ifndef COMMAND_SOLVER_H
#define COMMAND_SOLVER_H

#include "cmd.h"
#include "scratch.h"
#include "searched.h"

#include "../base/buf.h"

struct solver {
	struct cmd *c;
	struct buf gits; /* directories, absolute, each ended by a NUL */
	struct scratch scratch;
	struct searched mail; /* where patches are looked for */
	bool has_mail;
	bool quiet; /* no feedback; set by the caller */
	bool asked; /* what is wrong with a repository was told */
	/* Texts in which patches are looked for first, each ended by a NUL; those of rediff's message. */
	struct buf texts;
	unsigned long count; /* of directories made so far */
};

struct hints { /* each may be NULL */
	const char *oid_a, *path_a, *path_b;
};

struct solved {
	struct buf git; /* the directory of the repository that has it */
	char oid[65]; /* whole */
	char type[16];
	unsigned long long size;
};

/* The repositories that --git-dir and --cwd name; none at all is an error. */
int solver_open(struct cmd *c, struct solver *ret, struct err *e);
void solver_close(struct solver *s); /* of a zeroed one, too */

/* Find or make it: 1, 0 when that cannot be done.  `want` may be any name of an object that git knows,
 * but only an id is looked for in mail. */
int solver_solve(struct solver *s, const char *want, const struct hints *h, struct solved *ret,
                 struct err *e);
/* The directory of a bare repository, empty but for the objects of all others, new in the scratch
 * directory. */
int solver_make_git(struct solver *s, struct buf *ret, struct err *e);

#endif

/* A text with patches, and the same text with these made again by git diff. */
#ifndef COMMAND_REDIFF_H
#define COMMAND_REDIFF_H

#include "cmd.h"
#include "solver.h"

struct rediff_file; /* one that a patch changes */

struct rediff {
	struct cmd *c;
	struct solver solver;
	struct buf options; /* of git diff, each ended by a NUL */
	const struct buf *prefix; /* before each line that is written; NULL: nothing */
	bool mid_line; /* the last line that was written has not ended */
	bool quiet;
	int status; /* the first of git diff that is not 0; 1 when a blob could not be had */
	struct rediff_file *files; /* of the patches at hand */
	size_t n, cap;
	struct err *e;
};

/* A text whose patches may make blobs that others need. */
int rediff_know(struct rediff *r, const char *text, size_t len);
/* Write the text; patches follow each other without anything between them as one diff. */
int rediff_text(struct rediff *r, const char *text, size_t len);
/* Write as it is, but for the prefix. */
int rediff_write(struct rediff *r, const char *p, size_t len);
void rediff_close(struct rediff *r);

#endif

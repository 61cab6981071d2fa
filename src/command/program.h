/* Running git and other programs, each as a child of the worker: what stops or ends the worker's group reaches it, too. */
#ifndef COMMAND_PROGRAM_H
#define COMMAND_PROGRAM_H

#include "../base/buf.h"

struct err;

struct program {
	const char *const *argv; /* "git", ...; ended by NULL */
	const char *dir; /* where it runs; NULL: here */
	const char *const
	    *env; /* pairs of name and value, or NULL to unset; ended by NULL; may be NULL */
	const struct buf *in; /* its standard input; NULL: ours */
	struct buf *out; /* what it writes is appended; NULL: our standard output */
	struct buf *err; /* likewise; NULL: our standard error; may be `out` */
	bool quiet; /* what it says goes nowhere */
};
/* Wait for it: its exit status, 128 and a signal, or -errno when it could not be run. */
int program_run(const struct program *p, struct err *e);

#endif

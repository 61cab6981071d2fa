/* A search from its options to its output: what q does, and lcat. */
#ifndef COMMAND_Q_RUN_H
#define COMMAND_Q_RUN_H

#include "cmd.h"
#include "q_out.h"

struct q_ask {
	const char *text; /* the query; NULL: nothing is searched for */
	const char *format; /* unless --format or --output says; NULL: as q does */
	enum search_sort sort; /* unless --sort says */
	bool threads; /* as --threads */
	/* Put out, before what the search finds, what is asked for in another way, and say which of
	 * the hits that was; NULL: nothing is. */
	int (*first)(void *rock, struct q_out *out);
	bool (*was_first)(void *rock, const struct hit *h);
	void *rock;
	const char *saved; /* directory of the saved search that this repeats, held; NULL: none */
};

/* The exit status.  Everything else is in the options. */
int q_run(struct cmd *c, const struct q_ask *ask);

#endif

/* lei ls-label: the labels in use. */
#include "config.h"

#include "../store/search.h"

#include <errno.h>
#include <inttypes.h>

struct listing {
	FILE *out;
	bool stats;
	char end;
};

static int print(void *rock, const char *label, uint64_t messages)
{
	const struct listing *l = rock;
	if (l->stats)
		fprintf(l->out, "%7" PRIu64 " ", messages);
	fprintf(l->out, "%s%c", label, l->end);
	return 0;
}

int cmd_ls_label(struct cmd *c)
{
	struct listing l = { .out = c->call->out,
		             .stats = option_on(&c->inv, OPT_STATS, false),
		             .end = option_on(&c->inv, OPT_NUL, false) ? '\0' : '\n' };
	struct err e = { .text = "" };
	struct buf dir = { 0 };
	struct store *s = NULL;
	int rc = store_place(c, &dir, &e);
	if (rc == 0)
		rc = store_open(dir.data, &s, &e);
	if (rc == 0)
		rc = store_labels(s, print, &l, &e);
	store_close(s);
	buf_free(&dir);
	return rc < 0 && rc != -ENOENT ? cmd_fail_err(c, &e) : 0; /* no store, no labels */
}

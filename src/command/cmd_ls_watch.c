/* lei ls-watch: what is watched. */
#include "config.h"
#include "filter.h"
#include "watches.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct listing {
	struct cmd *c;
	struct filter *filters; /* owned array */
	size_t nfilters;
	bool brief; /* URLs only, and only of what the config has */
	char end;
};

static int read_filters(struct listing *l, struct err *e)
{
	const struct invocation *inv = &l->c->inv;
	int rc = 0;
	l->filters = calloc(inv->nargs + 1, sizeof(*l->filters));
	if (l->filters == NULL)
		return err_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < inv->nargs && rc == 0; i++) {
		rc = filter_compile(inv->args[i], false, &l->filters[i], e);
		l->nfilters += rc == 0 ? 1 : 0;
	}
	return rc;
}

static bool is_listed(const struct listing *l, const struct watch_entry *we)
{
	bool fits = l->nfilters == 0;
	for (size_t i = 0; i < l->nfilters && !fits; i++)
		fits = filter_fits(&l->filters[i], we->section);
	return fits && (we->configured || !l->brief);
}

static void print_long(const struct listing *l, size_t number, const struct watch_entry *we)
{
	char state[64];
	const char *was = we->state.take == WATCH_PAUSE ? we->resume : NULL;
	snprintf(state, sizeof(state), "%s%s%s%s",
	         we->trouble != NULL ? "not-served" : watch_state_name(we->state),
	         was != NULL ? "(" : "", was != NULL ? was : "", was != NULL ? ")" : "");
	fprintf(l->c->call->out, "%3zu %-17s %-10s %-9s %-7s %8" PRIu64 " %s%c", number, state,
	        we->covered      ? "covered"
	        : we->configured ? "configured"
	                         : WATCH_IMPLICIT,
	        we->recursive ? "recursive" : "-", we->backend != NULL ? we->backend : "auto",
	        we->files, we->section, l->end);
}

/* The rest is listed all the same. */
static int list(const struct listing *l, const struct watches *w)
{
	int status = 0;
	for (size_t i = 0; i < w->n; i++) {
		const struct watch_entry *we = &w->v[i];
		if (!is_listed(l, we))
			continue;
		if (l->brief)
			fprintf(l->c->call->out, "%s%c", we->section, l->end);
		else
			print_long(l, i + 1, we);
		if (we->trouble != NULL)
			status = cmd_fail(l->c, "%s: %s", we->section, we->trouble);
	}
	return status;
}

int cmd_ls_watch(struct cmd *c)
{
	struct listing l = { .c = c,
		             .brief = !option_on(&c->inv, OPT_LONG, false),
		             .end = option_on(&c->inv, OPT_NUL, false) ? '\0' : '\n' };
	struct buf store = { 0 };
	struct watches w = { 0 };
	struct err e = { .text = "" };
	int rc = read_filters(&l, &e);
	if (rc == 0)
		rc = store_place(c, &store, &e);
	if (rc == 0)
		rc = watches_load(c, store.data, &w, &e);
	int status = rc < 0 ? cmd_fail_err(c, &e) : list(&l, &w);
	for (size_t i = 0; i < l.nfilters; i++)
		filter_free(&l.filters[i]);
	free(l.filters);
	watches_free(&w);
	buf_free(&store);
	return status;
}

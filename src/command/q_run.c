/* See q_run.h. */
#include "q_run.h"

#include "alert.h"
#include "config.h"
#include "q_out.h"
#include "searched.h"
#include "terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum { DEFAULT_LIMIT = 10000 };

struct search {
	struct cmd *c;
	const struct q_ask *ask;
	struct dest dest;
	struct search_opts opts;
	struct query *query;
	struct searched searched;
	struct q_saved saved;
	struct text_out text; /* how it would look */
	uint64_t lost; /* messages that were found, but not had */
};

static int read_options(struct search *s, struct err *e)
{
	const struct invocation *inv = &s->c->inv;
	const char *sort = option_text(inv, OPT_SORT);
	s->opts = (struct search_opts){ .sort = s->ask->sort,
		                        .reverse = option_on(inv, OPT_REVERSE, false),
		                        .limit = option_number(inv, OPT_LIMIT, DEFAULT_LIMIT),
		                        .offset = option_number(inv, OPT_OFFSET, 0),
		                        .threads = s->ask->threads ||
		                                   option_on(inv, OPT_THREADS, false) };
	if (sort != NULL && strcasecmp(sort, "relevance") == 0)
		s->opts.sort = SORT_RELEVANCE;
	else if (sort != NULL && strcasecmp(sort, "docid") == 0)
		s->opts.sort = SORT_DOCID;
	if (s->opts.limit < 0 || s->opts.offset < 0)
		return err_set(e, -EINVAL, "--%s must not be negative",
		               s->opts.limit < 0 ? "limit" : "offset");
	const char *output = option_text(inv, OPT_OUTPUT), *format = option_text(inv, OPT_FORMAT);
	return dest_parse(output, format == NULL && output == NULL ? s->ask->format : format,
	                  "format", &s->dest, e);
}

/* A mail reader may open a Maildir while it fills, but not before it is there; an mbox only when it
 * is complete. */
static int start_mua(const struct search *s, struct err *e)
{
	const char *mua = option_text(&s->c->inv, OPT_MUA);
	return mua != NULL ? mua_start(s->c, mua, s->dest.shown.data, e) : 0;
}

struct finding {
	const struct q_ask *ask;
	struct q_out *out;
};

static int take_hit(void *rock, const struct hit *h)
{
	struct finding *f = rock;
	const struct q_ask *ask = f->ask;
	return ask->was_first != NULL && ask->was_first(ask->rock, h) ? 0 : q_out_hit(f->out, h);
}

static int search(struct search *s, bool pretty, struct err *e)
{
	struct q_out out = {
		.c = s->c, .dest = &s->dest, .pretty = pretty, .text = s->text, .e = e
	};
	out.saved = s->saved.dir.len > 0 ? &s->saved : NULL;
	struct search_opts opts = s->opts;
	out.cap = opts.limit;
	if (option_last(&s->c->inv, OPT_LIMIT) == NULL)
		opts.limit++; /* to see whether the default cut something off */
	bool with_blob = s->dest.kind == DEST_MAIL || dest_is_text(&s->dest);
	int rc = q_out_begin(&out);
	if (rc == 0 && s->dest.format == MAIL_MAILDIR)
		rc = start_mua(s, e);
	if (rc == 0)
		rc = searched_look_again(&s->searched, e);
	out.store = searched_own(&s->searched);
	out.searched = &s->searched;
	if (rc == 0 && s->ask->first != NULL)
		rc = s->ask->first(s->ask->rock, &out);
	if (rc == 0 && s->query != NULL)
		rc = searched_find(&s->searched, s->query, &opts, with_blob, take_hit,
		                   &(struct finding){ s->ask, &out }, e);
	int end = q_out_end(&out, rc < 0);
	s->lost = out.lost;
	return rc < 0 ? rc : end;
}

/* "SEARCH,WRITE", either of them left out: we do with one process, but know what is a number. */
static int check_jobs(const struct search *s, struct err *e)
{
	const char *jobs = option_text(&s->c->inv, OPT_Q_JOBS), *p = jobs;
	if (p == NULL)
		return 0;
	for (int side = 0; side < 2; side++) {
		size_t digits = strspn(p, "0123456789");
		bool none = digits == 0 && side == 0;
		if (!none && (digits == 0 || *p == '0'))
			break;
		p += digits;
		if (*p == '\0')
			return 0;
		if (*p++ != ',')
			break;
	}
	return err_set(e, -EINVAL, "--jobs=%s: not a number of processes", jobs);
}

/* What would only show when everything is written. */
static int check_programs(const struct search *s, struct err *e)
{
	const char *mua = option_text(&s->c->inv, OPT_MUA);
	char *mem, **argv;
	if (mua != NULL && s->dest.path == NULL)
		return err_set(e, -EINVAL, "--mua needs --output=PATH");
	if (mua != NULL && s->dest.kind != DEST_MAIL)
		return err_set(e, -EINVAL, "--mua needs a Maildir or mbox");
	int rc = mua != NULL ? mua_words(mua, "", &mem, &argv, e) : 0;
	if (mua != NULL && rc == 0)
		free(mem);
	if (rc == 0)
		rc = check_jobs(s, e);
	return rc == 0 ? alerts_check(s->c, e) : rc;
}

static int search_and_read(struct search *s, struct err *e)
{
	bool tty = s->dest.path == NULL && isatty(STDOUT_FILENO);
	int rc = text_out_prepare(&s->text, s->c, &s->dest, e);
	if (rc == 0 && tty)
		rc = pager_start(s->c, e);
	if (rc == 0)
		rc = search(s, option_on(&s->c->inv, OPT_PRETTY, tty), e);
	if (rc == 0 && s->dest.format != MAIL_MAILDIR)
		rc = start_mua(s, e);
	return rc == 0 ? alerts_run(s->c, option_text(&s->c->inv, OPT_MUA) != NULL, e) : rc;
}

int q_run(struct cmd *c, const struct q_ask *ask)
{
	struct search s = { .c = c, .ask = ask, .saved = { .held = -1 } };
	struct err e = { .text = "" };
	int rc = read_options(&s, &e);
	if (rc == 0)
		rc = check_programs(&s, &e);
	if (rc == 0 && ask->text != NULL)
		rc = query_compile(ask->text, time(NULL), &s.query, &e);
	if (rc == 0)
		rc = searched_open(c, &s.searched, &e);
	if (rc == 0)
		rc = q_saved_open(&s.saved, c, &s.dest, c->inv.nargs == 0 ? ask->text : NULL,
		                  ask->saved, &e);
	if (rc == 0)
		rc = search_and_read(&s, &e);
	q_saved_close(&s.saved);
	bool all = s.lost == 0 && s.searched.failed == 0;
	query_free(s.query);
	searched_close(&s.searched);
	dest_free(&s.dest);
	return rc < 0 ? cmd_fail_err(c, &e) : all ? 0 : 1;
}

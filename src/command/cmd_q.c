/* lei q: search, and write what was found. */
#include "q_run.h"
#include "q_words.h"

#include <errno.h>
#include <unistd.h>

static int read_query(const struct invocation *inv, struct buf *text, struct err *e)
{
	bool asked = option_on(inv, OPT_STDIN, false);
	if (asked && inv->nargs > 0)
		return err_set(e, -EINVAL, "no query on the command line with --stdin");
	if (!asked && inv->nargs == 0 && !query_on_stdin())
		return err_set(e, -EINVAL, "no query: give SEARCH_TERMS or use --stdin");
	return inv->nargs > 0 ? query_join(inv->args, inv->nargs, text, e)
	                      : query_read(STDIN_FILENO, text, e);
}

int cmd_q(struct cmd *c)
{
	struct buf text = { 0 };
	struct err e = { .text = "" };
	struct q_ask ask = { .sort = SORT_RECEIVED };
	int rc = read_query(&c->inv, &text, &e);
	if (rc == 0)
		ask.text = buf_cstr(&text);
	int status = rc < 0 ? cmd_fail_err(c, &e) : q_run(c, &ask);
	buf_free(&text);
	return status;
}

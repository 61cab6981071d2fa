/* lei import: mail from anywhere into the store, durable when we say so.  lei index: the same, but the
 * bytes stay in the Maildir. */
#include "importer.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

/* Every input, even after one that could not be read to its end.  Returns how many failed. */
static size_t read_all(struct importer *im, const struct inputs *in)
{
	size_t failed = 0;
	for (size_t i = 0; i < in->n && !im->broken; i++) {
		struct err e = { .text = "" };
		if (importer_read(im, in, i, &e) == 0)
			continue;
		failed++;
		cmd_fail_err(im->c, &e);
	}
	return failed;
}

static void tell(const struct importer *im, const struct store_counts *n, size_t failed)
{
	const struct cmd *c = im->c;
	const char *what = im->marks.index_only ? "indexed" : "imported";
	if (failed > 0)
		fprintf(c->call->err,
		        "lei: %s: what could be read is stored: %" PRIu64 " messages, %" PRIu64
		        " of them new\n",
		        c->inv.def->name, n->seen, n->added);
	else if (isatty(STDERR_FILENO) || option_on(&c->inv, OPT_VERBOSE, false))
		cmd_note(c,
		         "%s %" PRIu64 " messages (%.1f MB): %" PRIu64 " new, %" PRIu64
		         " already there",
		         what, n->seen, (double)im->bytes / 1e6, n->added, n->duplicate);
}

static int import_all(struct importer *im, const struct inputs *in)
{
	struct err e = { .text = "" };
	struct store_counts counts = { 0 };
	size_t failed = read_all(im, in);
	if (im->broken) { /* the reason is told; say what it means */
		importer_abort(im);
		return cmd_fail(im->c, "stopped after %" PRIu64 " messages, not all are stored",
		                im->count);
	}
	if (importer_finish(im, &counts, &e) < 0)
		return cmd_fail_err(im->c, &e);
	tell(im, &counts, failed);
	return failed > 0 ? 1 : 0;
}

static int64_t jobs_of(const struct cmd *c)
{
	int64_t jobs = option_number(&c->inv, OPT_JOBS, (int64_t)pool_cpus());
	return jobs > POOL_MAX ? POOL_MAX : jobs;
}

/* Only a Maildir gives back what it has by the name of a file. */
static int check_folders(const struct inputs *in, struct err *e)
{
	struct buf url = { 0 };
	int rc = 0;
	for (size_t i = 0; i < in->n && rc == 0; i++) {
		buf_reset(&url);
		rc = inputs_folder(in, i, &url, e);
		if (rc == 0 && url.len == 0)
			rc = err_set(e, -EINVAL,
			             "%s: only mail in a Maildir can be indexed where it is; "
			             "use lei import",
			             in->paths[i]);
	}
	buf_free(&url);
	return rc;
}

static int import_or_index(struct cmd *c, bool index_only)
{
	struct inputs in = { 0 };
	struct err e = { .text = "" };
	int64_t jobs = jobs_of(c);
	if (jobs < 1)
		return cmd_fail(c, "--jobs must be at least 1");
	if (option_on(&c->inv, OPT_NEW_ONLY, false))
		cmd_note(c, "--new-only is for IMAP alone");
	int rc = inputs_prepare(c, MARKS_ADD, &in, &e);
	if (rc == 0 && index_only)
		rc = check_folders(&in, &e);
	struct importer im = { .c = c,
		               .marks = { .kw = in.kw,
		                          .take_kw = option_on(&c->inv, OPT_KW, true),
		                          .labels = in.labels.data,
		                          .index_only = index_only },
		               .sync = option_on(&c->inv, OPT_MAIL_SYNC, true),
		               .jobs = jobs };
	if (rc == 0)
		rc = importer_open(&im, &e);
	int status = rc < 0 ? cmd_fail_err(c, &e) : import_all(&im, &in);
	inputs_free(&in);
	return status;
}

int cmd_import(struct cmd *c)
{
	return import_or_index(c, false);
}

int cmd_index(struct cmd *c)
{
	return import_or_index(c, true);
}

/* lei mail-diff: what differs between the first message and each of the others, part by part. */
#include "diff_options.h"
#include "inputs.h"
#include "program.h"
#include "scratch.h"
#include "terminal.h"

#include "../mail/message.h"
#include "../mail/message_explain.h"
#include "../mail/message_leaf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct mail_diff {
	struct cmd *c;
	struct scratch scratch;
	struct buf options;
	bool heads; /* the header of the message, too */
	unsigned long count; /* messages so far */
	int status;
	char dir[32]; /* in the scratch directory, of the message at hand */
	struct err *e;
};

static int put(struct mail_diff *d, const char *name, const char *suffix, const char *data,
               size_t len)
{
	struct buf path = { 0 };
	buf_addf(&path, "%s/%s%s", d->dir, name, suffix);
	int rc = scratch_put(&d->scratch, buf_cstr(&path), data, len, d->e);
	buf_free(&path);
	return rc;
}

static int put_part(void *rock, const struct leaf *l)
{
	struct mail_diff *d = rock;
	int rc = 0;
	if (strcmp(l->index, "1") != 0 || d->heads)
		rc = put(d, l->index, ".hdr", l->head, l->head_len);
	return rc < 0 ? rc : put(d, l->index, l->is_text ? ".txt" : ".bin", l->body, l->len);
}

static int put_mail(struct mail_diff *d, const struct raw_mail *m)
{
	struct buf text = { 0 };
	err_put(d->e, "out of memory"); /* unless another reason is told */
	int rc = message_leaves(m->raw, m->raw_len, put_part, d);
	if (rc == 0)
		rc = message_explain(m->raw, m->raw_len, &text);
	if (rc == 0)
		rc = put(d, "content_digest", "", text.data, text.len);
	buf_free(&text);
	return rc;
}

static int show(struct mail_diff *d)
{
	static const char *const before[] = { "git", "diff", "--no-index", NULL };
	const char *after[] = { "--", "a", d->dir, NULL };
	const char **argv = diff_argv(before, &d->options, after);
	if (argv == NULL)
		return err_set(d->e, -ENOMEM, "out of memory");
	int rc = program_run(&(struct program){ .argv = argv, .dir = d->scratch.path.data }, d->e);
	free(argv);
	if (rc > 0 && d->status == 0)
		d->status = rc;
	return rc < 0 ? rc : 0;
}

static int take_mail(void *rock, const struct raw_mail *m, struct err *e)
{
	struct mail_diff *d = rock;
	bool first = d->count++ == 0;
	d->e = e;
	snprintf(d->dir, sizeof(d->dir), first ? "a" : "N%lu", d->count - 1);
	int rc = put_mail(d, m);
	if (rc < 0 || first)
		return rc;
	rc = show(d);
	struct buf path = { 0 };
	buf_addf(&path, "%s/%s", d->scratch.path.data, d->dir);
	if (buf_cstr(&path), buf_ok(&path))
		remove_tree(path.data);
	buf_free(&path);
	return rc;
}

static int diff_all(struct mail_diff *d, struct err *e)
{
	struct inputs in = { 0 };
	uint64_t count;
	bool tty = isatty(STDOUT_FILENO);
	int rc = inputs_prepare(d->c, MARKS_NONE, &in, e);
	diff_options(d->c, diff_color(d->c, tty), &d->options);
	if (rc == 0 && !buf_ok(&d->options))
		rc = err_set(e, -ENOMEM, "out of memory");
	if (rc == 0)
		rc = scratch_open(d->c, &d->scratch, e);
	if (rc == 0 && tty)
		rc = pager_start(d->c, e);
	for (size_t i = 0; i < in.n && rc == 0; i++)
		rc = inputs_read(&in, i, take_mail, d, &count, e);
	inputs_free(&in);
	return rc;
}

int cmd_mail_diff(struct cmd *c)
{
	struct mail_diff d = { .c = c, .heads = option_on(&c->inv, OPT_RAW_HEADER, false) };
	struct err e = { .text = "" };
	message_setup();
	int rc = diff_all(&d, &e);
	scratch_close(&d.scratch);
	buf_free(&d.options);
	return rc < 0 ? cmd_fail_err(c, &e) : d.status;
}

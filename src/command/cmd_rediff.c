/* lei rediff: mail with its patches made again, with other options of git diff. */
#include "diff_options.h"
#include "inputs.h"
#include "program.h"
#include "rediff.h"
#include "terminal.h"

#include "../base/io.h"
#include "../mail/message.h"
#include "../mail/message_leaf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct whole { /* a command */
	struct rediff r;
	unsigned levels; /* of "> " to take off */
	bool again; /* and to put back */
	bool first; /* the parts are read for what they have, and nothing is written yet */
};

/* "> " `levels` times at the beginning of a line: its length, or 0. */
static size_t prefix_length(const char *p, size_t len, unsigned levels)
{
	size_t at = 0;
	for (unsigned i = 0; i < levels; i++) {
		while (at < len && (p[at] == ' ' || p[at] == '\t'))
			at++;
		if (len - at < 2 || p[at] != '>' || p[at + 1] != ' ')
			return 0;
		at += 2;
	}
	return at;
}

/* Text without its quote marks; *ret_prefix: those of the last line that had them. */
static void dequote(const char *text, size_t len, unsigned levels, struct buf *out,
                    struct buf *ret_prefix)
{
	while (len > 0) {
		const char *nl = memchr(text, '\n', len);
		size_t n = nl != NULL ? (size_t)(nl - text) + 1 : len;
		size_t cut = prefix_length(text, n, levels);
		if (cut > 0) {
			buf_reset(ret_prefix);
			buf_add(ret_prefix, text, cut);
		}
		buf_add(out, text + cut, n - cut);
		text += n;
		len -= n;
	}
}

static int take_part(void *rock, const struct leaf *l)
{
	struct whole *w = rock;
	struct buf plain = { 0 }, prefix = { 0 };
	const char *text = l->body;
	size_t len = l->len;
	int rc = 0;
	if (l->is_text && w->levels > 0) {
		dequote(text, len, w->levels, &plain, &prefix);
		text = plain.len > 0 ? plain.data : "";
		len = plain.len;
	}
	if (!buf_ok(&plain) || !buf_ok(&prefix))
		rc = err_set(w->r.e, -ENOMEM, "out of memory");
	else if (w->first && l->is_text)
		rc = rediff_know(&w->r, text, len);
	else if (!w->first) {
		rc = rediff_write(&w->r, l->head, l->head_len);
		if (rc == 0)
			rc = rediff_write(&w->r, "\n", 1);
		if (w->again)
			w->r.prefix = &prefix;
		if (rc == 0 && l->is_text)
			rc = rediff_text(&w->r, text, len);
		w->r.prefix = NULL;
	}
	buf_free(&plain);
	buf_free(&prefix);
	return rc;
}

static int take_mail(void *rock, const struct raw_mail *m, struct err *e)
{
	struct whole *w = rock;
	w->r.e = e;
	buf_reset(&w->r.solver.texts);
	for (int pass = 0; pass < 2; pass++) {
		w->first = pass == 0;
		err_put(e, "out of memory"); /* unless another reason is told */
		int rc = message_leaves(m->raw, m->raw_len, take_part, w);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int read_options(struct whole *w, struct err *e)
{
	const struct invocation *inv = &w->r.c->inv;
	const struct option_value *drq = option_last(inv, OPT_DRQ),
				  *only = option_last(inv, OPT_DEQUOTE_ONLY);
	if (drq != NULL && only != NULL)
		return err_set(e, -EINVAL, "--drq and --dequote-only exclude each other");
	const struct option_value *v = drq != NULL ? drq : only;
	if (v != NULL)
		w->levels = *v->text != '\0' ? (unsigned)strtoul(v->text, NULL, 10) : 1;
	w->again = drq != NULL;
	w->r.quiet = drq != NULL && !option_on(inv, OPT_VERBOSE, false);
	diff_options(w->r.c, diff_color(w->r.c, isatty(STDOUT_FILENO)), &w->r.options);
	return buf_ok(&w->r.options) ? 0 : err_set(e, -ENOMEM, "out of memory");
}

static int rediff_all(struct whole *w, struct err *e)
{
	struct cmd *c = w->r.c;
	struct inputs in = { 0 };
	uint64_t count;
	int rc = read_options(w, e);
	if (rc == 0)
		rc = inputs_prepare_patches(c, NULL, &in, e);
	if (rc == 0)
		rc = solver_open(c, &w->r.solver, e);
	w->r.solver.quiet = w->r.quiet;
	if (rc == 0 && isatty(STDOUT_FILENO))
		rc = pager_start(c, e);
	for (size_t i = 0; i < in.n && rc == 0; i++)
		rc = inputs_read(&in, i, take_mail, w, &count, e);
	inputs_free(&in);
	return rc;
}

int cmd_rediff(struct cmd *c)
{
	struct whole w = { .r.c = c };
	struct err e = { .text = "" };
	message_setup();
	int rc = rediff_all(&w, &e);
	solver_close(&w.r.solver);
	rediff_close(&w.r);
	return rc < 0 ? cmd_fail_err(c, &e) : w.r.status;
}

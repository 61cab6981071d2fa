/* lei convert: mail in one format to mail in another; no store takes part. */
#include "dest.h"
#include "inputs.h"
#include "text_out.h"

#include <errno.h>
#include <inttypes.h>

struct convert {
	struct cmd *c;
	struct inputs in;
	struct dest dest;
	struct mail_writer *out; /* one of these, by dest.kind */
	struct text_out text;
	bool take_kw, broken; /* broken: the output failed, so reading on has no use */
	uint64_t count;
};

static int put_text(struct convert *cv, const struct raw_mail *m, kw_set kw, struct err *e)
{
	const struct text_mail mail = {
		.raw = m->raw, .len = m->raw_len, .pct = -1, .kw = kw, .labels = ""
	};
	return text_out_put(&cv->text, &mail, e);
}

static int take_mail(void *rock, const struct raw_mail *m, struct err *e)
{
	struct convert *cv = rock;
	kw_set kw = cv->take_kw ? m->kw : 0;
	const struct out_mail mail = { .data = m->raw, .len = m->raw_len, .kw = kw };
	int rc = cv->out != NULL ? mail_writer_put(cv->out, &mail, e) : put_text(cv, m, kw, e);
	cv->count += rc == 0;
	cv->broken = rc != 0;
	return rc;
}

static int open_output(struct convert *cv, struct err *e)
{
	const struct writer_opts how = {
		.mode = WRITER_APPEND,
		.lock = &cv->in.lock,
		.rsyncable = option_on(&cv->c->inv, OPT_RSYNCABLE, false),
	};
	if (!dest_is_text(&cv->dest))
		return dest_open(&cv->dest, &how, &cv->out, e);
	int rc = text_out_prepare(&cv->text, cv->c, &cv->dest, e);
	return rc == 0 ? text_out_open(&cv->text, &how, e) : rc;
}

static int close_output(struct convert *cv, struct err *e)
{
	int rc = cv->out != NULL ? mail_writer_close(cv->out, e) : text_out_close(&cv->text, e);
	cv->out = NULL;
	return rc;
}

static int prepare(struct convert *cv, struct err *e)
{
	const struct invocation *inv = &cv->c->inv;
	const char *output = option_text(inv, OPT_OUTPUT),
		   *format = option_text(inv, OPT_OUT_FORMAT);
	int rc = dest_parse(output, format, "out-format", &cv->dest, e);
	if (rc < 0)
		return rc;
	if (cv->dest.kind != DEST_MAIL && !dest_is_text(&cv->dest))
		return err_set(e, -EINVAL, "name a mail destination: --output=FORMAT:PATH");
	rc = inputs_prepare(cv->c, MARKS_NONE, &cv->in, e);
	if (rc < 0)
		return rc;
	cv->take_kw = option_on(inv, OPT_KW, true);
	return open_output(cv, e);
}

/* All inputs; what was read before a fault is kept, as with import. */
static int convert_all(struct convert *cv)
{
	struct err e = { .text = "" };
	int status = 0;
	for (size_t i = 0; i < cv->in.n && !cv->broken; i++) {
		uint64_t count = 0;
		if (inputs_read(&cv->in, i, take_mail, cv, &count, &e) != 0)
			status = cmd_fail_err(cv->c, &e);
	}
	if (!cv->broken && close_output(cv, &e) < 0)
		status = cmd_fail_err(cv->c, &e);
	if (status == 0)
		cmd_note(cv->c, "converted %" PRIu64 " messages", cv->count);
	return status;
}

int cmd_convert(struct cmd *c)
{
	struct convert cv = { .c = c };
	struct err e = { .text = "" };
	int status = prepare(&cv, &e) < 0 ? cmd_fail_err(c, &e) : convert_all(&cv);
	mail_writer_abort(cv.out);
	text_out_free(&cv.text);
	inputs_free(&cv.in);
	dest_free(&cv.dest);
	return status;
}

/* lei convert: mail in one format to mail in another; no store takes part. */
#include "dest.h"
#include "inputs.h"

#include <errno.h>
#include <inttypes.h>

struct convert {
	struct cmd *c;
	struct inputs in;
	struct dest dest;
	struct mail_writer *out;
	bool take_kw, broken; /* broken: the output failed, so reading on has no use */
	uint64_t count;
};

static int take_mail(void *rock, const struct raw_mail *m, struct err *e)
{
	struct convert *cv = rock;
	struct out_mail out = { .data = m->raw, .len = m->raw_len, .kw = cv->take_kw ? m->kw : 0 };
	int rc = mail_writer_put(cv->out, &out, e);
	cv->count += rc == 0;
	cv->broken = rc != 0;
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
	if (cv->dest.kind != DEST_MAIL)
		return err_set(e, -EINVAL, "name a mail destination: --output=FORMAT:PATH");
	rc = inputs_prepare(cv->c, MARKS_NONE, &cv->in, e);
	if (rc < 0)
		return rc;
	cv->take_kw = option_on(inv, OPT_KW, true);
	const struct writer_opts how = { .mode = WRITER_APPEND,
		                         .lock = &cv->in.lock,
		                         .rsyncable = option_on(inv, OPT_RSYNCABLE, false) };
	return dest_open(&cv->dest, &how, &cv->out, e);
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
	if (cv->broken)
		mail_writer_abort(cv->out);
	else if (mail_writer_close(cv->out, &e) < 0)
		status = cmd_fail_err(cv->c, &e);
	cv->out = NULL;
	if (status == 0)
		cmd_note(cv->c, "converted %" PRIu64 " messages", cv->count);
	return status;
}

int cmd_convert(struct cmd *c)
{
	struct convert cv = { .c = c };
	struct err e = { .text = "" };
	int status = prepare(&cv, &e) < 0 ? cmd_fail_err(c, &e) : convert_all(&cv);
	inputs_free(&cv.in);
	dest_free(&cv.dest);
	return status;
}

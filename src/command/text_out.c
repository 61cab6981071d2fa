/* See text_out.h. */
#include "text_out.h"

#include "colors.h"

#include "../mail/message.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WRITE_AT = 64 << 10 }; /* bytes to collect before a write */

int text_out_prepare(struct text_out *t, const struct cmd *c, const struct dest *d, struct err *e)
{
	t->dest = d;
	if (!dest_is_text(d))
		return 0;
	bool tty = d->path == NULL && isatty(STDOUT_FILENO);
	t->colored = option_on(&c->inv, OPT_COLOR, tty);
	return t->colored ? colors_read(c, &t->palette, e) : 0;
}

int text_out_open(struct text_out *t, const struct writer_opts *opts, struct err *e)
{
	message_setup();
	if (t->dest->path == NULL)
		return 0;
	return outfile_open(t->dest->path, OUTFILE_TEXT, opts, &t->file, e);
}

static int write_out(struct text_out *t, struct err *e)
{
	if (!buf_ok(&t->buf))
		return err_set(e, -ENOMEM, "out of memory");
	int rc = t->file != NULL ? sink_add(outfile_sink(t->file), t->buf.data, t->buf.len, e)
	                         : cmd_write(t->buf.data, t->buf.len, e);
	buf_reset(&t->buf);
	return rc;
}

/* ---- one message ---- */

/* Lines that say what the store knows. */
static void add_known(struct buf *b, const struct text_mail *m)
{
	const char *sep = "# kw:", *names[KW_COUNT] = { NULL };
	if (m->oid != NULL)
		buf_addf(b, "# blob:%s", m->oid);
	if (m->oid != NULL && m->pct >= 0)
		buf_addf(b, " pct:%d", m->pct);
	if (m->oid != NULL)
		buf_addc(b, '\n');
	for (size_t i = 0, n = kw_names(m->kw, names); i < n; i++) {
		buf_addf(b, "%s%s", sep, names[i]);
		sep = ",";
	}
	if (m->kw != 0)
		buf_addc(b, '\n');
	sep = "# L:";
	for (const char *l = m->labels; *l != '\0'; l += strlen(l) + 1) {
		buf_addf(b, "%s%s", sep, l);
		sep = ",";
	}
	if (*m->labels != '\0')
		buf_addc(b, '\n');
}

/* The line that separates messages in an mbox, for whoever edits the reply. */
static void add_from(struct buf *b, const struct text_mail *m)
{
	time_t when = (time_t)m->received;
	struct tm tm;
	char text[64] = "", pct[16] = "99"; /* as the original where none is known */
	if (gmtime_r(&when, &tm) == NULL || tm.tm_year > 9999 - 1900 ||
	    asctime_r(&tm, text) == NULL)
		strcpy(text, "Thu Jan  1 00:00:00 1970\n");
	if (m->pct >= 0)
		snprintf(pct, sizeof(pct), "%d", m->pct);
	if (m->oid != NULL)
		buf_addf(b, "From %s@%s %s", m->oid, pct, text);
	else
		buf_addf(b, "From unknown-blob@unknown %s", text);
}

int text_out_put(struct text_out *t, const struct text_mail *m, struct err *e)
{
	const struct palette *p = t->colored ? &t->palette : NULL;
	const struct view_opts opts = { .oid = m->oid, .palette = p };
	bool reply = t->dest->kind == DEST_REPLY;
	size_t from = t->buf.len;
	(reply ? add_from : add_known)(&t->buf, m);
	palette_paint(p, COLOR_STATUS, &t->buf, from);
	int rc = (reply ? message_reply : message_render)(m->raw, m->len, &opts, &t->buf);
	if (rc < 0)
		return err_set(e, rc, "show message %s: %s", m->oid != NULL ? m->oid : "",
		               strerror(-rc));
	buf_addc(&t->buf, '\n');
	return t->buf.len < WRITE_AT ? 0 : write_out(t, e);
}

int text_out_close(struct text_out *t, struct err *e)
{
	int rc = write_out(t, e);
	if (rc == 0 && t->file != NULL) {
		rc = outfile_close(t->file, e);
		t->file = NULL;
	}
	return rc;
}

void text_out_free(struct text_out *t)
{
	outfile_abort(t->file);
	t->file = NULL;
	buf_free(&t->buf);
}

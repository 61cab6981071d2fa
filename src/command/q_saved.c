/* See q_saved.h. */
#include "q_saved.h"

#include "q_there.h"
#include "saved.h"
#include "saved_words.h"

#include "../mail/path.h"
#include "../mail/staged.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is written to a pipe or a terminal is not there to be brought up to date. */
static bool keeps(const struct dest *dest)
{
	struct stat st;
	if (dest->path == NULL || dest->kind != DEST_MAIL || path_fd(dest->path, NULL) != -1)
		return false;
	return stat(dest->path, &st) < 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode);
}

/* Without HOME and all there may be a store, but no place for searches. */
static int has_place(const struct cmd *c, bool asked, struct err *e)
{
	struct buf top = { 0 };
	int rc = saved_top(c, SAVED_OURS, &top, e);
	buf_free(&top);
	if (rc == 0)
		return 1;
	if (asked)
		return rc;
	cmd_note(c, "the search is not saved: %s", e->text);
	return 0;
}

/* 1, 0, or why not. */
static int wanted(const struct cmd *c, const struct dest *dest, struct err *e)
{
	const struct invocation *inv = &c->inv;
	const struct option_value *save = option_last(inv, OPT_SAVE);
	const char *dedupe = option_text(inv, OPT_DEDUPE);
	if (command_id(inv->def) != CMD_Q || (save != NULL && !save->on))
		return 0;
	if (!keeps(dest))
		return save == NULL
		           ? 0
		           : err_set(
				 e, -EINVAL,
				 "--save needs an --output that is a Maildir or a mailbox file");
	if (dedupe != NULL && strcasecmp(dedupe, "none") == 0)
		return err_set(e, -EINVAL,
		               "--dedupe=none needs --no-save: `lei up' adds no mail twice");
	return has_place(c, save != NULL, e);
}

static int is_out(void *rock, const char *token, long number, struct err *e)
{
	const struct dest *d = rock;
	return staged_is_out(d->path, d->format, token, (size_t)number, e);
}

static void clean(void *rock, const char *token)
{
	const struct dest *d = rock;
	staged_clean(d->path, d->format, token);
}

/* Of a mailbox that is as we left it there is nothing to learn. */
static int look_at_output(struct q_saved *s, struct err *e)
{
	char look[STAGED_TOKEN_MAX];
	if (s->dest->format == MAIL_MAILDIR || staged_look(s->dest->path, look) < 0)
		return 0;
	int rc = delivered_left_as(s->known, look, e);
	s->untouched = rc > 0;
	return rc < 0 ? rc : 0;
}

static int open_known(struct q_saved *s, struct err *e)
{
	struct settling how = { is_out, clean, (void *)(uintptr_t)s->dest };
	struct buf path = { 0 };
	buf_addf(&path, "%s/" SAVED_DELIVERED, s->dir.data);
	buf_cstr(&path);
	int rc = buf_ok(&path) ? delivered_open(path.data, &s->known, e)
	                       : err_set(e, -ENOMEM, "out of memory");
	buf_free(&path);
	if (rc == 0)
		rc = delivered_settle(s->known, &how, e);
	if (rc == 0)
		staged_sweep(s->dest->path, s->dest->format);
	return rc == 0 ? look_at_output(s, e) : rc;
}

static int begin_new(struct q_saved *s, const struct cmd *c, const char *text, struct err *e)
{
	int rc = saved_write(&c->inv, s->dest, text, &s->text, e);
	if (rc == 0)
		rc = saved_dir(c, SAVED_OURS, s->dest->path, &s->dir, e);
	return rc == 0 ? saved_hold(s->dir.data, true, &s->held, e) : rc;
}

int q_saved_open(struct q_saved *s, struct cmd *c, const struct dest *dest, const char *text,
                 const char *dir, struct err *e)
{
	*s = (struct q_saved){ .dest = dest, .held = -1 };
	int want = dir != NULL ? 1 : wanted(c, dest, e);
	if (want <= 0)
		return want;
	int rc = 0;
	if (dir == NULL)
		rc = begin_new(s, c, text, e);
	else
		buf_adds(&s->dir, dir);
	buf_cstr(&s->dir);
	if (rc == 0 && !buf_ok(&s->dir))
		rc = err_set(e, -ENOMEM, "out of memory");
	return rc == 0 ? open_known(s, e) : rc;
}

/* Nothing has appeared yet, so if we are killed now the old file, or none, is right. */
static int staged(void *rock, const char *token, struct err *e)
{
	struct q_saved *s = rock;
	if (q_saved_repeats(s) && s->added == 0)
		return 0;
	int rc = delivered_note(s->known, token, e);
	s->noted = rc == 0;
	return rc == 0 && s->text.len > 0 ? saved_put(s->dir.data, SAVED_FILE, &s->text, e) : rc;
}

static int note_there(void *rock, const char *oid, struct err *e)
{
	struct q_saved *s = rock;
	int rc = delivered_has(s->known, oid, e);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	s->added++;
	return delivered_add(s->known, oid, DELIVERED_THERE, e);
}

int q_saved_begin(struct q_saved *s, struct mail_writer *w, enum dedupe by, bool augment,
                  struct err *e)
{
	s->mail = w;
	s->by = by;
	mail_writer_staged(w, staged, s);
	int rc = delivered_begin(s->known, !augment, e);
	return rc == 0 && augment && !s->untouched ? q_there(s->dest, note_there, s, e) : rc;
}

/* ---- what makes mail the same ---- */

enum { CONTENT_BYTES = 32 };
typedef int key_fn(struct q_saved *s, const char *key, long number, struct err *e);

static int has(struct q_saved *s, const char *key, long number, struct err *e)
{
	(void)number;
	return delivered_has(s->known, key, e);
}

static int add(struct q_saved *s, const char *key, long number, struct err *e)
{
	return delivered_add(s->known, key, number, e);
}

static int with_mids(struct q_saved *s, const struct hit *h, key_fn *fn, long number, struct err *e)
{
	struct buf key = { 0 };
	int rc = 0;
	for (const char *mid = h->mids; rc == 0 && *mid != '\0'; mid += strlen(mid) + 1) {
		buf_reset(&key);
		buf_addf(&key, "mid:%s", mid);
		rc = fn(s, buf_cstr(&key), number, e);
	}
	buf_free(&key);
	return rc;
}

static int with_content(struct q_saved *s, const struct hit *h, key_fn *fn, long number,
                        struct err *e)
{
	char key[80] = "content:";
	size_t at = strlen(key);
	for (size_t i = 0; i < CONTENT_BYTES; i++)
		at += (size_t)snprintf(key + at, sizeof(key) - at, "%02x", h->content[i]);
	return fn(s, key, number, e);
}

/* Blob ids always: other programs name mail by them. */
static int with_keys(struct q_saved *s, const struct hit *h, key_fn *fn, long number, struct err *e)
{
	int rc = fn(s, h->oid, number, e);
	if (rc != 0 || s->by == DEDUPE_OID)
		return rc;
	return s->by == DEDUPE_MID && *h->mids != '\0' ? with_mids(s, h, fn, number, e)
	                                               : with_content(s, h, fn, number, e);
}

int q_saved_had(struct q_saved *s, const struct hit *h, struct err *e)
{
	int rc = with_keys(s, h, has, 0, e);
	s->old += rc > 0;
	return rc;
}

int q_saved_put(struct q_saved *s, const struct hit *h, size_t n, struct err *e)
{
	bool is_new = mail_writer_count(s->mail) > n;
	s->added++;
	return with_keys(s, h, add, is_new ? (long)n : DELIVERED_THERE, e);
}

int q_saved_after(struct q_saved *s, struct err *e)
{
	char look[STAGED_TOKEN_MAX] = "";
	if (!s->noted)
		return 0;
	if (s->dest->format != MAIL_MAILDIR && staged_look(s->dest->path, look) < 0)
		*look = '\0';
	return delivered_commit(s->known, look, e);
}

/* A search that failed before it was one leaves nothing. */
static void remove_unborn(const struct q_saved *s)
{
	struct err ignored;
	struct buf file = { 0 };
	buf_addf(&file, "%s/" SAVED_FILE, s->dir.data);
	if (access(buf_cstr(&file), F_OK) < 0 && errno == ENOENT)
		saved_remove(s->dir.data, &ignored);
	buf_free(&file);
}

void q_saved_close(struct q_saved *s)
{
	delivered_close(s->known);
	if (s->held >= 0) {
		remove_unborn(s);
		close(s->held);
	}
	buf_free(&s->dir);
	buf_free(&s->text);
	*s = (struct q_saved){ .held = -1 };
}

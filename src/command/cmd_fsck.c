/* lei fsck: is the store whole?  With --repair, it is made whole as far as that can be. */
#include "config.h"
#include "q_json.h"
#include "repair.h"

#include "../event/event.h"
#include "../store/fsck.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

struct check {
	struct cmd *c;
	json_t *damages; /* NULL: they are written as they are found */
	struct repair repair; /* what is to be mended */
	bool silent; /* looking the first time, before a repair */
	bool progress;
	int64_t shown; /* when, monotonic; 0: never */
};

static void show_progress(void *rock, uint64_t done, uint64_t all)
{
	struct check *k = rock;
	int64_t now = event_now(LOOP_MONOTONIC);
	if (!k->progress || now - k->shown < EVENT_SECOND / 10)
		return;
	k->shown = now;
	fprintf(k->c->call->err, "\r# %" PRIu64 " of %" PRIu64 " messages ", done, all);
}

static void end_progress(struct check *k)
{
	if (k->shown != 0)
		fprintf(k->c->call->err, "\r\033[K");
	k->shown = 0;
}

/* ---- damages ---- */

static const char *cure_name(enum fsck_cure cure)
{
	static const char *const names[] = { "none", "reindex", "reindex", "import" };
	return names[cure];
}

static void keep(struct check *k, const struct damage *d)
{
	json_t *one = json_object();
	json_object_set_new(one, "what", json_string(d->what));
	if (d->docid != 0)
		json_object_set_new(one, "docid", json_integer(d->docid));
	if (*d->oid != '\0')
		json_object_set_new(one, "blob", json_lenient(d->oid));
	json_object_set_new(one, "text", json_lenient(d->text));
	json_object_set_new(one, "cure", json_string(cure_name(d->cure)));
	json_array_append_new(k->damages, one);
}

static void take_damage(void *rock, const struct damage *d)
{
	struct check *k = rock;
	FILE *out = k->c->call->out;
	end_progress(k);
	if (k->silent) {
		repair_note(&k->repair, d);
		return;
	}
	if (k->damages != NULL) {
		keep(k, d);
		return;
	}
	fprintf(out, "%s", d->what);
	if (d->docid != 0)
		fprintf(out, " of message %" PRId64, d->docid);
	if (*d->oid != '\0')
		fprintf(out, " (blob %s)", d->oid);
	fprintf(out, ": %s\n", d->text);
}

/* ---- the verdict ---- */

static json_t *counted(const struct fsck_counts *n)
{
	json_t *o = json_object();
	json_object_set_new(o, "whole", json_boolean(n->damages == 0));
	json_object_set_new(o, "messages", json_integer((json_int_t)n->messages));
	json_object_set_new(o, "blobs", json_integer((json_int_t)n->blobs));
	json_object_set_new(o, "words", json_integer((json_int_t)n->words));
	json_object_set_new(o, "elsewhere", json_integer((json_int_t)n->elsewhere));
	json_object_set_new(o, "removed", json_integer((json_int_t)n->removed));
	return o;
}

static int print_json(struct check *k, const char *dir, const struct fsck_counts *n)
{
	json_t *o = counted(n);
	json_object_set_new(o, "store", json_lenient(dir));
	json_object_set(o, "damages", k->damages);
	int rc = json_dumpf(o, k->c->call->out, JSON_INDENT(1) | JSON_SORT_KEYS);
	fputc('\n', k->c->call->out);
	json_decref(o);
	return rc;
}

static int finish(struct check *k, const char *dir, const struct fsck_counts *n)
{
	if (k->damages != NULL && print_json(k, dir, n) < 0)
		return cmd_fail(k->c, "out of memory");
	if (n->elsewhere > 0)
		cmd_note(k->c,
		         "%" PRIu64 " blobs are only indexed, and their files cannot be read: "
		         "their words are not compared",
		         n->elsewhere);
	if (n->damages > 0)
		return cmd_fail(k->c, "%s: damaged: %" PRIu64 " findings", dir, n->damages);
	cmd_note(k->c, "%s is whole: %" PRIu64 " messages, %" PRIu64 " blobs, %" PRIu64 " words",
	         dir, n->messages, n->blobs, n->words);
	return 0;
}

/* Look, mend, and look again at what is left. */
static int look(struct check *k, const char *dir, struct fsck_counts *n, struct err *e)
{
	const struct fsck_watcher w = { k, take_damage, show_progress };
	if (option_on(&k->c->inv, OPT_REPAIR, false)) {
		k->silent = true;
		int rc = store_fsck(dir, &w, n, e);
		end_progress(k);
		if (rc == 0 && n->damages > 0) {
			cmd_note(k->c, "%" PRIu64 " findings", n->damages);
			rc = repair_run(k->c, &k->repair, dir, e);
		}
		k->silent = false;
		if (rc < 0)
			return rc;
	}
	return store_fsck(dir, &w, n, e);
}

int cmd_fsck(struct cmd *c)
{
	const char *format = option_text(&c->inv, OPT_FSCK_FORMAT);
	bool json = format != NULL && strcmp(format, "json") == 0;
	struct check k = { .c = c,
		           .damages = json ? json_array() : NULL,
		           .progress = isatty(STDERR_FILENO) &&
		                       !option_on(&c->inv, OPT_QUIET, false) };
	struct fsck_counts n = { 0 };
	struct err e = { .text = "" };
	struct buf dir = { 0 };
	int rc = store_place(c, &dir, &e);
	if (rc == 0)
		rc = look(&k, dir.data, &n, &e);
	end_progress(&k);
	int status = rc < 0 ? cmd_fail_err(c, &e) : finish(&k, dir.data, &n);
	json_decref(k.damages);
	repair_done(&k.repair);
	buf_free(&dir);
	return status;
}

/* lei rm-watch, pause-watch, resume-watch, forget-watch: watches that are there already.
 *
 * Each chooses among the watches while it holds the config's lock, changes the config in one step,
 * and returns when the watcher goes by it. */
#include "config.h"
#include "config_edit.h"
#include "folder.h"
#include "forget.h"
#include "watch_choice.h"
#include "watching.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STATE_RESUMED "import-rw" /* of a watch that was added paused */

struct change {
	struct cmd *c;
	struct config_edit ed;
	struct buf store;
	struct watches w;
	struct watch_choice choice;
};

/* What to do with one that is chosen. */
typedef int change_fn(struct change *ch, const struct watch_entry *we, const char *section,
                      struct err *e);

static int change_each(struct change *ch, change_fn *fn, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; i < ch->w.n && rc == 0; i++) {
		struct buf section = { 0 };
		if (!ch->choice.chosen[i])
			continue;
		buf_addf(&section, "watch.%s", ch->w.v[i].section);
		rc = fn(ch, &ch->w.v[i], buf_cstr(&section), e);
		buf_free(&section);
	}
	return rc;
}

static int change_locked(struct change *ch, int (*choose)(struct change *, struct err *),
                         change_fn *fn, struct err *e)
{
	int rc = watches_load(ch->c, ch->store.data, &ch->w, e);
	if (rc == 0)
		rc = watch_choice_init(&ch->choice, &ch->w, e);
	if (rc == 0)
		rc = choose(ch, e);
	return rc == 0 ? change_each(ch, fn, e) : rc;
}

static int change(struct change *ch, int (*choose)(struct change *, struct err *), change_fn *fn,
                  struct err *e)
{
	int rc = store_place(ch->c, &ch->store, e);
	if (rc == 0)
		rc = config_edit_begin(ch->c, &ch->ed, e);
	if (rc < 0)
		return rc;
	rc = change_locked(ch, choose, fn, e);
	if (rc == 0)
		return config_edit_commit(&ch->ed, e);
	config_edit_abort(&ch->ed);
	return rc;
}

static void change_free(struct change *ch)
{
	watch_choice_free(&ch->choice);
	watches_free(&ch->w);
	buf_free(&ch->store);
}

/* The whole command, but for what is special. */
static int run(struct cmd *c, int (*choose)(struct change *, struct err *), change_fn *fn,
               int (*afterwards)(struct change *, struct err *))
{
	struct change ch = { .c = c };
	struct err e = { .text = "" };
	int rc = change(&ch, choose, fn, &e);
	if (rc == 0 && afterwards != NULL)
		rc = afterwards(&ch, &e);
	if (rc == 0 && ch.choice.n > 0)
		rc = watching_changed(c, &e);
	change_free(&ch);
	return rc < 0 ? cmd_fail_err(c, &e) : 0;
}

/* ---- rm-watch ---- */

static int choose_configured(struct change *ch, struct err *e)
{
	const struct invocation *inv = &ch->c->inv;
	int rc = 0;
	for (size_t i = 0; i < inv->nargs && rc == 0; i++)
		rc = watch_choice_add(&ch->choice, inv->args[i], CHOICE_EXACT, e);
	for (size_t i = 0; i < ch->w.n && rc == 0; i++) {
		if (ch->choice.chosen[i] && !ch->w.v[i].configured)
			rc = err_set(e, -EINVAL,
			             "%s: not added, but watched as `lei ls-mail-sync' lists it; "
			             "pause-watch or forget-mail-sync ends that",
			             ch->w.v[i].url);
	}
	return rc;
}

static int choose_removed(struct change *ch, struct err *e)
{
	int rc = choose_configured(ch, e);
	if (rc < 0 || !option_on(&ch->c->inv, OPT_WATCH_RECURSIVE, false))
		return rc;
	size_t n = ch->w.n;
	for (size_t i = 0; i < n * n; i++) {
		const struct watch_entry *top = &ch->w.v[i / n], *below = &ch->w.v[i % n];
		if (ch->choice.chosen[i / n] && below->configured &&
		    folder_is_below(below->url, top->url))
			ch->choice.chosen[i % n] = true;
	}
	return 0;
}

static int remove_section(struct change *ch, const struct watch_entry *we, const char *section,
                          struct err *e)
{
	return we->configured ? config_edit_remove(&ch->ed, section, e) : 0;
}

static int tell_removed(struct change *ch, struct err *e)
{
	(void)e;
	for (size_t i = 0; i < ch->w.n; i++) {
		if (ch->choice.chosen[i] && ch->w.v[i].known)
			cmd_note(ch->c,
			         "%s: nothing new is brought in; keywords are followed until "
			         "`lei forget-mail-sync'",
			         ch->w.v[i].url);
	}
	return 0;
}

int cmd_rm_watch(struct cmd *c)
{
	return run(c, choose_removed, remove_section, tell_removed);
}

/* ---- pause-watch, resume-watch ---- */

static bool is_local(const struct watch_entry *we)
{
	return !folder_is_remote(we->url);
}

static bool is_remote(const struct watch_entry *we)
{
	return folder_is_remote(we->url);
}

/* What a recursive watch covers follows it, unless it is named. */
static int choose_any(struct change *ch, struct err *e)
{
	const struct invocation *inv = &ch->c->inv;
	bool all = option_on(inv, OPT_ALL_WATCHES, false);
	bool local = option_on(inv, OPT_ONLY_LOCAL, false);
	bool remote = option_on(inv, OPT_ONLY_REMOTE, false);
	int rc = 0;
	if (all || local || remote ? inv->nargs > 0 : inv->nargs == 0)
		return err_set(e, -EINVAL, "name watches, or use --all, --local or --remote");
	for (size_t i = 0; i < inv->nargs && rc == 0; i++)
		rc = watch_choice_add(&ch->choice, inv->args[i], 0, e);
	if (all || local)
		watch_choice_add_where(&ch->choice, is_local);
	if (all || remote)
		watch_choice_add_where(&ch->choice, is_remote);
	return rc;
}

/* With what it was before, for resume-watch. */
static int pause_one(struct change *ch, const struct watch_entry *we, const char *section,
                     struct err *e)
{
	const char *was = we->configured ? watch_state_name(we->state) : WATCH_IMPLICIT;
	if (we->state.take == WATCH_PAUSE) {
		cmd_note(ch->c, "%s is paused already", we->url);
		return 0;
	}
	if (we->trouble != NULL)
		return err_set(e, -EINVAL, "%s: %s", we->section, we->trouble);
	int rc = config_edit_set(&ch->ed, section, "resume", was, e);
	return rc == 0 ? config_edit_set(&ch->ed, section, "state", "pause", e) : rc;
}

static int resume_one(struct change *ch, const struct watch_entry *we, const char *section,
                      struct err *e)
{
	struct watch_state st;
	const char *was = we->resume != NULL ? we->resume : STATE_RESUMED;
	if (we->state.take != WATCH_PAUSE || !we->configured)
		return 0;
	bool implicit = strcmp(was, WATCH_IMPLICIT) == 0;
	if (!implicit && (watch_state_parse(was, &st) < 0 || st.take == WATCH_PAUSE))
		return err_set(e, -EINVAL,
		               "%s: resume = %s is no state to go back to; use "
		               "`lei add-watch --state=STATE'",
		               we->section, was);
	int rc = config_edit_unset(&ch->ed, section, "resume", e);
	if (rc < 0)
		return rc;
	return implicit ? config_edit_unset(&ch->ed, section, "state", e)
	                : config_edit_set(&ch->ed, section, "state", was, e);
}

int cmd_pause_watch(struct cmd *c)
{
	return run(c, choose_any, pause_one, NULL);
}

int cmd_resume_watch(struct cmd *c)
{
	return run(c, choose_any, resume_one, NULL);
}

/* ---- forget-watch ---- */

static bool is_gone(const struct watch_entry *we)
{
	struct err ignored = { .text = "" };
	int rc = is_local(we) && we->trouble == NULL ? folder_check(we->url, &ignored) : 0;
	return rc == -ENOENT || rc == -ENOTDIR;
}

static int choose_forgotten(struct change *ch, struct err *e)
{
	const struct invocation *inv = &ch->c->inv;
	bool prune = option_on(inv, OPT_PRUNE, false);
	int rc = 0;
	if (prune ? inv->nargs > 0 : inv->nargs == 0)
		return err_set(e, -EINVAL, "name watches, or use --prune for those that are gone");
	for (size_t i = 0; i < inv->nargs && rc == 0; i++)
		rc = watch_choice_add(&ch->choice, inv->args[i], CHOICE_EXACT, e);
	if (prune)
		watch_choice_add_where(&ch->choice, is_gone);
	return rc;
}

static int forget_chosen(struct change *ch, struct err *e)
{
	const char **urls = calloc(ch->w.n + 1, sizeof(*urls));
	size_t n = 0;
	if (urls == NULL)
		return err_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < ch->w.n; i++) {
		const struct watch_entry *we = &ch->w.v[i];
		if (ch->choice.chosen[i] && we->known)
			urls[n++] = we->url;
		if (ch->choice.chosen[i])
			cmd_note(ch->c, "forgotten: %s", we->section);
	}
	int rc = folders_forget(ch->c, ch->store.data, urls, n, e);
	free(urls);
	return rc;
}

int cmd_forget_watch(struct cmd *c)
{
	return run(c, choose_forgotten, remove_section, forget_chosen);
}

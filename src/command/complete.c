/* See complete.h. */
#include "complete.h"

#include "config.h"
#include "folder.h"
#include "known.h"
#include "saved.h"
#include "watches.h"

#include "../store/search.h"

#include <string.h>

static bool names_searches(enum command_id id)
{
	return id == CMD_UP || id == CMD_EDIT_SEARCH || id == CMD_FORGET_SEARCH;
}

bool complete_names_folders(enum command_id id)
{
	return names_searches(id) || id == CMD_EXPORT_KW || id == CMD_REFRESH_MAIL_SYNC ||
	       id == CMD_FORGET_MAIL_SYNC || id == CMD_RM_WATCH || id == CMD_PAUSE_WATCH ||
	       id == CMD_RESUME_WATCH || id == CMD_FORGET_WATCH;
}

bool complete_names_externals(enum command_id id)
{
	return id == CMD_FORGET_EXTERNAL || id == CMD_LS_EXTERNAL || id == CMD_ADD_EXTERNAL;
}

bool complete_takes_externals(enum option_id id)
{
	return id == OPT_INCLUDE || id == OPT_EXCLUDE || id == OPT_ONLY;
}

struct asker {
	const char *cur;
	void (*offer)(void *rock, const char *word);
	void *rock;
};

/* Who types a path goes on with a path. */
static void offer_url(const struct asker *a, const char *url)
{
	const char *path = folder_path(url);
	a->offer(a->rock, a->cur != NULL && a->cur[0] == '/' && path != NULL ? path : url);
}

static void offer_known(const struct asker *a, const char *store_dir)
{
	struct known k = { 0 };
	struct err ignored;
	if (known_load(store_dir, &k, &ignored) < 0)
		return;
	for (size_t i = 0; i < k.n; i++)
		offer_url(a, k.urls[i]);
	known_free(&k);
}

static bool may_follow(enum command_id id, const struct watch_entry *we)
{
	bool paused = we->state.take == WATCH_PAUSE;
	switch (id) {
	case CMD_RM_WATCH:
		return we->configured;
	case CMD_PAUSE_WATCH:
		return !paused;
	case CMD_RESUME_WATCH:
		return paused;
	default:
		return true;
	}
}

static void offer_watches(const struct asker *a, const struct cmd *c, enum command_id id,
                          const char *store_dir)
{
	struct watches w = { 0 };
	struct err ignored;
	if (watches_load(c, store_dir, &w, &ignored) < 0)
		return;
	for (size_t i = 0; i < w.n; i++) {
		if (may_follow(id, &w.v[i]))
			offer_url(a, w.v[i].section);
	}
	watches_free(&w);
}

/* One is a line, so what has one inside cannot be offered. */
static void offer_searches(const struct asker *a, const struct cmd *c)
{
	struct saved_list l = { 0 };
	struct err ignored;
	if (saved_load_all(c, SAVED_OURS, &l, &ignored) < 0)
		return;
	for (size_t i = 0; i < l.n; i++) {
		if (l.v[i].path != NULL && strchr(l.v[i].path, '\n') == NULL)
			a->offer(a->rock, l.v[i].path);
	}
	saved_list_free(&l);
}

void complete_folders(const struct cmd *c, enum command_id id, const char *cur,
                      void (*offer)(void *rock, const char *word), void *rock)
{
	struct asker a = { cur, offer, rock };
	struct buf store = { 0 };
	struct err ignored;
	if (names_searches(id)) {
		offer_searches(&a, c);
	} else if (store_place(c, &store, &ignored) == 0) {
		if (id == CMD_EXPORT_KW || id == CMD_REFRESH_MAIL_SYNC ||
		    id == CMD_FORGET_MAIL_SYNC)
			offer_known(&a, store.data);
		else
			offer_watches(&a, c, id, store.data);
	}
	buf_free(&store);
}

/* ---- labels ---- */

bool complete_names_labels(enum command_id id, const char *cur)
{
	switch (id) {
	case CMD_IMPORT:
	case CMD_INDEX:
		return *cur == '+';
	case CMD_TAG:
		return *cur == '+' || *cur == '-';
	case CMD_Q:
		return *cur == 'L';
	default:
		return false;
	}
}

struct behind {
	const char *before;
	void (*offer)(void *rock, const char *word);
	void *rock;
};

static int offer_label(void *rock, const char *label, uint64_t messages)
{
	const struct behind *b = rock;
	struct buf word = { 0 };
	(void)messages;
	buf_addf(&word, "%sL:%s", b->before, label);
	b->offer(b->rock, buf_cstr(&word));
	buf_free(&word);
	return 0;
}

void complete_labels(const struct cmd *c, const char *before,
                     void (*offer)(void *rock, const char *word), void *rock)
{
	struct behind b = { before, offer, rock };
	struct buf dir = { 0 };
	struct store *s = NULL;
	struct err ignored;
	if (store_place(c, &dir, &ignored) == 0 && store_open(dir.data, &s, &ignored) == 0)
		store_labels(s, offer_label, &b, &ignored);
	store_close(s);
	buf_free(&dir);
}

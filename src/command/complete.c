/* See complete.h. */
#include "complete.h"

#include "config.h"
#include "folder.h"
#include "known.h"
#include "watches.h"

bool complete_names_folders(enum command_id id)
{
	return id == CMD_EXPORT_KW || id == CMD_REFRESH_MAIL_SYNC || id == CMD_FORGET_MAIL_SYNC ||
	       id == CMD_RM_WATCH || id == CMD_PAUSE_WATCH || id == CMD_RESUME_WATCH ||
	       id == CMD_FORGET_WATCH;
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

void complete_folders(const struct cmd *c, enum command_id id, const char *cur,
                      void (*offer)(void *rock, const char *word), void *rock)
{
	struct asker a = { cur, offer, rock };
	struct buf store = { 0 };
	struct err ignored;
	if (store_place(c, &store, &ignored) == 0) {
		if (id == CMD_EXPORT_KW || id == CMD_REFRESH_MAIL_SYNC ||
		    id == CMD_FORGET_MAIL_SYNC)
			offer_known(&a, store.data);
		else
			offer_watches(&a, c, id, store.data);
	}
	buf_free(&store);
}

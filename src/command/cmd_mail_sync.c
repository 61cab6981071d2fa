/* lei ls-mail-sync, forget-mail-sync, refresh-mail-sync, export-kw, note-event: which message is
 * which file. */
#include "config.h"
#include "filter.h"
#include "folder.h"
#include "forget.h"
#include "known.h"
#include "watching.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* ---- ls-mail-sync ---- */

static int list(const struct cmd *c, const struct known *k, struct err *e)
{
	const struct invocation *inv = &c->inv;
	bool local = option_on(inv, OPT_ONLY_LOCAL, false);
	bool remote = option_on(inv, OPT_ONLY_REMOTE, false);
	bool invert = option_on(inv, OPT_INVERT_MATCH, false);
	char end = option_on(inv, OPT_NUL, false) ? '\0' : '\n';
	struct filter f;
	int rc = filter_compile(inv->nargs > 0 ? inv->args[0] : "",
	                        option_on(inv, OPT_LIST_GLOBOFF, false), &f, e);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < k->n; i++) {
		bool there = folder_is_remote(k->urls[i]) ? remote || !local : local || !remote;
		if (there && filter_fits(&f, k->urls[i]) != invert)
			fprintf(c->call->out, "%s%c", k->urls[i], end);
	}
	filter_free(&f);
	return 0;
}

int cmd_ls_mail_sync(struct cmd *c)
{
	struct err e = { .text = "" };
	struct buf store = { 0 };
	struct known k = { 0 };
	int rc = store_place(c, &store, &e);
	if (rc == 0)
		rc = known_load(store.data, &k, &e);
	if (rc == 0 || rc == -ENOENT)
		rc = list(c, &k, &e);
	known_free(&k);
	buf_free(&store);
	return rc < 0 ? cmd_fail_err(c, &e) : 0;
}

/* ---- what is done with folders that are known ---- */

typedef int folders_fn(struct cmd *c, const char *store_dir, const struct known *k, struct err *e);

static int with_folders(struct cmd *c, folders_fn *fn)
{
	struct err e = { .text = "" };
	struct buf store = { 0 };
	struct known k = { 0 };
	int rc = store_place(c, &store, &e);
	if (rc == 0)
		rc = known_load(store.data, &k, &e);
	if (rc == 0 || rc == -ENOENT) /* no store: what is named is not known */
		rc = known_choose(c, &k, &e);
	if (rc == 0)
		rc = fn(c, store.data, &k, &e);
	known_free(&k);
	buf_free(&store);
	return rc < 0 ? cmd_fail_err(c, &e) : rc;
}

static int forget(struct cmd *c, const char *store_dir, const struct known *k, struct err *e)
{
	return folders_forget(c, store_dir, (const char *const *)k->urls, k->n, e);
}

int cmd_forget_mail_sync(struct cmd *c)
{
	return with_folders(c, forget);
}

static bool is_talkative(const struct cmd *c)
{
	return isatty(STDERR_FILENO) || option_on(&c->inv, OPT_VERBOSE, false);
}

/* Do it to one folder, with a connection of its own. */
typedef int folder_fn(const struct cmd *c, const struct watch_setup *setup, const char *url,
                      int conn, struct watch_counts *ret, struct err *e);

static int each_folder(struct cmd *c, const char *store_dir, const struct known *k, folder_fn *fn)
{
	struct watching w;
	int status = 0;
	watching_init(&w, c, store_dir);
	for (size_t i = 0; i < k->n; i++) {
		struct err e = { .text = "" };
		struct watch_counts n = { 0 };
		int conn = call_store(c->call, store_dir, &e);
		int rc = conn < 0 ? conn : fn(c, &w.setup, k->urls[i], conn, &n, &e);
		if (conn >= 0)
			close(conn);
		if (rc < 0)
			status = cmd_fail(c, "%s: %s", k->urls[i], e.text);
		else if (n.failed > 0) /* each was told */
			status = 1;
		if (rc == 0 && n.seen > 0 && is_talkative(c))
			cmd_note(c, "%s: %zu files seen, %zu new names, %zu gone, %zu written",
			         k->urls[i], n.seen, n.added + n.renamed, n.gone, n.written);
	}
	return status;
}

/* ---- refresh-mail-sync ---- */

static int refresh_folder(const struct cmd *c, const struct watch_setup *setup, const char *url,
                          int conn, struct watch_counts *ret, struct err *e)
{
	struct err why = { .text = "" };
	struct watch_folder f = {
		.url = url, .state = { WATCH_TAG, false }, .labels = "", .backend = "auto"
	};
	if (folder_path(url) == NULL)
		return err_set(e, -EINVAL, "only Maildirs can be refreshed yet");
	if (folder_check(url, &why) != -ENOENT)
		return watch_scan(setup, &f, conn, ret, e);
	cmd_note(c, "%s is gone, and forgotten", url);
	return folders_forget(c, setup->store_dir, &url, 1, e);
}

static int refresh(struct cmd *c, const char *store_dir, const struct known *k, struct err *e)
{
	(void)e;
	return each_folder(c, store_dir, k, refresh_folder);
}

int cmd_refresh_mail_sync(struct cmd *c)
{
	return with_folders(c, refresh);
}

/* ---- export-kw ---- */

static int export_folder(const struct cmd *c, const struct watch_setup *setup, const char *url,
                         int conn, struct watch_counts *ret, struct err *e)
{
	const char *mode = option_text(&c->inv, OPT_MODE);
	bool set = mode != NULL && strcmp(mode, "set") == 0;
	struct err why = { .text = "" };
	if (folder_path(url) == NULL)
		return err_set(e, -EINVAL, "keywords can be written to Maildirs only yet");
	if (folder_check(url, &why) == -ENOENT)
		return err_set(e, -ENOENT, "it is gone; `lei refresh-mail-sync' forgets it");
	return watch_export(setup, url, set, conn, ret, e);
}

static int export(struct cmd *c, const char *store_dir, const struct known *k, struct err *e)
{
	(void)e;
	return each_folder(c, store_dir, k, export_folder);
}

int cmd_export_kw(struct cmd *c)
{
	const char *mode = option_text(&c->inv, OPT_MODE);
	if (mode != NULL && strcmp(mode, "set") != 0 && strcmp(mode, "merge") != 0)
		return cmd_fail(c, "no mode is called `%s'; there are merge and set", mode);
	return with_folders(c, export);
}

/* ---- note-event done ---- */

int cmd_note_event(struct cmd *c)
{
	struct err e = { .text = "" };
	struct buf store = { 0 };
	if (strcmp(c->inv.args[0], "done") != 0)
		return cmd_fail(c, "only `done' can be noted, not `%s'", c->inv.args[0]);
	int rc = store_place(c, &store, &e);
	if (rc == 0)
		rc = watching_settle(c, store.data, &e);
	buf_free(&store);
	return rc < 0 ? cmd_fail_err(c, &e) : 0;
}

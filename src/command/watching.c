/* See watching.h. */
#include "watching.h"

#include "config.h"
#include "watches.h"

#include "../daemon/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SETTLE_TRIES = 5 };

/* ---- in the daemon ---- */

/* Without input or output, as it runs in the daemon itself. */
bool watching_home(void *rock, const struct wire_request *req, struct buf *key)
{
	struct call call = { .req = req };
	struct cmd c = { .call = &call };
	const char *xdg = wire_request_getenv(req, "XDG_CONFIG_HOME");
	const char *home = wire_request_getenv(req, "HOME");
	const char *config = xdg != NULL && *xdg != '\0' ? xdg : home;
	(void)rock;
	if (config == NULL || *config != '/') /* relative to whom? */
		return false;
	if (config_path(&c, key, NULL) < 0)
		return false;
	buf_addc(key, '\n');
	return store_place_default(&c, key, NULL) == 0 && buf_ok(key);
}

/* ---- in a process of its own ---- */

static int connect_store(void *rock, struct err *e)
{
	const struct watching *w = rock;
	return call_store(w->c->call, w->setup.store_dir, e);
}

void watching_init(struct watching *w, const struct cmd *c, const char *store_dir)
{
	*w = (struct watching){ .setup = { .store_dir = store_dir,
		                           .connect = connect_store,
		                           .rock = w,
		                           .log = c->call->err },
		                .c = c };
}

static void log_troubles(const struct watches *w)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->v[i].trouble != NULL)
			log_line("watch %s: %s", w->v[i].section, w->v[i].trouble);
	}
}

/* By the configuration as it is now. */
static int serve(const struct cmd *c, const char *store_dir, int door, struct err *e)
{
	struct watching watching;
	struct watches w = { 0 };
	struct watch_folder *folders = NULL;
	watching_init(&watching, c, store_dir);
	int rc = watches_load(c, store_dir, &w, e);
	if (rc == 0) {
		log_troubles(&w);
		rc = watches_served(&w, &folders, &watching.setup.nfolders, e);
	}
	watching.setup.folders = folders;
	if (rc == 0)
		rc = watching.setup.nfolders > 0 ? watch_serve(&watching.setup, door, e)
		                                 : WATCH_IDLE;
	free(folders);
	watches_free(&w);
	return rc;
}

int watching_run(void *rock, struct call *call, int door)
{
	struct cmd c = { .call = call };
	struct err e = { .text = "" };
	int rc;
	(void)rock;
	do {
		struct buf dir = { 0 };
		rc = store_place(&c, &dir, &e);
		if (rc == 0)
			rc = serve(&c, dir.data, door, &e);
		buf_free(&dir);
	} while (rc == WATCH_RELOAD);
	if (rc < 0)
		log_line("cannot watch: %s", e.text);
	return rc < 0;
}

/* ---- from a command ---- */

static int barrier(const struct cmd *c, struct err *e)
{
	int conn = call_watch(c->call, e);
	if (conn < 0)
		return conn;
	int rc = watch_barrier(conn, e);
	close(conn);
	return rc;
}

int watching_changed(const struct cmd *c, struct err *e)
{
	struct err ignored = { .text = "" };
	int rc = call_watch_reload(c->call, e);
	if (rc == 0)
		barrier(c, &ignored); /* it comes after the reload, or the watcher has ended */
	return rc;
}

/* A watcher without anything to do ends, perhaps just when we call. */
int watching_settle(const struct cmd *c, const char *store_dir, struct err *e)
{
	int rc = -EPIPE;
	for (int i = 0; i < SETTLE_TRIES && rc == -EPIPE; i++) {
		struct watches w = { 0 };
		struct watch_folder *folders = NULL;
		size_t n = 0;
		rc = watches_load(c, store_dir, &w, e);
		if (rc == 0)
			rc = watches_served(&w, &folders, &n, e);
		free(folders);
		watches_free(&w);
		if (rc == 0 && n > 0)
			rc = barrier(c, e);
	}
	return rc;
}

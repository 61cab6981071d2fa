/* The watcher: a loop that hears of changes in its turns, and between them works them off. */
#include "../base/err.h"
#include "../wire/wire.h"
#include "round.h"
#include "watcher.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECHECK_MIN EVENT_SECOND /* a missing folder */
#define RECHECK_MAX (16 * EVENT_SECOND)

/* ---- rounds ---- */

static waitevent on_pause(struct stream *s, waitevent ev, void *rock)
{
	struct watcher *w = rock;

	(void)s;
	(void)ev;
	for (size_t i = 0; i < w->nboxes; i++)
		w->boxes[i]->later = false;
	loop_stop(w->loop); /* there is work: no wait in this turn */
	w->pause = WAITEVENT_NONE;
	return WAITEVENT_NONE;
}

static void pause_box(struct watcher *w, struct box *b)
{
	if (w->pause == WAITEVENT_NONE)
		w->pause = waitevent_add(w->clock, loop_now(w->loop) + ROUND_PAUSE, on_pause, w);
	b->later = w->pause != WAITEVENT_NONE;
}

static void box_trouble(struct watcher *w, struct box *b, int rc, const char *why)
{
	box_down(w, b);
	if (b->trouble != rc)
		desk_log(&w->desk, "%s; waiting for it", why);
	b->trouble = rc;
	b->reopen = b->found; /* there it is, or it is forgotten */
	watcher_recheck(w);
}

/* False when the writer was lost. */
static bool step_box(struct watcher *w, struct box *b, bool *ret_commit)
{
	struct err e = { 0 };

	w->desk.patient = !b->polled;
	b->stepped = true;
	bool scanned = b->f.scanning;
	int rc = round_step(&w->desk, &b->f, &e);
	if (w->desk.broken) {
		seat_lost(w, e.text);
		return false;
	}
	if (rc < 0)
		box_trouble(w, b, rc, e.text);
	else if (rc == ROUND_MORE)
		w->more = true;
	else if (rc == ROUND_LATER)
		pause_box(w, b);
	if (rc == ROUND_DONE && scanned)
		b->changed = b->f.doubt;
	*ret_commit = *ret_commit || !b->f.work.n;
	return true;
}

static bool is_bringing(const struct watcher *w)
{
	for (size_t i = 0; i < w->nboxes; i++)
		if (w->boxes[i]->backend && w->boxes[i]->f.state.take >= WATCH_INDEX &&
		    folder_busy(&w->boxes[i]->f))
			return true;
	return false;
}

/* A step of each, then one commit for all.  Who takes only what the store has is scanned after those
 * who bring. */
static bool step_boxes(struct watcher *w)
{
	bool must = false, bringing = is_bringing(w);

	for (size_t i = 0; i < w->nboxes; i++) {
		struct box *b = w->boxes[i];
		if (!b->backend || b->later || !folder_busy(&b->f))
			continue;
		if (bringing && b->f.want_scan && b->f.state.take == WATCH_TAG) {
			w->more = w->more || w->pause == WAITEVENT_NONE;
			continue;
		}
		if (!step_box(w, b, &must))
			return false;
	}
	w->export_due = w->export_due || must; /* what is written may be news for other folders */
	return !must || seat_commit(w);
}

static bool is_busy(const struct watcher *w)
{
	for (size_t i = 0; i < w->nboxes; i++)
		if (w->boxes[i]->backend && folder_busy(&w->boxes[i]->f))
			return true;
	return false;
}

/* ---- export ---- */

static struct folder *writable(void *rock, const char *url)
{
	struct box *b = box_find(rock, url);

	return b && b->backend && b->f.state.write ? &b->f : NULL;
}

static bool may_export(const struct watcher *w)
{
	return w->export_due && !(w->export_wait && is_busy(w));
}

/* Until a pass finds nothing: a message that changes while it is written stays in the outbox, but
 * nobody tells us again. */
static bool step_export(struct watcher *w)
{
	struct export *x = &w->export;
	struct err e = { 0 };
	int rc = export_step(x, &e);

	if (rc < 0) {
		seat_lost(w, e.text);
		return false;
	}
	w->more = true;
	if (rc > 0)
		return true;
	w->export_wait = x->again && !x->settled;
	w->export_due = x->settled > 0 || x->again;
	x->all = x->all && x->again;
	x->after = 0;
	x->settled = 0;
	x->again = false;
	return true;
}

/* ---- clients ---- */

static void answer(struct watcher *w)
{
	for (size_t i = 0; i < w->nboxes; i++) {
		const struct box *b = w->boxes[i];
		char text[ERR_TEXT_MAX];
		if (!b->backend || !b->f.state.write || !b->f.write_rc)
			continue;
		snprintf(text, sizeof(text), WATCH_ERROR "cannot write to %s: %s", b->f.path,
		         strerror(-b->f.write_rc));
		clients_answer(w, text);
	}
	clients_answer(w, WATCH_OK);
}

void watcher_look_everywhere(struct watcher *w)
{
	for (size_t i = 0; i < w->nboxes; i++) {
		struct box *b = w->boxes[i];
		if (b->backend && b->polled)
			round_scan(&b->f);
		b->reopen = b->reopen || !box_in_place(b);
	}
	for (size_t i = 0; i < w->nroots; i++)
		w->roots[i].walk = true;
	w->export_due = true; /* another daemon may write to this store, too */
}

/* ---- missing folders ---- */

static bool any_missing(const struct watcher *w)
{
	for (size_t i = 0; i < w->nboxes; i++)
		if (!w->boxes[i]->backend)
			return true;
	for (size_t i = 0; i < w->nroots; i++)
		if (w->roots[i].missing)
			return true;
	return false;
}

static waitevent on_recheck(struct stream *s, waitevent ev, void *rock)
{
	struct watcher *w = rock;

	loop_stop(w->loop);
	for (size_t i = 0; i < w->nroots; i++)
		w->roots[i].walk = w->roots[i].walk || w->roots[i].missing;
	for (size_t i = 0; i < w->nboxes; i++)
		w->boxes[i]->reopen = w->boxes[i]->reopen || !w->boxes[i]->backend;
	w->recheck_ns = w->recheck_ns * 2 < RECHECK_MAX ? w->recheck_ns * 2 : RECHECK_MAX;
	if (any_missing(w)) {
		waitevent_set_mark(s, ev, loop_now(w->loop) + w->recheck_ns);
		return ev;
	}
	w->recheck = WAITEVENT_NONE;
	return WAITEVENT_NONE;
}

void watcher_recheck(struct watcher *w)
{
	if (w->recheck != WAITEVENT_NONE)
		return;
	w->recheck_ns = RECHECK_MIN;
	w->recheck = waitevent_add(w->clock, loop_now(w->loop) + w->recheck_ns, on_recheck, w);
	if (w->recheck == WAITEVENT_NONE)
		w->rc = err_sys(w->e, ENOMEM, "cannot watch");
}

/* ---- the door ---- */

static void leave(struct watcher *w, int result)
{
	w->leaving = true;
	w->result = result;
	w->news++; /* what happened until now comes along */
	for (size_t i = 0; i < w->nboxes; i++) {
		struct box *b = w->boxes[i];
		struct folder_dirs dirs;
		struct err e;
		if (!b->backend || b->polled || folder_busy(&b->f) || !b->changed ||
		    b->f.failed.n || folder_open(&b->f, &dirs, &e) < 0)
			continue;
		b->known = folder_look(&dirs, &b->f.look) == 0 && folder_look_certain(&b->f.look);
		folder_close(&dirs);
	}
}

static void on_door(struct stream *s, unsigned ready, void *rock)
{
	struct watcher *w = rock;
	char text[32];
	struct wire_packet p = { .data = text, .cap = sizeof(text) };

	(void)ready;
	int rc = wire_recv(stream_fd(s), &p, MSG_DONTWAIT);
	if (rc == -EAGAIN || rc == -EINTR || rc == -EMSGSIZE)
		return;
	if (rc < 0 || p.len == 0) {
		stream_interest(s, 0);
		leave(w, WATCH_END);
		return;
	}
	if (p.len == 6 && memcmp(text, "reload", 6) == 0) {
		stream_interest(s, 0); /* what follows is for who comes after us */
		leave(w, WATCH_RELOAD);
	}
	for (size_t i = 0; i < p.nfds; i++) {
		if (p.len == 6 && memcmp(text, "client", 6) == 0)
			client_admit(w, &p.fds[i]);
		if (p.fds[i] >= 0)
			close(p.fds[i]);
	}
}

/* Folders that were quiet all along need no scan next time. */
static void leave_looks(struct watcher *w)
{
	struct err e = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && w->seated && i < w->nboxes; i++) {
		struct box *b = w->boxes[i];
		const struct edit ed = { .op = EDIT_SCANNED,
			                 .folder = b->f.url,
			                 .look = b->f.look };
		if (b->backend && b->known && !folder_busy(&b->f))
			rc = desk_edit(&w->desk, &ed, &e);
	}
	if (w->seated && (rc < 0 || desk_commit(&w->desk, &e) < 0))
		desk_log(&w->desk, "%s", e.text);
}

/* ---- the loop ---- */

/* Work off what was heard.  True when it is time to leave. */
static bool work(struct watcher *w)
{
	w->more = false;
	roots_walk(w);
	boxes_reopen(w);
	if (w->seated && step_boxes(w) && may_export(w))
		step_export(w);
	bool idle = w->drained && !w->more && !w->export_due && !is_busy(w);
	if (idle && w->seated)
		answer(w);
	w->more = w->more || (!w->drained && (w->leaving || clients_waiting(w)));
	if (!w->leaving)
		return false;
	return w->drained && (idle || !w->seated || w->result == WATCH_END || !clients_waiting(w));
}

static int run(struct watcher *w)
{
	for (;;) {
		w->news = 0;
		int rc = loop_turn(w->loop, w->more ? 0 : EVENT_NEVER);
		if (rc < 0)
			return err_sys(w->e, -rc, "cannot watch");
		w->drained = w->news == 0;
		bool done = work(w);
		if (w->rc)
			return w->rc;
		if (done)
			return w->result;
	}
}

/* ---- beginning and end ---- */

static int know_look(void *rock, const struct sync_folder *f)
{
	static const struct folder_look unknown;
	struct box *b = box_find(rock, f->url);

	if (b && memcmp(&f->look, &unknown, sizeof(unknown)) != 0) {
		b->f.look = f->look;
		b->known = true;
	}
	return 0;
}

static int begin(struct watcher *w, int door, struct err *e)
{
	w->loop = loop_new(LOOP_MONOTONIC, NULL);
	if (w->loop) {
		w->door = stream_new(w->loop, door, STREAM_READ, on_door, w);
		w->clock = stream_new(w->loop, -1, 0, NULL, NULL);
	}
	if (!w->door || !w->clock)
		return err_sys(e, errno, "cannot watch");
	int rc = seat_take(w, e);
	if (rc == 0)
		rc = roots_init(w, e);
	for (size_t i = 0; rc == 0 && i < w->setup->nfolders; i++) {
		const struct watch_folder *conf = &w->setup->folders[i];
		if (conf->state.take != WATCH_PAUSE && !conf->recursive && !box_find(w, conf->url))
			rc = box_add(w, conf, false, e);
	}
	if (rc < 0)
		return rc;
	roots_walk(w);
	return sync_folders(w->desk.store, know_look, w, e);
}

static void end(struct watcher *w)
{
	clients_free(w);
	backends_close(w);
	seat_leave(w);
	boxes_free(w);
	roots_free(w);
	loop_free(w->loop);
	free(w->complaint);
}

static bool anything_to_watch(const struct watch_setup *s)
{
	for (size_t i = 0; i < s->nfolders; i++)
		if (s->folders[i].state.take != WATCH_PAUSE)
			return true;
	return false;
}

int watch_serve(const struct watch_setup *setup, int door, struct err *e)
{
	struct watcher w = { .setup = setup,
		             .conn = -1,
		             .ear_fd = -1,
		             .patience = SEAT_RETRY_MIN,
		             .more = true,
		             .e = e,
		             .desk = { .setup = setup, .conn = -1 },
		             .export = { .folder = writable } };

	if (!anything_to_watch(setup))
		return WATCH_IDLE;
	signal(SIGIO, SIG_IGN); /* of leases */
	int rc = begin(&w, door, e);
	if (rc == 0)
		rc = run(&w);
	if (rc >= 0)
		leave_looks(&w);
	end(&w);
	return rc;
}

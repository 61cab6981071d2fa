/* A seat at the writer: two connections and a desk, taken again when it was lost. */
#include "../base/err.h"
#include "../store/writer.h"
#include "round.h"
#include "watcher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RETRY_MAX (8 * EVENT_SECOND)

static void on_ear(struct stream *s, unsigned ready, void *rock);

void seat_leave(struct watcher *w)
{
	stream_free(w->ear);
	w->ear = NULL;
	if (w->ear_fd >= 0)
		close(w->ear_fd);
	desk_close(&w->desk);
	if (w->conn >= 0)
		close(w->conn);
	w->conn = w->ear_fd = -1;
	w->desk.setup = w->setup; /* it still has a log */
	w->seated = false;
}

int seat_take(struct watcher *w, struct err *e)
{
	int rc = w->conn = w->setup->connect(w->setup->rock, e);

	if (rc >= 0)
		rc = w->ear_fd = w->setup->connect(w->setup->rock, e);
	if (rc >= 0)
		rc = desk_open(&w->desk, w->setup, w->conn, e);
	if (rc >= 0)
		rc = store_subscribe(w->ear_fd, e);
	if (rc >= 0) {
		w->ear = stream_new(w->loop, w->ear_fd, STREAM_READ, on_ear, w);
		rc = w->ear ? 0 : err_sys(e, errno, "cannot watch");
	}
	if (rc < 0) {
		seat_leave(w);
		return rc;
	}
	w->seated = true;
	w->export = (struct export){
		.d = &w->desk, .folder = w->export.folder, .rock = w, .all = true
	};
	w->export_due = true;
	return 0;
}

static void complain(struct watcher *w, const char *text)
{
	if (w->complaint && strcmp(w->complaint, text) == 0)
		return;
	desk_log(&w->desk, "%s; trying again", text);
	free(w->complaint);
	w->complaint = strdup(text);
}

static waitevent on_retry(struct stream *s, waitevent ev, void *rock)
{
	struct watcher *w = rock;
	struct err e = { 0 };

	loop_stop(w->loop);
	if (seat_take(w, &e) == 0) {
		w->retry = WAITEVENT_NONE;
		return WAITEVENT_NONE;
	}
	complain(w, e.text);
	clients_answer(w, WATCH_ERROR "the store's writer cannot be reached");
	w->patience = w->patience * 2 < RETRY_MAX ? w->patience * 2 : RETRY_MAX;
	waitevent_set_mark(s, ev, loop_now(w->loop) + w->patience);
	return ev;
}

/* Whatever was not committed is found again by a scan, and by what differs. */
void seat_lost(struct watcher *w, const char *why)
{
	complain(w, why);
	seat_leave(w);
	for (size_t i = 0; i < w->nboxes; i++)
		if (w->boxes[i]->stepped || folder_busy(&w->boxes[i]->f))
			round_scan(&w->boxes[i]->f);
	w->patience = w->patience * 2 < RETRY_MAX ? w->patience * 2 : RETRY_MAX;
	w->retry = waitevent_add(w->clock, loop_now(w->loop) + w->patience, on_retry, w);
	if (w->retry == WAITEVENT_NONE)
		w->rc = err_sys(w->e, ENOMEM, "cannot watch");
}

static void on_ear(struct stream *s, unsigned ready, void *rock)
{
	struct watcher *w = rock;

	(void)s;
	(void)ready;
	if (store_news(w->ear_fd) < 0)
		seat_lost(w, "the store's writer has gone");
	w->export_due = true;
	w->export_wait = false;
}

bool seat_commit(struct watcher *w)
{
	struct err e = { 0 };

	if (!desk_idle(&w->desk) && desk_commit(&w->desk, &e) < 0) {
		seat_lost(w, e.text);
		return false;
	}
	w->patience = SEAT_RETRY_MIN;
	free(w->complaint);
	w->complaint = NULL;
	for (size_t i = 0; i < w->nboxes; i++)
		w->boxes[i]->stepped = false;
	return true;
}

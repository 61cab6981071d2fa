/* The watches that a command line means: by number (as ls-watch -l counts), location or filter. */
#ifndef COMMAND_WATCH_CHOICE_H
#define COMMAND_WATCH_CHOICE_H

#include "watches.h"

struct watch_choice {
	const struct watches *w;
	bool *chosen; /* one for each; owned */
	size_t n; /* how many are */
};

enum { CHOICE_EXACT = 1 }; /* no filters: what is done cannot be undone */

/* 0, or -ENOENT for what fits no watch. */
int watch_choice_init(struct watch_choice *wc, const struct watches *w, struct err *e);
int watch_choice_add(struct watch_choice *wc, const char *arg, unsigned flags, struct err *e);
void watch_choice_add_where(struct watch_choice *wc, bool (*fits)(const struct watch_entry *));
void watch_choice_free(struct watch_choice *wc);

#endif

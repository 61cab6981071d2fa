/* kit: virtual time.  The clocks move while the implementation sleeps, and when the script says so. */
#include "kit_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

/* What a look without waiting costs when it is not the first of its command: else an
 * implementation that keeps looking would do so for ever within one tick.  So short that it is
 * told from one that rests for a millisecond. */
#define LOOK_NS INT64_C(250000)

int64_t kit_later(int64_t t, int64_t by)
{
	if (by > 0 && t > KIT_TIME_MAX - by)
		return KIT_TIME_MAX;
	if (by < 0 && t < -KIT_TIME_MAX - by)
		return -KIT_TIME_MAX;
	return t + by;
}

int64_t kit_now(const struct kit *k, enum kit_clock clock)
{
	return k->now[clock];
}

void spend(struct kit *k)
{
	if (++k->spent <= k->guard || k->over)
		return;
	say(k, "spin");
	finish(k, KIT_SPIN);
}

static void carry_out(struct kit *k, const struct item *it)
{
	switch (it->kind) {
	case ITEM_INPUT:
	case ITEM_INPUT_LINE:
		stream_input(it->stream, it->n, it->kind == ITEM_INPUT_LINE);
		break;
	case ITEM_EOF:
		stream_eof(it->stream);
		break;
	case ITEM_SIGNAL:
		k->interrupted = true;
		break;
	case ITEM_STEP:
		k->now[KIT_WALL] = kit_later(k->now[KIT_WALL], it->n);
		break;
	}
}

void clock_schedule(struct kit *k, const struct item *it)
{
	if (it->at <= k->now[KIT_MONO]) {
		carry_out(k, it);
		return;
	}
	struct item *own = malloc(sizeof(*own));
	if (!own || ++k->nitems > KIT_ITEMS_MAX) {
		free(own);
		malformed(k, "fewer scheduled items", (struct word){ "at", 2 });
		return;
	}
	*own = *it;
	struct item **at = &k->items;
	if (k->last_item && k->last_item->at <= it->at)
		at = &k->last_item->next;
	else
		while (*at && (*at)->at <= it->at)
			at = &(*at)->next;
	own->next = *at;
	*at = own;
	if (!own->next)
		k->last_item = own;
}

static void pop(struct kit *k)
{
	struct item *it = k->items;
	k->items = it->next;
	k->nitems--;
	if (!k->items)
		k->last_item = NULL;
	free(it);
}

void clock_forget(struct kit *k)
{
	while (k->items)
		pop(k);
}

static void move_to(struct kit *k, int64_t mono)
{
	if (mono > k->now[KIT_MONO]) {
		k->now[KIT_WALL] = kit_later(k->now[KIT_WALL], mono - k->now[KIT_MONO]);
		k->now[KIT_MONO] = mono;
	}
}

static void advance_to(struct kit *k, int64_t end)
{
	delivered(k);
	while (k->items && k->items->at <= end && !k->over) {
		struct item it = *k->items;
		pop(k);
		move_to(k, it.at);
		carry_out(k, &it);
	}
	move_to(k, end);
}

void clock_advance(struct kit *k, int64_t by)
{
	advance_to(k, kit_later(k->now[KIT_MONO], by));
	k->interrupted = false;
}

static void say_sleep(struct kit *k, int64_t ns)
{
	char span[32];
	if (ns == KIT_NEVER)
		say(k, "sleep ever");
	else {
		show_time(ns, span);
		say(k, "sleep %s", span);
	}
}

/* A wait of no time. */
static int look(struct kit *k)
{
	delivered(k);
	if (k->looks++)
		clock_advance(k, LOOK_NS);
	return 0;
}

int kit_sleep(struct kit *k, int64_t ns)
{
	spend(k);
	if (k->over)
		return -ECANCELED;
	if (ns <= 0)
		return look(k);
	if (k->watch && k->watch->sleep)
		k->watch->sleep(k->watch->rock, ns);
	delivered(k);
	say_sleep(k, ns);
	int64_t end = ns == KIT_NEVER ? KIT_NEVER : kit_later(k->now[KIT_MONO], ns);
	if (k->items && k->items->at < end)
		end = k->items->at;
	/* The last moment of all is for ever, too: the clocks never get past it. */
	if (end >= KIT_TIME_MAX) {
		say(k, "blocked");
		finish(k, KIT_BLOCKED);
		return -ECANCELED;
	}
	k->interrupted = false;
	advance_to(k, end);
	return k->over ? -ECANCELED : k->interrupted ? -EINTR : 0;
}

int kit_poll(struct kit *k, struct pollfd *fds, nfds_t n, int64_t ns)
{
	static const struct timespec no_time;
	int64_t end = ns == KIT_NEVER ? KIT_NEVER : kit_later(k->now[KIT_MONO], ns);

	for (;;) {
		int ready = ppoll(fds, n, &no_time, NULL);
		if (ready)
			return ready < 0 ? -errno : ready;
		int64_t left = ns == KIT_NEVER ? KIT_NEVER : end - k->now[KIT_MONO];
		if (left <= 0 && ns > 0)
			return 0;
		int rc = kit_sleep(k, left);
		if (rc || ns <= 0)
			return rc;
	}
}

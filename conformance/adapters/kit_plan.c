/* kit: what callbacks do.  A plan is a list of firings, a firing a list of actions; the last of
 * them, and nothing else, says how the callback returns. */
#include "kit_internal.h"

#include <stdlib.h>
#include <string.h>

enum verb {
	ACT_ADD,
	ACT_REMOVE,
	ACT_MARK,
	ACT_LIMIT,
	ACT_TOUCH,
	ACT_NONBLOCK,
	ACT_FREE,
	ACT_INPUT,
	ACT_EOF,
	ACT_OUTPUT,
	ACT_FLUSH,
	ACT_READ,
	ACT_TAKE,
	RETURN_AGAIN, /* from here on: how it returns */
	RETURN_KEEP,
	RETURN_GONE,
	RETURN_NONE,
	RETURN_STALE,
	RETURN_OTHER,
	RETURN_LOST,
};

/* What follows the verb: stream, name of an event, mark, then n or on, each if there is one. */
static const struct {
	const char *text;
	bool stream, name, mark;
	enum { NOTHING, SPAN, LIMIT, COUNT, SWITCH } rest;
} verbs[] = {
	[ACT_ADD] = { "add", true, true, true, NOTHING },
	[ACT_REMOVE] = { "remove", true, true, false, NOTHING },
	[ACT_MARK] = { "mark", false, true, true, NOTHING },
	[ACT_LIMIT] = { "limit", true, false, false, LIMIT },
	[ACT_TOUCH] = { "touch", true, false, false, NOTHING },
	[ACT_NONBLOCK] = { "nonblock", true, false, false, SWITCH },
	[ACT_FREE] = { "free", true, false, false, NOTHING },
	[ACT_INPUT] = { "input", true, false, false, COUNT },
	[ACT_EOF] = { "eof", true, false, false, NOTHING },
	[ACT_OUTPUT] = { "output", false, false, false, COUNT },
	[ACT_FLUSH] = { "flush", false, false, false, NOTHING },
	[ACT_READ] = { "read", true, false, false, COUNT },
	[ACT_TAKE] = { "take", false, false, false, SPAN },
	[RETURN_AGAIN] = { "again", false, false, true, NOTHING },
	[RETURN_KEEP] = { "keep", false, false, false, NOTHING },
	[RETURN_GONE] = { "gone", false, false, false, NOTHING },
	[RETURN_NONE] = { "none", false, false, false, NOTHING },
	[RETURN_STALE] = { "stale", false, false, false, NOTHING },
	[RETURN_OTHER] = { "other", false, true, false, NOTHING },
	[RETURN_LOST] = { "lost", false, false, true, NOTHING },
};

struct action {
	enum verb verb;
	struct kit_stream *stream;
	struct name *name;
	struct mark mark;
	int64_t n;
	bool on;
};

struct plan {
	struct action *actions;
	size_t n, cap;
};

static struct action returns_none = { .verb = RETURN_NONE };
const struct plan kit_no_plan = { &returns_none, 1, 1 };

void plan_free(struct plan *p)
{
	if (p)
		free(p->actions);
	free(p);
}

/* ---- reading ---- */

/* Does the implementation have what it takes? */
static bool can(const struct kit_impl *impl, enum verb verb)
{
	switch (verb) {
	case ACT_ADD:
		return impl->add;
	case ACT_MARK:
	case RETURN_AGAIN:
	case RETURN_LOST:
		return impl->mark;
	case ACT_REMOVE:
	case RETURN_GONE:
	case RETURN_STALE:
		return impl->remove;
	case ACT_LIMIT:
		return impl->limit;
	case ACT_TOUCH:
		return impl->touch;
	case ACT_NONBLOCK:
		return impl->nonblock;
	case ACT_OUTPUT:
	case ACT_FLUSH:
		return impl->output && impl->flush;
	default:
		return true;
	}
}

static bool take_verb(struct line *l, enum verb *ret)
{
	struct word w;
	if (!take_word(l, &w, "an action"))
		return false;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (is_word(w, verbs[i].text) && can(l->k->impl, (enum verb)i)) {
			*ret = (enum verb)i;
			return true;
		}
	unsupported(l->k, w);
	return false;
}

static bool take_rest(struct line *l, struct action *a)
{
	switch (verbs[a->verb].rest) {
	case SPAN:
		return take_span(l, &a->n, "a span of time");
	case LIMIT:
		return take_limit(l, &a->n);
	case COUNT:
		return take_count(l, &a->n, "a number of bytes");
	case SWITCH:
		return take_switch(l, &a->on);
	case NOTHING:
		break;
	}
	return true;
}

static bool take_action(struct line *l, struct action *a)
{
	char name[KIT_NAME_MAX + 1];
	if (!take_verb(l, &a->verb))
		return false;
	if (verbs[a->verb].stream &&
	    (!take_name(l, name, "a stream") || !(a->stream = stream_named(l->k, name))))
		return false;
	if (verbs[a->verb].name &&
	    (!take_name(l, name, "an event") || !(a->name = name_of(l->k, name))))
		return false;
	return (!verbs[a->verb].mark || take_mark(l, &a->mark)) && take_rest(l, a);
}

static bool append(struct kit *k, struct plan *p, const struct action *a)
{
	if (p->n == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 4;
		struct action *grown = reallocarray(p->actions, cap, sizeof(*grown));
		if (!grown) {
			malformed(k, "a shorter plan", (struct word){ "", 0 });
			return false;
		}
		p->actions = grown;
		p->cap = cap;
	}
	p->actions[p->n++] = *a;
	return true;
}

struct plan *plan_parse(struct line *l)
{
	struct plan *p = calloc(1, sizeof(*p));
	struct word w;
	bool more = p != NULL;

	while (more) {
		struct action a = { .verb = RETURN_NONE };
		if (!take_action(l, &a) || !append(l->k, p, &a))
			break;
		bool final = a.verb >= RETURN_AGAIN;
		more = next_word(l, &w);
		if (!more && final)
			return p;
		if (!more || !is_word(w, final ? "|" : ";")) {
			malformed(l->k, final ? "| or the end" : "; and how it returns",
			          more ? w : (struct word){ "", 0 });
			break;
		}
	}
	plan_free(p);
	return NULL;
}

/* ---- carrying out ---- */

/* What the implementation does to a stream that is there. */
static void act_on(const struct kit_impl *impl, void *s, const struct action *a)
{
	if (a->verb == ACT_LIMIT)
		impl->limit(s, a->n);
	else if (a->verb == ACT_TOUCH)
		impl->touch(s);
	else if (a->verb == ACT_NONBLOCK)
		impl->nonblock(s, a->on);
	else if (a->verb == ACT_FLUSH)
		impl->flush(s);
}

static void act(struct kit_event *ev, const struct action *a)
{
	struct kit *k = ev->k;
	switch (a->verb) {
	case ACT_ADD:
		add_event(k, a->stream, a->name, false, mark_time(k, a->mark));
		break;
	case ACT_REMOVE:
		remove_event(a->stream, a->name);
		break;
	case ACT_MARK:
		mark_event(a->name, a->mark);
		break;
	case ACT_FREE:
		stream_drop(a->stream);
		break;
	case ACT_INPUT:
		stream_input(a->stream, a->n, false);
		break;
	case ACT_EOF:
		stream_eof(a->stream);
		break;
	case ACT_OUTPUT:
		stream_output(ev->stream, a->n);
		break;
	case ACT_FLUSH:
		if (ev->stream->obj && ev->stream->out >= 0)
			act_on(k->impl, ev->stream->obj, a);
		break;
	case ACT_READ:
		stream_read_from(a->stream, a->n, false);
		break;
	case ACT_TAKE:
		clock_advance(k, a->n);
		break;
	default:
		if (a->stream->obj)
			act_on(k->impl, a->stream->obj, a);
	}
	delivered(k);
}

static uint64_t returned(struct kit_event *ev, void *s, uint64_t handle, const struct action *a)
{
	const struct kit_impl *impl = ev->k->impl;
	switch (a->verb) {
	case RETURN_AGAIN:
	case RETURN_LOST:
		impl->mark(s, handle, mark_time(ev->k, a->mark));
		return a->verb == RETURN_AGAIN ? handle : 0;
	case RETURN_GONE:
	case RETURN_STALE:
		impl->remove(s, handle);
		return a->verb == RETURN_STALE ? handle : 0;
	case RETURN_OTHER:
		return a->name->last ? a->name->last->handle : 0;
	case RETURN_KEEP:
		return handle;
	default:
		return 0;
	}
}

static void check_arguments(struct kit_event *ev, void *s, uint64_t handle)
{
	if (s != ev->stream->obj || ev->life != ev->stream->life)
		kit_error(ev->k, NULL, "a callback got another stream than its own");
	else if (handle != ev->handle)
		kit_error(ev->k, s, "a callback got another event than its own");
}

/* The actions of the firing that is next, and how it returns. */
static uint64_t perform(struct kit_event *ev, void *s, uint64_t handle)
{
	struct kit *k = ev->k;
	const struct plan *p = ev->plan;
	size_t begin = ev->firings, i = begin;

	while (p->actions[i].verb < RETURN_AGAIN)
		i++;
	if (i + 1 < p->n)
		ev->firings = i + 1; /* where the next one begins; the last repeats */
	for (size_t at = begin; at < i && !k->over; at++)
		act(ev, &p->actions[at]);
	/* The stream may be gone, and its event with it. */
	if (k->over || ev->stream->obj != s || ev->life != ev->stream->life)
		return 0;
	return returned(ev, s, handle, &p->actions[i]);
}

uint64_t kit_fire(struct kit_event *ev, void *s, uint64_t handle)
{
	struct kit *k = ev->k;
	const struct kit_watch *w = k->watch;

	if (k->over)
		return 0;
	if (w && w->fire)
		w->fire(w->rock, s, handle);
	say(k, "fire %s", ev->name->text);
	check_arguments(ev, s, handle);
	spend(k);
	if (++k->depth > KIT_DEPTH_MAX && !k->over) {
		say(k, "spin");
		finish(k, KIT_SPIN);
	}
	uint64_t ret = k->over ? 0 : perform(ev, s, handle);
	k->depth--;
	if (w && w->fired)
		w->fired(w->rock, handle, ret);
	return ret;
}

/* kit: names of events, and what was added under them. */
#include "kit_internal.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int by_text(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	return strcmp(x->text, y->text);
}

struct name *name_of(struct kit *k, const char *text)
{
	struct name *own = calloc(1, sizeof(*own));
	if (own)
		strcpy(own->text, text);
	struct name **found = own ? tsearch(own, &k->names, by_text) : NULL;
	if (!found || *found != own)
		free(own);
	if (!found)
		malformed(k, "fewer names", (struct word){ text, strlen(text) });
	return found ? *found : NULL;
}

const char *kit_event_name(const struct kit_event *ev)
{
	return ev->name->text;
}

bool plan_of(struct line *l, struct name *n)
{
	struct kit *k = l->k;
	if (k->nplans == k->plans_cap) {
		size_t cap = k->plans_cap ? 2 * k->plans_cap : 16;
		struct plan **grown = reallocarray(k->plans, cap, sizeof(*grown));
		if (!grown) {
			malformed(k, "fewer plans", (struct word){ n->text, strlen(n->text) });
			return false;
		}
		k->plans = grown;
		k->plans_cap = cap;
	}
	struct plan *p = plan_parse(l);
	if (!p)
		return false;
	k->plans[k->nplans++] = p;
	n->plan = p;
	return true;
}

int64_t mark_time(const struct kit *k, struct mark m)
{
	int64_t now = k->now[KIT_WALL], granule = k->impl->granule_ns;
	if (granule) {
		int64_t beyond = now % granule;
		now -= beyond < 0 ? beyond + granule : beyond;
	}
	return m.relative ? kit_later(now, m.ns) : m.ns;
}

void add_event(struct kit *k, struct kit_stream *s, struct name *n, bool idle, int64_t when)
{
	const struct kit_impl *impl = k->impl;
	struct kit_event *ev = NULL;
	if (lacks(k, idle ? impl->add_idle != NULL : impl->add != NULL, idle ? "add-idle" : "add"))
		return;
	if (s->obj && k->nevents++ < KIT_EVENTS_MAX)
		ev = calloc(1, sizeof(*ev));
	if (s->obj && !ev) {
		malformed(k, "fewer events", (struct word){ n->text, strlen(n->text) });
		return;
	}
	if (ev) {
		*ev = (struct kit_event){ .k = k, .next = k->events, .name = n, .stream = s };
		k->events = ev;
		ev->plan = n->plan ? n->plan : &kit_no_plan;
		ev->life = s->life;
		ev->handle = idle ? impl->add_idle(s->obj, when, ev) : impl->add(s->obj, when, ev);
	}
	if (ev && ev->handle)
		n->last = ev;
	else if (!k->over)
		say(k, "refused %s", n->text);
}

void remove_event(struct kit_stream *s, const struct name *n)
{
	struct kit *k = s->k;
	if (s->obj && !lacks(k, k->impl->remove, "remove"))
		k->impl->remove(s->obj, n->last ? n->last->handle : 0);
}

void mark_event(const struct name *n, struct mark m)
{
	struct kit_event *ev = n->last;
	if (ev && ev->stream->obj && ev->life == ev->stream->life &&
	    !lacks(ev->k, ev->k->impl->mark, "mark"))
		ev->k->impl->mark(ev->stream->obj, ev->handle, mark_time(ev->k, m));
}

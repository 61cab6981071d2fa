/* kit: the commands of a script, one a line. */
#include "kit_internal.h"

#include <string.h>

static struct kit_stream *take_stream(struct line *l)
{
	char name[KIT_NAME_MAX + 1];
	return take_name(l, name, "a stream") ? stream_named(l->k, name) : NULL;
}

static struct name *take_event(struct line *l)
{
	char name[KIT_NAME_MAX + 1];
	return take_name(l, name, "an event") ? name_of(l->k, name) : NULL;
}

static void do_stream(struct line *l)
{
	struct kit_words words = { .limit_ns = KIT_NEVER };
	const struct kit_impl *impl = l->k->impl;
	bool bare = false, bound = false;
	struct kit_stream *s = take_stream(l);
	struct word w;

	while (s && next_word(l, &w)) {
		if (is_word(w, "nonblock"))
			words.nonblock = !lacks(l->k, impl->nonblock, "nonblock");
		else if (is_word(w, "write"))
			words.write = true;
		else if (is_word(w, "bare"))
			bare = true;
		else if (is_word(w, "bound"))
			bound = !lacks(l->k, impl->output && impl->flush, "bound");
		else if (!is_word(w, "limit"))
			malformed(l->k, "a word for a stream", w);
		else if (take_limit(l, &words.limit_ns))
			lacks(l->k, impl->limit, "limit");
	}
	if (s && !l->k->over)
		stream_make(s, &words, bare, bound);
}

static void do_define(struct line *l)
{
	struct name *n = take_event(l);
	if (n)
		plan_of(l, n);
}

static void add(struct line *l, bool idle)
{
	struct kit_stream *s = take_stream(l);
	struct name *n = s ? take_event(l) : NULL;
	struct mark m = { false, 0 };
	struct word w;
	if (!n || !(idle ? take_span(l, &m.ns, "a span of time") : take_mark(l, &m)))
		return;
	struct line rest = *l;
	if (next_word(&rest, &w) && !plan_of(l, n))
		return;
	add_event(l->k, s, n, idle, mark_time(l->k, m));
}

static void do_add(struct line *l)
{
	add(l, false);
}

static void do_add_idle(struct line *l)
{
	add(l, true);
}

static void do_mark(struct line *l)
{
	struct name *n = take_event(l);
	struct mark m;
	if (n && take_mark(l, &m) && take_end(l))
		mark_event(n, m);
}

static void do_remove(struct line *l)
{
	struct kit_stream *s = take_stream(l);
	struct name *n = s ? take_event(l) : NULL;
	if (n && take_end(l))
		remove_event(s, n);
}

static void do_remove_none(struct line *l)
{
	struct kit_stream *s = take_stream(l);
	if (s && take_end(l) && s->obj && !lacks(l->k, l->k->impl->remove, "remove-none"))
		l->k->impl->remove(s->obj, 0);
}

static void do_limit(struct line *l)
{
	struct kit_stream *s = take_stream(l);
	int64_t ns;
	if (s && take_limit(l, &ns) && take_end(l) && s->obj &&
	    !lacks(l->k, l->k->impl->limit, "limit"))
		l->k->impl->limit(s->obj, ns);
}

static void do_touch(struct line *l)
{
	struct kit_stream *s = take_stream(l);
	if (s && take_end(l) && s->obj && !lacks(l->k, l->k->impl->touch, "touch"))
		l->k->impl->touch(s->obj);
}

static void do_nonblock(struct line *l)
{
	struct kit_stream *s = take_stream(l);
	bool on;
	if (s && take_switch(l, &on) && take_end(l) && s->obj &&
	    !lacks(l->k, l->k->impl->nonblock, "nonblock"))
		l->k->impl->nonblock(s->obj, on);
}

/* What may end in `at TIME`. */
static void schedule(struct line *l, struct item it)
{
	struct word w;
	it.at = l->k->now[KIT_MONO];
	if (next_word(l, &w)) {
		if (!is_word(w, "at"))
			malformed(l->k, "at", w);
		else if (!take_time(l, &it.at, "a time"))
			return;
	}
	if (!l->k->over && take_end(l))
		clock_schedule(l->k, &it);
}

static void input(struct line *l, enum item_kind kind)
{
	struct item it = { .kind = kind, .stream = take_stream(l) };
	if (it.stream && (kind == ITEM_EOF || take_count(l, &it.n, "a number of bytes")))
		schedule(l, it);
}

static void do_input(struct line *l)
{
	input(l, ITEM_INPUT);
}

static void do_input_line(struct line *l)
{
	input(l, ITEM_INPUT_LINE);
}

static void do_eof(struct line *l)
{
	input(l, ITEM_EOF);
}

static void do_signal(struct line *l)
{
	schedule(l, (struct item){ .kind = ITEM_SIGNAL });
}

static void do_step(struct line *l)
{
	struct item it = { .kind = ITEM_STEP };
	if (take_time(l, &it.n, "a span of time"))
		schedule(l, it);
}

static void do_busy(struct line *l)
{
	int64_t ns;
	if (take_span(l, &ns, "a span of time") && take_end(l))
		clock_advance(l->k, ns);
}

static void do_read(struct line *l)
{
	struct kit_stream *s = take_stream(l);
	struct line rest = *l;
	struct word w;
	int64_t n = 1;
	if (s && (!next_word(&rest, &w) || take_count(l, &n, "a number of bytes")) && take_end(l))
		stream_read_from(s, n, false);
}

static void do_line(struct line *l)
{
	struct kit_stream *s = take_stream(l);
	if (s && take_end(l))
		stream_read_from(s, 0, true);
}

static void do_free(struct line *l)
{
	struct kit_stream *s = take_stream(l);
	if (s && take_end(l))
		stream_drop(s);
}

/* ---- turns ---- */

void kit_turned(struct kit *k, enum kit_ready what, const void *s)
{
	for (size_t i = 0; i < k->nstreams; i++)
		if (what == KIT_DUE || (s && k->streams[i]->obj == s))
			k->streams[i]->ready[what] = true;
}

static bool print_ready(struct kit *k, enum kit_ready what, const char *word)
{
	bool any = false;
	for (size_t i = 0; i < k->nstreams; i++) {
		if (k->streams[i]->ready[what]) {
			if (!any)
				fprintf(k->trace, " %s", word);
			if (what != KIT_DUE)
				fprintf(k->trace, " %s", k->streams[i]->name);
			any = true;
		}
	}
	return any;
}

static void say_turned(struct kit *k)
{
	char now[32];
	if (!k->trace)
		return;
	show_time(k->now[KIT_MONO], now);
	fprintf(k->trace, "%s turned", now);
	bool any = print_ready(k, KIT_INPUT, "input");
	any = print_ready(k, KIT_DUE, "due") || any;
	any = print_ready(k, KIT_IDLE, "idle") || any;
	fprintf(k->trace, "%s\n", any ? "" : " none");
}

static void do_turn(struct line *l)
{
	struct kit *k = l->k;
	struct line rest = *l;
	struct word w;
	int64_t ns = KIT_NEVER;
	if ((next_word(&rest, &w) && !take_span(l, &ns, "a span of time")) || !take_end(l) ||
	    lacks(k, k->impl->turn, "turn"))
		return;
	for (size_t i = 0; i < k->nstreams; i++)
		memset(k->streams[i]->ready, 0, sizeof(k->streams[i]->ready));
	int rc = k->impl->turn(k->all, ns);
	if (k->over)
		return;
	if (rc)
		kit_error(k, NULL, strerror(-rc));
	else
		say_turned(k);
}

/* ---- lines ---- */

static const struct {
	const char *word;
	void (*run)(struct line *l);
} commands[] = {
	{ "stream", do_stream },
	{ "add", do_add },
	{ "add-idle", do_add_idle },
	{ "define", do_define },
	{ "mark", do_mark },
	{ "remove", do_remove },
	{ "remove-none", do_remove_none },
	{ "limit", do_limit },
	{ "touch", do_touch },
	{ "nonblock", do_nonblock },
	{ "input", do_input },
	{ "input-line", do_input_line },
	{ "eof", do_eof },
	{ "signal", do_signal },
	{ "step", do_step },
	{ "busy", do_busy },
	{ "read", do_read },
	{ "line", do_line },
	{ "turn", do_turn },
	{ "free", do_free },
};

void command_run(struct kit *k, const char *at, const char *end)
{
	struct line l = { k, at, end };
	struct word w;
	k->line_no++;
	k->spent = k->looks = 0;
	if (!next_word(&l, &w) || *w.at == '#')
		return;
	for (const char *p = at; p < end; p++)
		if ((*p < ' ' && *p != '\t') || *p > '~') {
			malformed(k, "printable ASCII", (struct word){ "", 0 });
			return;
		}
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (is_word(w, commands[i].word)) {
			commands[i].run(&l);
			delivered(k);
			return;
		}
	unsupported(k, w);
}

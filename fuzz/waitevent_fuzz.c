/* Bytes become a script for wait events (conformance/adapters/PROTOCOL.md), carried out by our own
 * library under virtual time.  A first byte `#` means that the rest is the text of a script; else
 * every byte is a choice, so that nearly all scripts are valid.
 *
 * Whatever the script: no event runs before its time, after its end, outside a wait, inside another
 * callback, or twice in one turn; nothing sleeps past an event, or reports the idle limit early; and
 * no descriptor is left open. */
#include "../conformance/adapters/kit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

extern const struct kit_impl adapter;

enum { LEN_MAX = 2048, SCRIPT_MAX = 1 << 16, GUARD = 400, EVENTS_MAX = 4096, STREAMS_MAX = 512 };
#define RETRY_NS 1000000 /* what is due again has a rest of this long; nothing need be more exact */

#define must(what) ((what) ? (void)0 : fail(#what))

static void fail(const char *what)
{
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

/* ---- what is known of the library ---- */

struct known_event {
	uint64_t handle;
	void *stream;
	bool live, idle;
	int64_t at_ns; /* its mark; of an idle event the earliest time that it is due */
	int64_t idle_ns;
	bool was_due; /* when the command began */
	bool fresh; /* added or marked by a callback since then, or the last sleep */
	unsigned fired; /* since the last sleep, or the beginning of the command */
};

struct known_stream {
	void *stream;
	int64_t since_ns, limit_ns; /* its idle time began then, or later */
	bool ended;
	bool reached; /* the limit, in a turn, perhaps; then it has ended */
};

static struct {
	struct kit *k;
	struct known_event events[EVENTS_MAX];
	struct known_stream streams[STREAMS_MAX];
	size_t nevents, nstreams;
	void *waiting; /* the stream of the read that runs */
	bool in_read, in_turn;
	unsigned depth; /* of callbacks */
	bool awake; /* since the last sleep something has run, and it began then */
	int64_t woke_ns[2]; /* enum kit_clock */
	int64_t latest_ns; /* what the wall clock has read since */
} known;

static int64_t mono(void)
{
	return kit_now(known.k, KIT_MONO);
}

static struct known_event *event_of(uint64_t handle)
{
	for (size_t i = known.nevents; i-- > 0;)
		if (known.events[i].handle == handle)
			return &known.events[i];
	return NULL;
}

static struct known_stream *stream_of(void *s)
{
	for (size_t i = known.nstreams; i-- > 0;)
		if (known.streams[i].stream == s)
			return &known.streams[i];
	abort();
}

static bool is_due(const struct known_event *ev)
{
	return ev->at_ns <= (ev->idle ? mono() : kit_now(known.k, KIT_WALL));
}

/* At the earliest: input that only the library has seen may have put it off. */
static bool limit_reached(const struct known_stream *s)
{
	return mono() - s->since_ns >= s->limit_ns;
}

/* ---- the library, watched ---- */

static void *begin(struct kit *k)
{
	memset(&known, 0, sizeof(known));
	known.k = k;
	return adapter.begin(k);
}

static void *make(struct kit *k, void *all, const struct kit_words *w)
{
	void *s = adapter.stream_new(k, all, w);
	if (s && known.nstreams == STREAMS_MAX) {
		adapter.stream_free(s);
		kit_unsupported(k, "more");
		return NULL;
	}
	if (s)
		known.streams[known.nstreams++] = (struct known_stream){ .stream = s,
			                                                 .since_ns = mono(),
			                                                 .limit_ns = w->limit_ns };
	return s;
}

static void drop(void *s)
{
	for (size_t i = 0; i < known.nevents; i++)
		if (known.events[i].stream == s)
			known.events[i].live = false;
	stream_of(s)->stream = NULL;
	adapter.stream_free(s);
}

static void limit(void *s, int64_t ns)
{
	stream_of(s)->limit_ns = ns;
	adapter.limit(s, ns);
}

static void touch(void *s)
{
	stream_of(s)->since_ns = mono();
	for (size_t i = 0; i < known.nevents; i++)
		if (known.events[i].stream == s && known.events[i].idle)
			known.events[i].at_ns = kit_later(mono(), known.events[i].idle_ns);
	adapter.touch(s);
}

static uint64_t added(uint64_t handle, struct known_event ev)
{
	if (!handle)
		return 0;
	struct known_event *same = event_of(handle);
	must(!same);
	if (known.nevents == EVENTS_MAX) {
		kit_unsupported(known.k, "more");
		return handle;
	}
	ev.handle = handle;
	ev.live = true;
	ev.fresh = known.depth > 0;
	known.events[known.nevents++] = ev;
	return handle;
}

static uint64_t add(void *s, int64_t mark_ns, struct kit_event *ev)
{
	return added(adapter.add(s, mark_ns, ev),
	             (struct known_event){ .stream = s, .at_ns = mark_ns });
}

static uint64_t add_idle(void *s, int64_t idle_ns, struct kit_event *ev)
{
	return added(adapter.add_idle(s, idle_ns, ev),
	             (struct known_event){ .stream = s,
	                                   .idle = true,
	                                   .idle_ns = idle_ns,
	                                   .at_ns = kit_later(mono(), idle_ns) });
}

static void set_mark(void *s, uint64_t handle, int64_t mark_ns)
{
	struct known_event *ev = event_of(handle);
	if (ev && ev->live && ev->stream == s && !ev->idle) {
		ev->at_ns = mark_ns;
		ev->fresh = known.depth > 0;
	}
	adapter.mark(s, handle, mark_ns);
}

static void drop_event(void *s, uint64_t handle)
{
	struct known_event *ev = event_of(handle);
	if (ev && ev->stream == s)
		ev->live = false;
	adapter.remove(s, handle);
}

static void wake(void)
{
	for (int i = 0; i < 2 && !known.awake; i++)
		known.woke_ns[i] = kit_now(known.k, (enum kit_clock)i);
	if (!known.awake)
		known.latest_ns = known.woke_ns[KIT_WALL];
	known.awake = true;
}

static void fire(void *rock, void *s, uint64_t handle)
{
	struct known_event *ev = event_of(handle);
	(void)rock;
	must(ev && ev->live && ev->stream == s);
	wake();
	/* Or was, when its pass began: a slow callback may see the clock stepped back. */
	must(is_due(ev) || (!ev->idle && ev->at_ns <= known.latest_ns));
	if (known.latest_ns < kit_now(known.k, KIT_WALL))
		known.latest_ns = kit_now(known.k, KIT_WALL);
	must(known.in_turn || (known.in_read && known.waiting == s));
	must(known.depth++ == 0);
	must(++ev->fired == 1 || !known.in_turn);
	if (ev->idle)
		ev->at_ns = kit_later(known.woke_ns[KIT_MONO], ev->idle_ns);
}

static void fired(void *rock, uint64_t handle, uint64_t returned)
{
	(void)rock;
	known.depth--;
	if (returned != handle)
		event_of(handle)->live = false;
}

/* Events of this wait that are due have run, but for those that a callback has made due, by its hand
 * or by being slow: they have a rest, a poll makes only one pass, and the idle limit is reached.  (When an idle event is due depends on input that
 * only the library has seen.) */
static void all_have_run(ssize_t got, int64_t *ret_next)
{
	for (size_t i = 0; i < known.nevents; i++) {
		struct known_event *ev = &known.events[i];
		if (!ev->live || ev->idle || ev->at_ns == KIT_NEVER ||
		    (known.in_read && ev->stream != known.waiting))
			continue;
		must(!is_due(ev) || ev->fired || ev->fresh || (got == -EAGAIN && !ev->was_due) ||
		     (got == -ETIMEDOUT && ev->at_ns > known.woke_ns[KIT_WALL]));
		int64_t left = 0;
		if (!is_due(ev) &&
		    __builtin_sub_overflow(ev->at_ns, kit_now(known.k, KIT_WALL), &left))
			left = KIT_NEVER;
		if (left < *ret_next)
			*ret_next = left;
	}
}

static void new_wait(void)
{
	known.awake = false;
	for (size_t i = 0; i < known.nevents; i++)
		known.events[i].fired = known.events[i].fresh = 0;
}

static void new_command(void)
{
	new_wait();
	for (size_t i = 0; i < known.nevents; i++)
		known.events[i].was_due = is_due(&known.events[i]);
}

static void asleep(void *rock, int64_t ns)
{
	int64_t next = KIT_NEVER;
	(void)rock;
	must((known.in_read || known.in_turn) && known.depth == 0);
	all_have_run(0, &next);
	must(ns > 0 && (ns <= next || (next < RETRY_NS && ns <= RETRY_NS)));
	if (known.in_read)
		new_wait();
}

static ssize_t reading(void *s, char *buf, size_t n, ssize_t (*call)(void *, char *, size_t))
{
	if (known.depth)
		return call(s, buf, n);
	bool ended = stream_of(s)->ended;
	int64_t next = KIT_NEVER;
	known.waiting = s;
	known.in_read = true;
	new_command();
	ssize_t got = call(s, buf, n);
	known.in_read = false;
	wake();
	for (size_t i = 0; i < known.nstreams; i++) {
		struct known_stream *own = &known.streams[i];
		if (own->stream != s || ended)
			continue;
		known.in_read = true;
		if (!own->reached && !kit_over(known.k) && (got == -EAGAIN || got == -ETIMEDOUT))
			all_have_run(got, &next);
		known.in_read = false;
		must(got != -ETIMEDOUT || own->reached || limit_reached(own));
		own->ended = got <= 0 && got != -EAGAIN;
	}
	return got;
}

static ssize_t read_some(void *s, char *buf, size_t n)
{
	return reading(s, buf, n, adapter.read);
}

static ssize_t read_line(void *s, char *buf, size_t n)
{
	return reading(s, buf, n, adapter.line);
}

static int turn(void *all, int64_t ns)
{
	known.in_turn = true;
	new_command();
	int rc = adapter.turn(all, ns);
	known.in_turn = false;
	for (size_t i = 0; i < known.nstreams; i++)
		if (limit_reached(&known.streams[i]))
			known.streams[i].reached = true;
	return rc;
}

/* ---- bytes to script ---- */

struct gen {
	const uint8_t *at, *end;
	char *out;
	size_t len;
};

/* What a `%` and a letter in a text stand for: one of these, which may hold more of them. */
static const struct {
	char letter;
	const char *texts[24];
} choices[] = {
	{ 'S', { "%1", "%1", "%1", "%2", "%3" } },
	{ '1', { "S" } },
	{ '2', { "T" } },
	{ '3', { "U" } },
	{ 'E', { "A", "B", "C", "D", "E", "F" } },
	{ 'T',
	  { "1", "2", "3", "5", "7", "10", "30", "60", "0", "0.5", "0.001", "0.000000001",
	    "8999999999" } },
	{ 'N', { "%T", "-%T" } },
	{ 'B', { "1", "2", "3", "10", "100", "9000", "0" } },
	{ 'D', { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9" } },
	{ 'M', { "+%T", "+%T", "+%T", "-%T", "100%D", "101%D", "now", "min", "max" } },
	{ 'L', { "%T", "%T", "none" } },
	{ 'O', { "on", "off" } },
	{ 'X', { "", " at 100%D", " at 101%D.%D", " at 10%D%D" } },
	{ 'W',
	  { "", " limit %T", " limit %T", " limit 10 bound", " nonblock", " limit %T nonblock",
	    " limit %T bare", " write" } },
	{ 'A',
	  { "add %S %E %M", "add %S %E %M", "remove %S %E", "remove %S %E", "mark %E %M",
	    "limit %S %L", "touch %S", "nonblock %S %O", "free %S", "input %S %B", "eof %S",
	    "output %B", "flush", "read %S %B", "take %T" } },
	{ 'F', { "%R", "%A; %R", "%A; %A; %R", "%A; %A; %A; %R" } },
	{ 'R', { "again %M", "again %M", "keep", "gone", "none", "stale", "other %E", "lost %M" } },
	{ 'P', { "%F", "%F", "%F | %F", "%F | %F | %F" } },
	{ 'C',
	  { "free %1\nstream %1%W",
	    "free %3\nstream %3%W",
	    "add %S %E %M %P",
	    "add %S %E %M %P",
	    "add %S %E %M %P",
	    "add-idle %S %E %T %P",
	    "define %E %P",
	    "mark %E %M",
	    "remove %S %E",
	    "limit %S %L",
	    "touch %S",
	    "nonblock %S %O",
	    "input %S %B%X",
	    "input-line %S %B%X",
	    "eof %S%X",
	    "step -%T%X",
	    "busy %T",
	    "line %S",
	    "turn %T",
	    "read %S %B" } },
};

static void put(struct gen *g, const char *text, unsigned depth);

static void choose(struct gen *g, char letter, unsigned depth)
{
	unsigned n = 0, i = 0;
	while (choices[i].letter != letter)
		i++;
	while (n < 24 && choices[i].texts[n])
		n++;
	put(g, choices[i].texts[n > 1 && g->at < g->end ? *g->at++ % n : 0], depth + 1);
}

static void put(struct gen *g, const char *text, unsigned depth)
{
	must(depth < 10);
	for (; *text && g->len < SCRIPT_MAX; text++)
		if (*text == '%')
			choose(g, *++text, depth);
		else
			g->out[g->len++] = *text;
}

static void generate(struct gen *g)
{
	put(g, "stream S%W\nstream T%W\n", 0);
	while (g->at < g->end && g->len < SCRIPT_MAX - 4096)
		put(g, "%C\n", 0);
}

/* ---- one run ---- */

static int lowest_free_fd(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(fd);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct kit_watch watch = { fire, fired, asleep, NULL };
	struct gen g = { data, data + len, malloc(SCRIPT_MAX), 0 };
	struct kit_impl impl = adapter;
	if (!g.out || len == 0 || len > LEN_MAX) {
		free(g.out);
		return 0;
	}
	impl.begin = begin;
	impl.stream_new = make;
	impl.stream_free = drop;
	impl.limit = limit;
	impl.touch = touch;
	impl.add = add;
	impl.add_idle = add_idle;
	impl.mark = set_mark;
	impl.remove = drop_event;
	impl.read = read_some;
	impl.line = read_line;
	impl.turn = turn;
	if (data[0] == '#')
		memcpy(g.out, data + 1, g.len = len - 1);
	else
		generate(&g);
	FILE *trace = getenv("WAITEVENT_TRACE") ? stderr : NULL;
	if (trace)
		fwrite(g.out, 1, g.len, trace);
	int fd = lowest_free_fd();
	kit_run(&impl, g.out, g.len, GUARD, trace, &watch);
	must(fd == lowest_free_fd());
	free(g.out);
	return 0;
}

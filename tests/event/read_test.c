/* Buffered reads: what a read returns, and what runs while it waits. */
#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "event/internal.h"

/* ---- scenes: what a read does, in virtual time ----
 *
 * `events` are added at first: a letter, then a mark "A5" (at 1005), an idle time "a~5" (every 5 s
 * of it).  A letter's script in `plan` says what its callback does:
 *   tN take N s   iN input of N bytes   =N mark N s from now   lN limit N s   u touch
 *   r read a byte   n become non-blocking   F free the stream   S stop   e end of file
 *   k return the event (else WAITEVENT_NONE)
 * `deeds`: "i5" a byte arrives at 1005, "e5" end of file, "s5+100" the wall clock is stepped, "n5"
 * a signal.  `reads`: "r" read of 3 bytes, "l" a line, "u" touch, "bN" busy for N s.  The first
 * word of a scene's `set` is the idle limit, or -; an n makes the stream non-blocking. */
struct scene {
	const char *name, *set, *events, *plan, *deeds, *reads, *trace;
};

static const struct scene scenes[] = {
	{ "input that is there", "-", "", "", "i0", "r", "i@1000" },
	{ "input that comes", "-", "", "", "i7", "r", "i@1007" },
	{ "the end of file, for ever", "-", "A9", "A:k", "e5", "rr", "eof@1005 eof@1005" },
	{ "events run while it waits", "-", "A5 B3", "", "i9", "r", "B@1003 A@1005 i@1009" },
	{ "the event first, then input", "-", "A5", "", "i5", "b5r", "A@1005 i@1005" },
	{ "due events in order of addition", "-", "A5 B3 C4", "", "i0", "b9r",
	  "A@1009 B@1009 C@1009 i@1009" },
	{ "an event is due with the input", "-", "A5", "", "i5", "rr", "A@1005 i@1005 dead@1005" },
	{ "reads from the buffer run no events", "-", "A5", "", "I0", "rb9rr",
	  "i@1000 i@1009 A@1009 dead@1009" },
	{ "non-blocking: one pass, no sleep", "-n", "A5 B0", "", "i9", "rb5r",
	  "B@1000 again@1000 A@1005 again@1005" },
	{ "a mark that stays does not spin", "-", "A5", "A:k", "i5", "rr",
	  "A@1005 i@1005 A@1005 A@1005.001 A@1005.002 stop@1005.002" },
	{ "a slow callback makes another one due at once", "-", "A1 B5", "A:t10", "i30", "r",
	  "A@1001 B@1011 i@1030" },
	{ "a change is seen by the wait in progress", "-", "A1 B90", "A:=B5", "i30", "r",
	  "A@1001 B@1006 i@1030" },
	{ "an event added by the last one", "-", "A1", "A:+B2", "i30", "r",
	  "A@1001 B@1003 i@1030" },
	{ "a callback makes input", "-", "A1", "A:i", "", "r", "A@1001 i@1001" },
	{ "a callback ends the file", "-", "A1", "A:e", "", "r", "A@1001 eof@1001" },
	{ "a callback reads itself", "-", "A1", "A:rirr", "i30", "r",
	  "A@1001 (again) (i) (again) i@1030" },
	{ "a callback reads to the end", "-", "A1", "A:er", "", "rr",
	  "A@1001 (eof) eof@1001 eof@1001" },
	{ "a callback frees the stream", "-", "A1 B1", "A:Fk", "", "r", "A@1001 bad@1001" },
	{ "a callback stops the wait", "-", "A1 B2", "A:S", "i3", "rr",
	  "A@1001 stop@1001 B@1002 i@1003" },
	{ "a callback makes it non-blocking", "-", "A1", "A:n", "", "r", "A@1001 again@1001" },

	{ "the limit", "10", "", "", "", "rr", "idle@1010 idle@1010" },
	{ "events do not extend the limit", "10", "A3", "A:=A3k", "", "r",
	  "A@1003 A@1006 A@1009 idle@1010" },
	{ "an event at the limit runs first", "10", "A10", "", "", "r", "A@1010 idle@1010" },
	{ "input at the limit comes first", "10", "", "", "i10", "rr", "i@1010 idle@1020" },
	{ "input begins the limit anew", "10", "", "", "i7", "rr", "i@1007 idle@1017" },
	{ "it counts from the last input, not from the call", "10", "", "", "i7", "rb5r",
	  "i@1007 idle@1017" },
	{ "busy for longer than the limit", "10", "A3", "", "", "b15r", "A@1015 idle@1015" },
	{ "busy, with input", "10", "A3", "", "i0", "b15r", "A@1015 i@1015" },
	{ "touch begins it anew", "10", "", "", "", "b9ur", "idle@1019" },
	{ "touch in a callback", "10", "A9", "A:u", "", "r", "A@1009 idle@1019" },
	{ "a longer limit in a callback", "10", "A9", "A:l20", "", "r", "A@1009 idle@1020" },
	{ "a shorter limit in a callback", "10", "A2", "A:l5", "", "r", "A@1002 idle@1005" },
	{ "no limit any more", "10", "A2", "A:l-", "i30", "r", "A@1002 i@1030" },
	{ "a slow callback does not postpone it", "10", "A5 B12", "A:t30", "", "r",
	  "A@1005 B@1035 idle@1035" },
	{ "a limit of nothing", "0", "A0", "", "", "r", "A@1000 idle@1000" },
	{ "non-blocking past the limit", "10n", "", "", "", "rb10r", "again@1000 idle@1010" },
	{ "a stuck event does not hold the limit", "1", "A1", "A:k", "", "r", "A@1001 idle@1001" },

	{ "the wall clock goes back", "-", "A10", "", "s5-100 i200", "r", "A@1110 i@1200" },
	{ "the wall clock goes ahead", "-", "A3600", "", "s5+3600 i9", "r", "A@1005 i@1009" },
	{ "a step leaves the limit alone", "20", "A10", "", "s5-100", "r", "idle@1020" },
	{ "a step leaves idle events alone", "20", "a~8", "a:k", "s5+3600", "r",
	  "a@1008 a@1016 idle@1020" },
	{ "a signal costs nothing", "10", "A7", "", "n3 n5", "r", "A@1007 idle@1010" },

	{ "every so often of idle time", "-", "a~5", "a:k", "i17", "r",
	  "a@1005 a@1010 a@1015 i@1017" },
	{ "input begins the idle time anew", "-", "a~5", "a:k", "i3 i6", "rrb1r",
	  "i@1003 i@1006 a@1011 a@1016 a@1021 a@1026 stop@1026" },
	{ "idle once", "-", "a~5", "", "i17", "r", "a@1005 i@1017" },
	{ "missed idle times are not made up", "-", "a~5", "a:k", "i22", "b13r",
	  "a@1013 a@1018 i@1022" },
	{ "idle and marks in order of addition", "-", "a~5 B5 c~5", "", "i9", "r",
	  "a@1005 B@1005 c@1005 i@1009" },
	{ "a touch saves a due idle event", "-", "A5 b~5", "A:u", "i12", "r",
	  "A@1005 b@1010 i@1012" },
	{ "an idle event added later counts from there", "-", "A3", "A:~b5", "i9", "r",
	  "A@1003 b@1008 i@1009" },
	{ "and from the input after that", "-", "A3", "A:~b5", "i4 i10", "rr",
	  "A@1003 i@1004 b@1009 i@1010" },
	{ "idle beyond the limit", "5", "a~10", "", "", "r", "idle@1005" },
	{ "idle at the limit", "5", "a~5", "", "", "r", "a@1005 idle@1005" },

	{ "lines", "-", "", "", "L0", "llll", "[one]@1000 [two]@1000 []@1000 [rest]@1000" },
};

struct stage {
	const struct scene *scene;
	struct world w;
	struct stream *stream; /* NULL once freed */
	size_t fired;
	struct actor {
		struct stage *stage;
		waitevent ev;
		char letter;
	} actors['z' + 1];
};

static waitevent act(struct stream *s, waitevent ev, void *rock);

static int64_t number(const char **at)
{
	char *end;
	int64_t n = strtoll(*at, &end, 10) * EVENT_SECOND;
	*at = end;
	return n;
}

static void add(struct stage *st, const char **at)
{
	struct actor *a = &st->actors[(int)*(*at)++];
	a->stage = st;
	a->letter = (*at)[-1];
	bool idle = **at == '~';
	*at += idle;
	int64_t n = number(at);
	a->ev = idle ? waitevent_add_idle(st->stream, n, act, a)
	             : waitevent_add(st->stream, st->w.wall + n, act, a);
	assert_true(a->ev != WAITEVENT_NONE);
}

static const char *word_of(ssize_t n)
{
	return n > 0             ? "i"
	       : n == 0          ? "eof"
	       : n == -EAGAIN    ? "again"
	       : n == -ETIMEDOUT ? "idle"
	       : n == -ECANCELED ? "stop"
	       : n == -EBADF     ? "bad"
	       : n == -EDEADLK   ? "dead"
	                         : "error";
}

static void limit(struct stage *st, const char **at)
{
	bool none = **at == '-';
	*at += none;
	assert_int_equal(0, stream_idle_limit(st->stream, none ? EVENT_NEVER : number(at)));
}

static void read_inside(struct stage *st)
{
	char byte, word[16];
	snprintf(word, sizeof word, " (%s)", word_of(stream_read(st->stream, &byte, 1)));
	strcat(st->w.trace, word);
}

static void step(struct actor *self, const char **at)
{
	struct stage *st = self->stage;
	switch (*(*at)++) {
	case 't':
		world_pass(&st->w, number(at));
		break;
	case 'i':
		assert_int_equal(1, write(st->w.fds[1], "x", 1));
		break;
	case 'e':
		world_end_of_file(&st->w);
		break;
	case '=': {
		waitevent ev = st->actors[(int)*(*at)++].ev;
		assert_int_equal(0, waitevent_set_mark(st->stream, ev, st->w.wall + number(at)));
		break;
	}
	case '+':
		add(st, at);
		break;
	case '~': {
		char text[] = { **at, '~', (*at)[1], 0 };
		const char *of = text;
		*at += 2;
		add(st, &of);
		break;
	}
	case 'l':
		limit(st, at);
		break;
	case 'u':
		stream_touch(st->stream);
		break;
	case 'r':
		read_inside(st);
		break;
	case 'n':
		stream_nonblock(st->stream, true);
		break;
	case 'S':
		loop_stop(st->w.loop);
		break;
	case 'F':
		stream_free(st->stream);
		break;
	default:
		fail_msg("%s: bad plan", st->scene->name);
	}
}

static waitevent act(struct stream *s, waitevent ev, void *rock)
{
	struct actor *self = rock;
	struct stage *st = self->stage;
	char want[] = { self->letter, ':', 0 };
	assert_ptr_equal(s, st->stream);
	assert_true(self->ev == ev);
	world_note(&st->w, (char[]){ self->letter, 0 });
	if (++st->fired == 4)
		loop_stop(st->w.loop);
	const char *at = strstr(st->scene->plan, want);
	for (at = at ? at + 2 : ""; *at && *at != ' ';) {
		if (*at == 'k')
			return ev;
		step(self, &at);
	}
	return WAITEVENT_NONE;
}

static void plan_deeds(struct stage *st)
{
	for (const char *at = st->scene->deeds; *at; at += *at == ' ') {
		struct deed d = { .what = *at++, .text = "x" };
		d.at = 1000 + number(&at) / EVENT_SECOND;
		if (d.what == 's')
			d.step = number(&at) / EVENT_SECOND;
		if (d.what == 'I')
			d.text = "sixsix";
		if (d.what == 'L')
			d.text = "one\ntwo\n\nrest";
		if (strchr("IL", d.what))
			d.what = 'i';
		if (d.at == 1000)
			world_do(&st->w, &d);
		else
			world_plan(&st->w, d);
	}
}

static void read_once(struct stage *st, bool line)
{
	char buf[64], word[80];
	ssize_t n = line ? stream_line(st->stream, buf, sizeof buf)
	                 : stream_read(st->stream, buf, 3);
	if (!line || n <= 0) {
		world_note(&st->w, word_of(n));
		return;
	}
	assert_int_equal(strlen(buf), n);
	if (buf[n - 1] == '\n')
		buf[n - 1] = 0;
	snprintf(word, sizeof word, "[%s]", buf);
	world_note(&st->w, word);
}

static bool play(const struct scene *sc)
{
	struct stage st = { .scene = sc };
	world_open(&st.w, LOOP_REALTIME);
	st.stream = st.w.stream;
	const char *at = sc->set;
	limit(&st, &at);
	stream_nonblock(st.stream, *at == 'n');
	for (at = sc->events; *at; at += *at == ' ')
		add(&st, &at);
	plan_deeds(&st);
	if (strchr(sc->reads, 'l'))
		world_end_of_file(&st.w);
	for (at = sc->reads; *at;) {
		char what = *at++;
		if (what == 'b')
			world_pass(&st.w, number(&at));
		else if (what == 'u')
			stream_touch(st.stream);
		else
			read_once(&st, what == 'l');
	}
	world_close(&st.w);
	if (strcmp(st.w.trace, sc->trace) == 0)
		return true;
	print_error("%s: \"%s\" instead of \"%s\"\n", sc->name, st.w.trace, sc->trace);
	return false;
}

static void reads_in_virtual_time(void **state)
{
	(void)state;
	size_t failed = 0;
	for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++)
		failed += !play(&scenes[i]);
	assert_int_equal(0, failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_in_virtual_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

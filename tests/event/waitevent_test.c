/* Wait events under a clock that stands until the test moves it. */
#include "fixture.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/internal.h"

/* ---- a table of what callbacks may do to each other ----
 *
 * Events have letters.  `events` lists those added at first, "A@5" on stream 0, "a@5" on
 * stream 1.  `script` says what a letter's callback does, "A:..." up to a blank; a letter
 * without a script returns NULL:
 *   -B remove B   +B7 add B at 7   =B7 set B's mark   7 set own mark   ?B return B
 *   F0 free stream 0   T turn the loop   S stop it   k return the event (else NULL)
 * `times` are the turns, `trace` what must have run: the time and the letters. */
struct scene {
	const char *name, *events, *script, *times, *trace;
};

static const struct scene scenes[] = {
	{ "a mark equal to now is due", "A@5", "", "5", "5:A" },
	{ "never before the mark", "A@5", "", "4 5 6", "4: 5:A 6:" },
	{ "zero and negative marks are due", "A@0 B@-9", "", "3", "3:AB" },
	{ "in order of addition, whatever the marks", "A@9 B@3 C@6", "", "9", "9:ABC" },
	{ "equal marks in order of addition", "A@3 B@3 C@3 D@3", "", "3", "3:ABCD" },
	{ "rescheduling keeps the order of addition", "A@3 B@4", "A:4k B:4k", "3 4", "3:A 4:AB" },
	{ "NULL ends the event", "A@1", "", "1 2 3", "1:A 2: 3:" },
	{ "NULL ends it whatever its mark", "A@1", "A:2", "1 2", "1:A 2:" },
	{ "returned with a later mark", "A@1", "A:3k", "1 2 3", "1:A 2: 3:A" },
	{ "missed periods are not made up", "A@1", "A:2k", "100 101", "100:A 101:A" },
	{ "a mark that does not advance: once a pass", "A@1", "A:k", "1 1 2", "1:A 1:A 2:A" },
	{ "a mark set back: once a pass", "A@5", "A:-3k", "5 5", "5:A 5:A" },
	{ "removes itself and returns NULL", "A@1", "A:-A", "1 2", "1:A 2:" },
	{ "removes itself and returns the event", "A@1", "A:-Ak", "1 2", "1:A 2:" },
	{ "removes itself twice", "A@1 B@1", "A:-A-Ak", "1 2", "1:AB 2:" },
	{ "removes itself, then sets its mark", "A@1", "A:-A=A2k", "1 2", "1:A 2:" },
	{ "removes the next", "A@1 B@1 C@1", "A:-B", "1 2", "1:AC 2:" },
	{ "removes the next and adds another", "A@1 B@1 C@1", "A:-B+D2", "1 2", "1:AC 2:D" },
	{ "removes the next twice", "A@1 B@1 C@1", "A:-B-B", "1", "1:AC" },
	{ "removes all the others", "A@1 B@1 C@1 D@9", "A:-D-B-C", "1 9", "1:A 9:" },
	{ "removes an earlier one that was kept", "A@1 B@1", "A:9k B:-A", "1 9", "1:AB 9:" },
	{ "removes an event of another stream", "A@1 b@1", "A:-b", "1", "1:A" },
	{ "adds when it is last", "A@1", "A:+B2", "1 2", "1:A 2:B" },
	{ "what is added does not run in the pass", "A@1 B@1", "A:+C0", "1 1", "1:AB 1:C" },
	{ "two that clone themselves", "A@1 B@1", "A:-A+A0 B:-B+B0", "1 1", "1:AB 1:AB" },
	{ "returns the event it added", "A@1", "A:+B3?B", "1 3", "1:A 3:B" },
	{ "returns another event", "A@1 B@4", "A:?B", "1 2 4", "1:A 2: 4:B" },
	{ "moves a due one to later", "A@1 B@1 C@1", "A:=B3", "1 2 3", "1:AC 2: 3:B" },
	{ "moves a due one to later and back", "A@1 B@1", "A:=B3=B1", "1 1", "1:AB 1:" },
	{ "moves a due one to later and removes it", "A@1 B@1", "A:=B3-B", "1 3", "1:A 3:" },
	{ "moves a waiting one to now", "A@1 B@9", "A:=B1", "1 1", "1:A 1:B" },
	{ "moves an earlier one to sooner", "A@1 B@1", "A:9k B:=A2", "1 2", "1:AB 2:A" },
	{ "frees its stream", "A@1 B@1", "A:F0", "1 2", "1:A 2:" },
	{ "frees its stream and returns the event", "A@1 B@1", "A:F0k", "1 2", "1:A 2:" },
	{ "frees its stream twice", "A@1", "A:F0F0k", "1", "1:A" },
	{ "frees its stream, then removes and sets", "A@1 B@1", "A:F0-B-A=A2=B2k", "1 2",
	  "1:A 2:" },
	{ "frees its stream, then adds", "A@1", "A:F0+B1", "1 1", "1:A 1:" },
	{ "frees another stream", "A@1 b@1 C@1", "A:F1", "1", "1:AC" },
	{ "frees another stream that waits", "A@1 b@2", "A:F1", "1 2", "1:A 2:" },
	{ "turns the loop itself", "A@1 B@1", "A:Tk", "1 1", "1:AB 1:A" },
	{ "stops the loop", "A@1 B@1", "A:S", "1", "1:AB" },
	{ "the clock steps back", "A@10", "A:20k", "10 3 15 20", "10:A 3: 15: 20:A" },
	{ "the clock steps far ahead", "A@10 B@20", "A:20k", "9000 9000", "9000:AB 9000:A" },
};

struct stage {
	const struct scene *scene;
	int64_t now;
	struct loop *loop;
	struct stream *streams[2];
	struct actor {
		struct stage *stage;
		waitevent ev;
		char letter;
	} actors['z' + 1];
	char trace[200];
};

static waitevent act(struct stream *s, waitevent ev, void *rock);

static void add(struct stage *st, char letter, int64_t mark)
{
	struct actor *a = &st->actors[(int)letter];
	a->stage = st;
	a->letter = letter;
	a->ev = waitevent_add(st->streams[islower(letter) ? 1 : 0], mark, act, a);
}

static const char *script_of(const struct scene *sc, char letter)
{
	char want[] = { letter, ':', 0 };
	const char *at = strstr(sc->script, want);
	return at ? at + 2 : "";
}

static int64_t number(const char **at)
{
	char *end;
	int64_t n = strtoll(*at, &end, 10);
	*at = end;
	return n;
}

/* One step of a script; what the callback returns from then on. */
static waitevent step(struct actor *self, const char **at, waitevent ret)
{
	struct stage *st = self->stage;
	bool own_mark = isdigit(**at) || (**at == '-' && isdigit((*at)[1]));
	if (own_mark) {
		waitevent_set_mark(st->streams[islower(self->letter) ? 1 : 0], self->ev,
		                   number(at));
		return ret;
	}
	char what = *(*at)++;
	if (what == 'k')
		return self->ev;
	if (what == 'T')
		assert_int_equal(-EBUSY, loop_turn(st->loop, EVENT_NEVER));
	if (what == 'S')
		loop_stop(st->loop);
	if (what == 'F')
		stream_free(st->streams[number(at)]);
	if (!strchr("-+=?", what))
		return ret;
	char letter = *(*at)++;
	struct actor *other = &st->actors[(int)letter];
	if (what == '-')
		waitevent_remove(st->streams[islower(letter) ? 1 : 0], other->ev);
	else if (what == '=')
		waitevent_set_mark(st->streams[islower(letter) ? 1 : 0], other->ev, number(at));
	else if (what == '+')
		add(st, letter, number(at));
	return what == '?' ? other->ev : ret;
}

static waitevent act(struct stream *s, waitevent ev, void *rock)
{
	struct actor *self = rock;
	struct stage *st = self->stage;
	assert_ptr_equal(s, st->streams[islower(self->letter) ? 1 : 0]);
	/* The script may add an event under this letter; the one that runs is `ev`. */
	self->ev = ev;
	strncat(st->trace, &self->letter, 1);
	waitevent ret = WAITEVENT_NONE;
	for (const char *at = script_of(st->scene, self->letter); *at && *at != ' ';)
		ret = step(self, &at, ret);
	return ret;
}

static void play(const struct scene *sc)
{
	struct stage st = { .scene = sc };
	st.loop = still_loop_new(LOOP_REALTIME, &st.now);
	for (size_t i = 0; i < 2; i++)
		st.streams[i] = stream_new(st.loop, -1, 0, NULL, NULL);
	for (const char *at = sc->events; *at; at += *at == ' ') {
		char letter = *at;
		at += 2;
		add(&st, letter, number(&at));
	}
	for (const char *at = sc->times; *at; at += *at == ' ') {
		st.now = number(&at);
		size_t len = strlen(st.trace);
		snprintf(st.trace + len, sizeof st.trace - len, "%s%lld:", len ? " " : "",
		         (long long)st.now);
		assert_int_equal(0, loop_turn(st.loop, EVENT_NEVER));
	}
	loop_free(st.loop);
	if (strcmp(st.trace, sc->trace) != 0)
		fail_msg("%s: \"%s\" instead of \"%s\"", sc->name, st.trace, sc->trace);
}

static void callbacks_may_do_anything(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++)
		play(&scenes[i]);
}

/* ---- the edges ---- */

static waitevent count(struct stream *s, waitevent ev, void *rock)
{
	(void)s;
	(void)ev;
	++*(size_t *)rock;
	return WAITEVENT_NONE;
}

static void extreme_marks(void **state)
{
	(void)state;
	int64_t now = 1000;
	struct loop *l = still_loop_new(LOOP_REALTIME, &now);
	struct stream *s = stream_new(l, -1, 0, NULL, NULL);
	size_t past = 0, never = 0;
	waitevent_add(s, INT64_MIN, count, &past);
	waitevent ev = waitevent_add(s, EVENT_NEVER, count, &never);
	assert_int_equal(0, loop_turn(l, EVENT_NEVER));
	assert_int_equal(1, past);
	now = INT64_MAX;
	assert_int_equal(0, loop_turn(l, EVENT_NEVER));
	assert_int_equal(0, never);
	assert_true(waitevent_mark(s, ev) == EVENT_NEVER);
	waitevent_set_mark(s, ev, INT64_MAX - 1);
	assert_int_equal(0, loop_turn(l, EVENT_NEVER));
	assert_int_equal(1, never);
	loop_free(l);
}

static void removal_is_harmless(void **state)
{
	(void)state;
	int64_t now = 1;
	size_t ran = 0;
	struct loop *l = still_loop_new(LOOP_REALTIME, &now);
	struct stream *s = stream_new(l, -1, 0, NULL, NULL);
	struct stream *other = stream_new(l, -1, 0, NULL, NULL);
	waitevent ev = waitevent_add(s, 1, count, &ran);
	waitevent_remove(s, WAITEVENT_NONE);
	waitevent_remove(NULL, ev);
	waitevent_remove(other, ev);
	assert_int_equal(0, loop_turn(l, EVENT_NEVER));
	assert_int_equal(1, ran);
	waitevent_remove(s, waitevent_add(s, 1, count, &ran));
	assert_int_equal(0, loop_turn(l, EVENT_NEVER));
	assert_int_equal(1, ran);
	loop_free(l);
}

static void bad_arguments_are_refused(void **state)
{
	(void)state;
	int64_t now = 1;
	size_t ran = 0;
	struct loop *l = still_loop_new(LOOP_REALTIME, &now);
	struct stream *s = stream_new(l, -1, 0, NULL, NULL);
	errno = 0;
	assert_true(WAITEVENT_NONE == waitevent_add(s, 1, NULL, NULL));
	assert_int_equal(EINVAL, errno);
	errno = 0;
	assert_true(WAITEVENT_NONE == waitevent_add(NULL, 1, count, &ran));
	assert_int_equal(EINVAL, errno);
	loop_free(l);
}

static void one_callback_and_rock_twice(void **state)
{
	(void)state;
	int64_t now = 1;
	size_t ran = 0;
	struct loop *l = still_loop_new(LOOP_REALTIME, &now);
	struct stream *s = stream_new(l, -1, 0, NULL, NULL);
	assert_true(waitevent_add(s, 1, count, &ran) != waitevent_add(s, 1, count, &ran));
	assert_int_equal(0, loop_turn(l, EVENT_NEVER));
	assert_int_equal(2, ran);
	loop_free(l);
}

/* The idle timer of the letter: each input moves the mark. */
static void mark_is_moved_from_outside(void **state)
{
	(void)state;
	int64_t now = 0;
	size_t ran = 0;
	struct loop *l = still_loop_new(LOOP_REALTIME, &now);
	struct stream *s = stream_new(l, -1, 0, NULL, NULL);
	waitevent idle = waitevent_add(s, 10, count, &ran);
	for (; now < 100; now += 9) {
		waitevent_set_mark(s, idle, now + 10);
		assert_int_equal(0, loop_turn(l, EVENT_NEVER));
	}
	assert_int_equal(0, ran);
	now = 109;
	assert_int_equal(0, loop_turn(l, EVENT_NEVER));
	assert_int_equal(1, ran);
	loop_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(callbacks_may_do_anything),
		cmocka_unit_test(extreme_marks),
		cmocka_unit_test(removal_is_harmless),
		cmocka_unit_test(bad_arguments_are_refused),
		cmocka_unit_test(one_callback_and_rock_twice),
		cmocka_unit_test(mark_is_moved_from_outside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Many events: what a pass costs, and that it runs what it must whatever callbacks change. */
#include "fixture.h"

#include <stdlib.h>

#include "event/internal.h"

/* ---- cost: callbacks and comparisons, not seconds ---- */

static uint64_t compares(const struct stream *s)
{
	const struct loop *l = stream_loop(s);
	return s->marks.compares + s->from_input.compares + s->from_later.compares +
	       l->marks.compares + l->idles.compares + l->limits.compares;
}

enum { MANY = 100000, LOG2_MANY = 17 };

struct order {
	int64_t mark;
	size_t index, *ran;
	const struct order **last;
};

static waitevent in_order(struct stream *s, waitevent ev, void *rock)
{
	(void)s;
	(void)ev;
	const struct order *o = rock, *last = *o->last;
	assert_true(!last || last->index < o->index);
	*o->last = o;
	++*o->ran;
	return WAITEVENT_NONE;
}

static void a_pass_costs_what_is_due(void **state)
{
	(void)state;
	int64_t now = 0;
	struct loop *l = still_loop_new(LOOP_MONOTONIC, &now);
	struct stream *s = stream_new(l, -1, 0, NULL, NULL);
	struct order *orders = calloc(MANY, sizeof *orders);
	waitevent *evs = calloc(MANY, sizeof *evs);
	const struct order *last = NULL;
	size_t ran = 0;
	uint32_t random = 1;
	for (size_t i = 0; i < MANY; i++) {
		random = random * 1664525 + 1013904223;
		orders[i] = (struct order){ 2 + random % (MANY / 2), i, &ran, &last };
		evs[i] = waitevent_add(s, orders[i].mark, in_order, &orders[i]);
		assert_true(evs[i] != WAITEVENT_NONE);
	}
	assert_true(compares(s) <= MANY * LOG2_MANY);

	uint64_t before = compares(s);
	now = 1;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(0, loop_turn(l, EVENT_NEVER));
	assert_true(compares(s) == before);

	for (size_t i = 0; i < MANY; i += 2)
		waitevent_remove(s, evs[i]);
	assert_true(compares(s) - before <= (uint64_t)MANY / 2 * 3 * LOG2_MANY);

	before = compares(s);
	now = 100;
	assert_int_equal(0, loop_turn(l, EVENT_NEVER));
	assert_true(compares(s) - before <= ran * 2 * LOG2_MANY);
	assert_in_range(ran, 1, 1000);

	/* Half of the rest, which is many, then the other half. */
	for (now = MANY / 4; now <= MANY; now += MANY / 2) {
		last = NULL;
		assert_int_equal(0, loop_turn(l, EVENT_NEVER));
	}
	assert_int_equal(MANY / 2, ran);
	loop_free(l);
	free(evs);
	free(orders);
}

/* ---- against a model: whatever happens, each event runs once when and only when due ---- */

enum { MODEL_EVENTS = 60, MODEL_TURNS = 4000 };

struct model {
	int64_t now;
	uint32_t random;
	struct loop *loop;
	struct stream *stream;
	struct planned {
		struct model *model;
		waitevent ev; /* WAITEVENT_NONE while there is none */
		int64_t mark;
		bool fresh; /* added or moved since the pass began: it may wait */
		bool added; /* since the pass began: it must wait */
		bool ran;
	} planned[MODEL_EVENTS];
};

static uint32_t dice(struct model *m, uint32_t sides)
{
	m->random = m->random * 1664525 + 1013904223;
	return (m->random >> 8) % sides;
}

static waitevent model_run(struct stream *s, waitevent ev, void *rock);

static void model_change(struct model *m)
{
	struct planned *p = &m->planned[dice(m, MODEL_EVENTS)];
	int64_t mark = m->now + dice(m, 20) - 5;
	if (!p->ev) {
		p->ev = waitevent_add(m->stream, mark, model_run, p);
		p->added = true;
	} else if (dice(m, 2))
		waitevent_set_mark(m->stream, p->ev, mark);
	else {
		waitevent_remove(m->stream, p->ev);
		p->ev = WAITEVENT_NONE;
	}
	p->mark = mark;
	p->fresh = true;
}

static waitevent model_run(struct stream *s, waitevent ev, void *rock)
{
	struct planned *p = rock;
	struct model *m = p->model;
	(void)s;
	assert_true(p->ev == ev);
	assert_true(p->mark <= m->now);
	assert_false(p->ran || p->added);
	p->ran = true;
	for (uint32_t n = dice(m, 4); n > 0; n--)
		model_change(m);
	if (p->ev != ev)
		return dice(m, 2) ? ev : WAITEVENT_NONE;
	if (dice(m, 2)) {
		p->ev = WAITEVENT_NONE;
		return WAITEVENT_NONE;
	}
	return ev;
}

static void agrees_with_a_model(void **state)
{
	(void)state;
	struct model m = { .random = 7 };
	m.loop = still_loop_new(LOOP_REALTIME, &m.now);
	m.stream = stream_new(m.loop, -1, 0, NULL, NULL);
	for (size_t i = 0; i < MODEL_EVENTS; i++)
		m.planned[i].model = &m;
	for (int turn = 0; turn < MODEL_TURNS; turn++) {
		m.now += dice(&m, 4);
		for (uint32_t n = dice(&m, 6); n > 0; n--)
			model_change(&m);
		for (size_t i = 0; i < MODEL_EVENTS; i++)
			m.planned[i].fresh = m.planned[i].added = m.planned[i].ran = false;
		assert_int_equal(0, loop_turn(m.loop, EVENT_NEVER));
		for (size_t i = 0; i < MODEL_EVENTS; i++) {
			const struct planned *p = &m.planned[i];
			assert_false(p->ev && !p->ran && !p->fresh && p->mark <= m.now);
		}
	}
	loop_free(m.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pass_costs_what_is_due),
		cmocka_unit_test(agrees_with_a_model),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* events N: the cost of wait events of one implementation with N pending.
 *
 * Prints one line of JSON: for each operation the median of several rounds, in nanoseconds per
 * operation (per pass for passes).  Links with one of events_*.c.  With few events a round works
 * on several sets in turn, so that reading the clock does not count. */
#include "events.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	SETS = 32, /* of one event each */
	BATCH = 64, /* operations per reading of the clock */
	ROUNDS_MIN = 3,
	ROUNDS_MAX = 501,
};
static const double budget_ns = 150e6; /* per operation, once ROUNDS_MIN are done */

enum op { ADD, REMOVE, RESCHEDULE, PASS_IDLE, PASS_DUE, OPS };
static const char *const op_names[OPS] = { "add", "remove", "reschedule", "pass_idle", "pass_due" };

struct bench {
	struct set *sets[SETS];
	size_t nsets;
	size_t n; /* pending in each set */
	size_t batch; /* distinct events of one set that a round touches */
	size_t *order; /* the numbers 0 to n - 1, partly shuffled */
	uint64_t seed;
};

void *need(void *p, const char *what)
{
	if (!p) {
		fprintf(stderr, "events: %s: %s\n", what, strerror(errno));
		exit(1);
	}
	return p;
}

void need_zero(int rc, const char *what)
{
	if (rc != 0) {
		fprintf(stderr, "events: %s: %d\n", what, rc);
		exit(1);
	}
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint64_t next_random(struct bench *b)
{
	b->seed ^= b->seed << 13;
	b->seed ^= b->seed >> 7;
	b->seed ^= b->seed << 17;
	return b->seed;
}

static int32_t later(struct bench *b)
{
	return 1000000 + (int32_t)(next_random(b) % 1000000);
}

static int32_t overdue(struct bench *b)
{
	return -1 - (int32_t)(next_random(b) % 1000000);
}

/* Begin `order` with as many distinct random events as a round touches. */
static void pick(struct bench *b)
{
	for (size_t i = 0; i < b->batch; i++) {
		size_t j = i + next_random(b) % (b->n - i);
		size_t picked = b->order[j];

		b->order[j] = b->order[i];
		b->order[i] = picked;
	}
}

/* A batch, and when each of it is due. */
static void draw(struct bench *b, int32_t at[BATCH])
{
	pick(b);
	for (size_t i = 0; i < b->batch; i++)
		at[i] = later(b);
}

static void expect_fired(const struct bench *b, const size_t *before, size_t each)
{
	for (size_t k = 0; k < b->nsets; k++)
		if (set_fired(b->sets[k]) - before[k] != each)
			need(NULL, "a pass ran other events than those due");
}

/* ---- one round of each operation: nanoseconds per operation ---- */

static void round_churn(struct bench *b, double *ret_add, double *ret_remove)
{
	int32_t at[BATCH];
	double count = (double)(b->nsets * b->batch);

	draw(b, at);
	double start = now_ns();
	for (size_t k = 0; k < b->nsets; k++)
		for (size_t i = 0; i < b->batch; i++)
			event_remove(b->sets[k], b->order[i]);
	double removed = now_ns();
	for (size_t k = 0; k < b->nsets; k++)
		for (size_t i = 0; i < b->batch; i++)
			event_add(b->sets[k], b->order[i], at[i]);
	*ret_add = (now_ns() - removed) / count;
	*ret_remove = (removed - start) / count;
}

static double round_reschedule(struct bench *b)
{
	int32_t at[BATCH];

	draw(b, at);
	double start = now_ns();
	for (size_t k = 0; k < b->nsets; k++)
		for (size_t i = 0; i < b->batch; i++)
			event_reschedule(b->sets[k], b->order[i], at[i]);
	return (now_ns() - start) / (double)(b->nsets * b->batch);
}

static double round_pass(struct bench *b, bool due)
{
	size_t before[SETS];

	for (size_t k = 0; k < b->nsets; k++) {
		for (size_t i = 0; due && i < b->n; i++)
			event_reschedule(b->sets[k], i, overdue(b));
		before[k] = set_fired(b->sets[k]);
	}
	double start = now_ns();
	for (size_t k = 0; k < b->nsets; k++)
		set_pass(b->sets[k]);
	double took = now_ns() - start;
	expect_fired(b, before, due ? b->n : 0);
	return took / (double)b->nsets;
}

/* ---- medians ---- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_value);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* Rounds of one operation; of add and remove together, which undo each other. */
static void measure(struct bench *b, enum op op, double *medians)
{
	double values[ROUNDS_MAX], removes[ROUNDS_MAX];
	double over = now_ns() + budget_ns;
	size_t n = 0;

	while (n < ROUNDS_MIN || (n < ROUNDS_MAX && now_ns() < over)) {
		if (op == ADD)
			round_churn(b, &values[n], &removes[n]);
		else if (op == RESCHEDULE)
			values[n] = round_reschedule(b);
		else
			values[n] = round_pass(b, op == PASS_DUE);
		n++;
	}
	medians[op] = median(values, n);
	if (op == ADD)
		medians[REMOVE] = median(removes, n);
}

static void prepare(struct bench *b, size_t n)
{
	int32_t *at = need(calloc(n, sizeof(*at)), "memory");

	*b = (struct bench){ .n = n, .seed = 0x9e3779b97f4a7c15 };
	b->nsets = n == 1 ? SETS : 1;
	b->batch = n < BATCH ? n : BATCH;
	b->order = need(calloc(n, sizeof(*b->order)), "memory");
	for (size_t i = 0; i < n; i++) {
		b->order[i] = i;
		at[i] = later(b);
	}
	for (size_t k = 0; k < b->nsets; k++) {
		b->sets[k] = set_new(n);
		set_fill(b->sets[k], at, n);
	}
	free(at);
}

int main(int argc, char **argv)
{
	size_t n = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	double medians[OPS];
	struct bench b;

	if (n == 0) {
		fprintf(stderr, "usage: events N\n");
		return 64;
	}
	prepare(&b, n);
	measure(&b, ADD, medians);
	measure(&b, RESCHEDULE, medians);
	measure(&b, PASS_IDLE, medians);
	measure(&b, PASS_DUE, medians);
	for (int op = 0; op < OPS; op++)
		printf("%s\"%s\": %.1f", op ? ", " : "{", op_names[op], medians[op]);
	printf("}\n");
	for (size_t k = 0; k < b.nsets; k++)
		set_free(b.sets[k]);
	free(b.order);
	return 0;
}

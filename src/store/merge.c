/* See merge.h.  First every store gives the numbers of its best matches; those are put in order, and
 * what is wanted of them is fetched.  The state of a store is held from the one to the other. */
#include "merge.h"

#include "../base/err.h"
#include "../base/grow.h"
#include "db.h"
#include "fetch.h"
#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct found {
	int64_t docid, received;
	int64_t nth, lead; /* of search.h, within the store */
	double rank;
	size_t store;
	bool has_key;
	uint8_t key[HIT_KEY_BYTES];
};

struct merging {
	const struct merge *m;
	const struct search_opts *o;
	bool by_rank;
	struct found *v; /* store by store, each in its own order */
	size_t n, cap, store;
	size_t *order; /* of matches: indexes into v */
	size_t norder;
	double best;
	struct err *e;
};

static int no_memory(struct err *e)
{
	return err_sys(e, ENOMEM, "search");
}

/* ---- keys that were seen ---- */

struct seen {
	const struct found **slots; /* open addressing; NULL: free */
	size_t cap, n;
};

static size_t slot_of(const struct seen *s, const uint8_t key[HIT_KEY_BYTES])
{
	size_t at;

	memcpy(&at, key, sizeof(at)); /* keys are digests */
	for (at &= s->cap - 1; s->slots[at]; at = (at + 1) & (s->cap - 1))
		if (!memcmp(s->slots[at]->key, key, HIT_KEY_BYTES))
			break;
	return at;
}

/* Room for n keys. */
static int seen_init(struct seen *s, size_t n)
{
	*s = (struct seen){ .cap = 16 };
	while (s->cap < 2 * n)
		s->cap *= 2;
	s->slots = calloc(s->cap, sizeof(*s->slots));
	return s->slots ? 0 : -ENOMEM;
}

/* The first one with this key: f itself when it is new. */
static const struct found *seen_first(struct seen *s, const struct found *f)
{
	if (!f->has_key)
		return f;
	size_t at = slot_of(s, f->key);
	if (!s->slots[at])
		s->slots[at] = f;
	return s->slots[at];
}

/* ---- numbers of one store ---- */

static int collect(void *rock, const struct hit *h)
{
	struct merging *g = rock;
	struct found *v = grow(g->v, g->n, &g->cap, sizeof(*v));

	if (!v)
		return no_memory(g->e);
	g->v = v;
	struct found *f = &v[g->n];
	*f = (struct found){ .docid = h->docid,
		             .received = h->received,
		             .nth = h->nth,
		             .lead = h->lead,
		             .rank = -h->pct,
		             .store = g->store };
	int rc = g->m->key ? g->m->key(g->m->key_rock, h, f->key) : 0;
	if (rc < 0)
		return err_sys(g->e, -rc, "search");
	f->has_key = rc > 0;
	g->by_rank = g->by_rank || h->pct >= 0;
	g->best = v[g->n].rank < g->best ? v[g->n].rank : g->best;
	g->n++;
	return 0;
}

/* The query itself may be at fault. */
static bool of_store(int rc)
{
	return rc != -EINVAL && rc != -E2BIG && rc != -ENOMEM;
}

static int collect_all(struct merging *g, const struct query *q)
{
	struct search_opts o = *g->o;
	int rc = 0;

	if (o.limit >= 0)
		o.limit = o.limit > INT64_MAX - o.offset ? -1 : o.limit + o.offset;
	o.offset = 0;
	for (g->store = 0; g->store < g->m->n && !rc; g->store++) {
		struct store *s = g->m->stores[g->store];
		size_t before = g->n;
		struct err e = { .text = "" };
		rc = db_exec(s->db, "BEGIN", &e);
		if (!rc)
			rc = store_search(s, q, &o, false, collect, g, &e);
		if (!rc)
			continue;
		g->n = before;
		if (of_store(rc))
			rc = g->m->broken(g->m->broken_rock, g->store, &e);
		else
			*g->e = e;
	}
	return rc;
}

static void end_all(const struct merging *g)
{
	for (size_t i = 0; i < g->m->n; i++)
		sqlite3_exec(g->m->stores[i]->db, "COMMIT", NULL, NULL, NULL);
}

/* ---- one order ---- */

static int cmp(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int in_order(const void *a, const void *b, void *rock)
{
	const struct merging *g = rock;
	const struct found *x = &g->v[*(const size_t *)a], *y = &g->v[*(const size_t *)b];
	int c = 0;

	if (x->store == y->store)
		return cmp(x->nth, y->nth);
	if (g->by_rank) /* better when more negative */
		c = x->rank < y->rank ? -1 : x->rank > y->rank;
	else if (g->o->sort == SORT_DOCID)
		c = cmp(y->docid, x->docid);
	if (g->o->reverse)
		c = -c;
	if (!c && g->o->sort != SORT_DOCID)
		c = cmp(y->received, x->received) * (g->o->reverse && !g->by_rank ? -1 : 1);
	return c ? c : cmp((int64_t)x->store, (int64_t)y->store);
}

static int sort_matches(struct merging *g)
{
	g->order = malloc((g->n + 1) * sizeof(*g->order));
	if (!g->order)
		return no_memory(g->e);
	for (size_t i = 0; i < g->n; i++)
		if (g->v[i].nth > 0)
			g->order[g->norder++] = i;
	qsort_r(g->order, g->norder, sizeof(*g->order), in_order, g);
	return 0;
}

/* ---- what is wanted ---- */

struct window {
	struct merging *g;
	bool *wanted; /* by index into v: this match and its thread */
	int64_t *nth; /* likewise: which match it is among all that are wanted, 0: none */
	struct seen seen; /* in the order; then, of what went out */
};

/* Copies do not count; a copy leads its own thread where the first one is in sight. */
static void choose(struct window *w)
{
	struct merging *g = w->g;
	int64_t end = g->o->limit < 0 || g->o->limit > INT64_MAX - g->o->offset
	                  ? INT64_MAX
	                  : g->o->offset + g->o->limit;
	int64_t count = 0;

	for (size_t i = 0; i < g->norder && count <= end; i++) {
		const struct found *f = &g->v[g->order[i]];
		const struct found *first = seen_first(&w->seen, f);
		if (first == f)
			count++;
		bool inside = count > g->o->offset && count <= end;
		w->wanted[g->order[i]] = first == f ? inside : w->wanted[first - g->v];
		w->nth[g->order[i]] = first != f ? w->nth[first - g->v]
		                      : inside   ? count - g->o->offset
		                                 : 0;
	}
	memset(w->seen.slots, 0, w->seen.cap * sizeof(*w->seen.slots));
}

static int put_one(struct window *w, struct fetch *readers, size_t i, int64_t lead, hit_fn *fn,
                   void *rock)
{
	struct merging *g = w->g;
	const struct found *f = &g->v[i];
	int pct = !g->by_rank ? -1 : g->best < 0 ? (int)(100 * f->rank / g->best) : 0;

	if (seen_first(&w->seen, f) != f)
		return 0;
	struct hit h = { .store = g->m->stores[f->store],
		         .docid = f->docid,
		         .nth = w->nth[i],
		         .lead = lead,
		         .pct = f->nth == 0 ? -1
		                : pct > 99  ? 99
		                            : pct };
	return fetch(&readers[f->store], &h, fn, rock, g->e);
}

/* The whole thread of a match, once. */
static int put_thread(struct window *w, struct fetch *readers, size_t i, hit_fn *fn, void *rock)
{
	struct merging *g = w->g;
	size_t store = g->v[i].store, from = i, to = i + 1;
	int64_t lead = g->v[i].lead;
	int rc = 0;

	while (from > 0 && g->v[from - 1].store == store && g->v[from - 1].lead == lead)
		from--;
	while (to < g->n && g->v[to].store == store && g->v[to].lead == lead)
		to++;
	for (size_t k = from; k < to && !rc; k++) {
		w->wanted[k] = false;
		rc = put_one(w, readers, k, w->nth[i], fn, rock);
	}
	return rc;
}

static int put_all(struct window *w, struct fetch *readers, hit_fn *fn, void *rock)
{
	struct merging *g = w->g;
	int rc = 0;

	for (size_t k = 0; k < g->norder && !rc; k++) {
		size_t i = g->order[k];
		if (w->wanted[i])
			rc = put_thread(w, readers, i, fn, rock);
	}
	return rc;
}

static int deliver(struct merging *g, bool with_blob, hit_fn *fn, void *rock)
{
	struct window w = { .g = g,
		            .wanted = calloc(g->n + 1, sizeof(bool)),
		            .nth = calloc(g->n + 1, sizeof(int64_t)) };
	struct fetch *readers = calloc(g->m->n, sizeof(*readers));
	int rc = !w.wanted || !w.nth || !readers || seen_init(&w.seen, g->n) < 0 ? no_memory(g->e)
	                                                                         : 0;

	for (size_t i = 0; i < g->m->n && !rc; i++) {
		readers[i] = (struct fetch){ .db = g->m->stores[i]->db, .with_blob = with_blob };
		rc = fetch_open(&readers[i], g->e);
	}
	if (!rc) {
		choose(&w);
		rc = put_all(&w, readers, fn, rock);
	}
	for (size_t i = 0; readers && i < g->m->n; i++)
		fetch_close(&readers[i]);
	free(readers);
	free(w.wanted);
	free(w.nth);
	free(w.seen.slots);
	return rc;
}

/* ---- a store alone ---- */

struct alone {
	struct store *store;
	hit_fn *fn;
	void *rock;
};

static int pass_on(void *rock, const struct hit *h)
{
	const struct alone *a = rock;
	struct hit from = *h;

	from.store = a->store;
	return a->fn(a->rock, &from);
}

int merge_search(const struct merge *m, const struct query *q, const struct search_opts *o,
                 bool with_blob, hit_fn *fn, void *rock, struct err *e)
{
	struct merging g = { .m = m, .o = o, .e = e };

	if (m->n == 1 && !m->key) {
		struct alone a = { m->stores[0], fn, rock };
		return store_search(m->stores[0], q, o, with_blob, pass_on, &a, e);
	}
	int rc = collect_all(&g, q);
	if (!rc)
		rc = sort_matches(&g);
	if (!rc)
		rc = deliver(&g, with_blob, fn, rock);
	end_all(&g);
	free(g.v);
	free(g.order);
	return rc;
}

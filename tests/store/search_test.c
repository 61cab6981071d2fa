/* Storing and finding, through a real writer. */
#include "testing.h"

static const struct mail mails[] = {
	{ .subject = "alpha",
	  .from = "Ann <ann@example.com>",
	  .to = "bob@example.org",
	  .mid = "1@x",
	  .body = "wireless cards are running",
	  .sent = 1000,
	  .received = 5000,
	  .size = 100,
	  .content = 1,
	  .kw = KW_SEEN,
	  .label = "inbox",
	  .list = "list.example.org" },
	{ .subject = "beta",
	  .from = "Bob",
	  .to = "ann@example.com",
	  .cc = "carl@x",
	  .mid = "2@x",
	  .body = "a wireless\ncard it's",
	  .quoted = "> kernel panic",
	  .sent = 2000,
	  .received = 4000,
	  .size = 200,
	  .content = 2,
	  .kw = KW_SEEN | KW_FLAGGED,
	  .label = "work",
	  .refs = "1@x" },
	{ .subject = "gamma",
	  .from = "Carl",
	  .mid = "3@x",
	  .body = "kernel 2.4.18 snake_case",
	  .filename = "patch.diff",
	  .sent = 3000,
	  .received = 3000,
	  .size = 300,
	  .content = 3 },
	{ .subject = "delta",
	  .from = "Ann",
	  .body = "caf\xc3\xa9 wireless wireless wireless",
	  .sent = 1577934245,
	  .received = 1577934245,
	  .size = 400,
	  .content = 4,
	  .label = "work" },
};

struct expected {
	const char *query, *subjects;
};

static const struct expected searches[] = {
	{ "wireless", "delta alpha beta " },
	{ "Wireless", "delta alpha beta " },
	{ "run", "alpha " },
	{ "wire*", "delta alpha beta " },
	{ "s:wireless", "" },
	{ "s:alpha OR s:beta", "alpha beta " },
	{ "wireless kernel", "beta " },
	{ "wireless NOT kernel", "delta alpha " },
	{ "wireless -kernel", "delta alpha " },
	{ "NOT wireless", "gamma " },
	{ "NOT (wireless OR kernel)", "" },
	{ "wireless XOR kernel", "delta alpha gamma " },
	{ "kw:seen XOR kw:flagged", "alpha " },
	{ "\"wireless card\"", "beta " }, /* a phrase is meant as it stands */
	{ "\"wireless cards\"", "alpha " },
	{ "\"card wireless\"", "" },
	{ "wireless-card", "beta " },
	{ "wireless cards", "alpha beta " },
	{ "wireless Cards", "alpha " },
	{ "wireless NEAR card", "beta " },
	{ "card NEAR/1 wireless", "beta " },
	{ "it's NEAR/1 wireless", "" },
	{ "it's NEAR/2 wireless", "beta " },
	{ "wireless ADJ it's", "beta " },
	{ "it's ADJ wireless", "" },
	{ "wireless ADJ/1 it's", "" },
	{ "wireless ADJ card ADJ it's", "beta " },
	{ "it's", "beta " },
	{ "snake_case", "gamma " },
	{ "snake", "" },
	{ "2.4.18", "gamma " },
	{ "caf\xc3\xa9", "delta " },
	{ "f:ann@example.com", "alpha " },
	{ "f:ann", "delta alpha " },
	{ "t:ann", "beta " },
	{ "ann", "delta alpha " },
	{ "a:ann", "delta alpha beta " },
	{ "tc:carl", "beta " },
	{ "c:carl", "beta " },
	{ "q:kernel", "beta " },
	{ "nq:kernel", "gamma " },
	{ "b:kernel", "beta gamma " },
	{ "bs:gamma", "gamma " },
	{ "n:patch.diff", "gamma " },
	{ "n:diff", "gamma " },
	{ "m:2", "beta " },
	{ "mid:2@x", "beta " },
	{ "mid:<2@x> OR mid:3@x", "beta gamma " },
	{ "mid:2", "" },
	{ "l:example", "alpha " },
	{ "lid:list.example.org", "alpha " },
	{ "lid:example", "" },
	{ "L:work", "delta beta " },
	{ "L:work L:inbox", "delta alpha beta " },
	{ "L:work AND L:inbox", "" },
	{ "-L:work", "alpha gamma " },
	{ "kw:seen", "alpha beta " },
	{ "kw:seen -kw:flagged", "alpha " },
	{ "kw:nonsense", "" },
	{ "NOT kw:nonsense", "delta alpha beta gamma " },
	{ "z:150..300", "beta gamma " },
	{ "z:200", "beta " },
	{ "rt:..@4000", "beta gamma " },
	{ "dt:@2000..@3000", "beta gamma " },
	{ "d:20200102", "delta " },
	{ "d:20200103..", "" },
	{ "wireless (L:inbox OR kw:flagged)", "alpha beta " },
	{ "(s:alpha OR L:work) -(q:kernel OR z:400)", "alpha " },
	{ "((s:beta))", "beta " },
};

static void find(const char *dir, const char *text, const struct search_opts *o, struct found *f)
{
	struct store *s = NULL;
	struct query *q = NULL;
	struct err e = { 0 };

	assert_int_equal(store_open(dir, &s, &e), 0);
	if (query_compile(text, NOW, &q, &e) || store_search(s, q, o, false, found_add, f, &e))
		fail_msg("%s: %s", text, e.text);
	query_free(q);
	store_close(s);
}

static void queries_find_the_right_messages(void **state)
{
	struct dirs *d = *state;
	static const struct search_opts all = { .limit = -1 };

	assert_int_equal(store_all(d->store, mails, COUNT(mails)).added, 4);
	for (size_t i = 0; i < COUNT(searches); i++) {
		struct found f = { 0 };
		find(d->store, searches[i].query, &all, &f);
		if (strcmp(buf_cstr(&f.subjects), searches[i].subjects))
			fail_msg("%s finds %s", searches[i].query, f.subjects.data);
		buf_free(&f.subjects);
	}
}

static void order_limit_and_offset_are_obeyed(void **state)
{
	struct dirs *d = *state;
	static const struct {
		struct search_opts o;
		const char *subjects;
	} orders[] = {
		{ { .sort = SORT_RECEIVED, .limit = -1 }, "delta alpha beta " },
		{ { .sort = SORT_RECEIVED, .reverse = true, .limit = -1 }, "beta alpha delta " },
		{ { .sort = SORT_DOCID, .limit = -1 }, "delta beta alpha " },
		{ { .sort = SORT_DOCID, .reverse = true, .limit = -1 }, "alpha beta delta " },
		{ { .sort = SORT_RELEVANCE, .limit = 1 }, "delta " },
		{ { .sort = SORT_RECEIVED, .limit = 1 }, "delta " },
		{ { .sort = SORT_RECEIVED, .limit = 1, .offset = 1 }, "alpha " },
		{ { .sort = SORT_RECEIVED, .limit = -1, .offset = 2 }, "beta " },
		{ { .sort = SORT_RECEIVED, .limit = 0 }, "" },
		{ { .sort = SORT_RECEIVED, .limit = -1, .offset = 9 }, "" },
	};

	store_all(d->store, mails, COUNT(mails));
	for (size_t i = 0; i < COUNT(orders); i++) {
		struct found f = { 0 };
		find(d->store, "wireless", &orders[i].o, &f);
		assert_string_equal(buf_cstr(&f.subjects), orders[i].subjects);
		buf_free(&f.subjects);
	}
}

static int check_relevance(void *rock, const struct hit *h)
{
	int *last = rock;

	assert_in_range(h->pct, 0, 99);
	assert_true(h->pct <= *last);
	*last = h->pct;
	return 0;
}

static void relevance_falls(void **state)
{
	struct dirs *d = *state;
	static const struct search_opts o = { .sort = SORT_RELEVANCE, .limit = -1 };
	static const char *const texts[] = { "wireless", "wireless OR kernel -s:beta" };
	struct store *s = NULL;

	store_all(d->store, mails, COUNT(mails));
	assert_int_equal(store_open(d->store, &s, NULL), 0);
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct query *q = NULL;
		int last = 99;

		assert_int_equal(query_compile(texts[i], NOW, &q, NULL), 0);
		assert_int_equal(store_search(s, q, &o, false, check_relevance, &last, NULL), 0);
		assert_true(last < 99);
		query_free(q);
	}
	store_close(s);
}

/* Without any text all are equally relevant: the newest first. */
static void relevance_of_no_text_is_the_date(void **state)
{
	struct dirs *d = *state;
	static const struct search_opts o = { .sort = SORT_RELEVANCE, .limit = -1 };
	struct found f = { 0 };

	store_all(d->store, mails, COUNT(mails));
	find(d->store, "z:0..", &o, &f);
	assert_string_equal(buf_cstr(&f.subjects), "delta alpha beta gamma ");
	buf_free(&f.subjects);
}

static int check_beta(void *rock, const struct hit *h)
{
	struct buf raw = { 0 };
	struct err e = { 0 };
	char oid[41];

	fake_oid("beta", oid);
	assert_string_equal(h->oid, oid);
	assert_int_equal(h->docid, 2);
	assert_string_equal(h->from, "Bob");
	assert_string_equal(h->to, "ann@example.com");
	assert_string_equal(h->cc, "carl@x");
	assert_int_equal(h->sent, 2000);
	assert_int_equal(h->received, 4000);
	assert_int_equal(h->size, 200);
	assert_int_equal(h->kw, KW_SEEN | KW_FLAGGED);
	assert_memory_equal(h->mids, "2@x\0", 5);
	assert_memory_equal(h->refs, "1@x\0", 5);
	assert_memory_equal(h->labels, "work\0", 6);
	assert_int_equal(h->pct, -1);
	assert_int_equal(unzip(h->zblob, h->zblob_len, &raw, &e), 0);
	assert_int_equal(raw.len, 4);
	assert_memory_equal(raw.data, "beta", 4);
	buf_free(&raw);
	++*(int *)rock;
	return 42;
}

static void a_hit_carries_everything_and_can_stop(void **state)
{
	struct dirs *d = *state;
	static const struct search_opts all = { .limit = -1 };
	struct store *s = NULL;
	struct query *q = NULL;
	struct err e = { 0 };
	int calls = 0;

	store_all(d->store, mails, COUNT(mails));
	assert_int_equal(store_open(d->store, &s, &e), 0);
	assert_int_equal(query_compile("s:beta OR s:gamma", NOW, &q, &e), 0);
	assert_int_equal(store_search(s, q, &all, true, check_beta, &calls, &e), 42);
	assert_int_equal(calls, 1);
	query_free(q);
	store_close(s);
}

/* ---- duplicates ---- */

static int note_hit(void *rock, const struct hit *h)
{
	struct hit *last = rock;
	static char labels[64];

	last->docid++; /* a count here */
	last->kw = h->kw;
	snprintf(labels, sizeof(labels), "%s", h->labels);
	last->labels = labels;
	return 0;
}

static struct hit look(const char *dir, const char *text)
{
	static const struct search_opts all = { .limit = -1 };
	struct store *s = NULL;
	struct query *q = NULL;
	struct err e = { 0 };
	struct hit last = { 0 };

	assert_int_equal(store_open(dir, &s, &e), 0);
	assert_int_equal(query_compile(text, NOW, &q, &e), 0);
	assert_int_equal(store_search(s, q, &all, false, note_hit, &last, &e), 0);
	query_free(q);
	store_close(s);
	return last;
}

static void duplicates_are_one_message(void **state)
{
	struct dirs *d = *state;
	struct store_counts c;
	const struct mail first = { .subject = "one",
		                    .mid = "a@x",
		                    .content = 1,
		                    .raw = "raw one",
		                    .kw = KW_SEEN,
		                    .label = "x" };
	struct mail other = first;
	struct buf raw = { 0 };
	struct err e = { 0 };
	struct store *s = NULL;
	char oid[41];

	c = store_all(d->store, &first, 1);
	assert_int_equal(c.added, 1);
	c = store_all(d->store, &first, 1); /* the same bytes */
	assert_int_equal(c.seen, 1);
	assert_int_equal(c.added, 0);
	assert_int_equal(c.duplicate, 1);
	other.raw = "raw one, another transport"; /* the same content */
	other.kw = KW_FLAGGED;
	other.label = "y";
	c = store_all(d->store, &other, 1);
	assert_int_equal(c.duplicate, 1);
	struct hit h = look(d->store, "s:one");
	assert_int_equal(h.docid, 1);
	assert_int_equal(h.kw, KW_SEEN | KW_FLAGGED); /* merged */
	assert_int_equal(look(d->store, "L:x AND L:y").docid, 1);
	/* Nothing is lost: both blobs are there. */
	assert_int_equal(store_open(d->store, &s, &e), 0);
	for (int i = 0; i < 2; i++) {
		fake_oid(i ? other.raw : first.raw, oid);
		assert_int_equal(store_blob(s, oid, &raw, &e), 0);
		assert_int_equal(raw.len, strlen(i ? other.raw : first.raw));
	}
	store_close(s);
	buf_free(&raw);
}

static void what_differs_is_not_a_duplicate(void **state)
{
	struct dirs *d = *state;
	const struct mail different[] = {
		{ .subject = "s", .mid = "a@x", .content = 1, .raw = "1" },
		{ .subject = "s", .mid = "a@x", .content = 2, .raw = "2" }, /* same id only */
		{ .subject = "s", .mid = "b@x", .content = 1, .raw = "3" }, /* same content only */
		{ .subject = "s", .content = 3, .raw = "4" }, /* no id */
		{ .subject = "s", .content = 4, .raw = "5" },
	};
	const struct mail again = { .subject = "s", .content = 3, .raw = "6" };

	assert_int_equal(store_all(d->store, different, COUNT(different)).added, 5);
	assert_int_equal(store_all(d->store, &again, 1).duplicate, 1);
	assert_int_equal(look(d->store, "s:s").docid, 5);
}

static void an_import_only_adds_keywords(void **state)
{
	struct dirs *d = *state;
	struct mail m = { .subject = "k", .mid = "a@x", .kw = KW_SEEN };

	store_all(d->store, &m, 1);
	m.no_kw = true;
	m.kw = KW_FLAGGED;
	store_all(d->store, &m, 1);
	assert_int_equal(look(d->store, "s:k").kw, KW_SEEN);
	m.no_kw = false;
	m.kw = 0; /* a source that knows of none */
	store_all(d->store, &m, 1);
	assert_int_equal(look(d->store, "s:k").kw, KW_SEEN);
	m.kw = KW_ANSWERED;
	m.label = "later";
	store_all(d->store, &m, 1);
	assert_int_equal(look(d->store, "s:k").kw, KW_SEEN | KW_ANSWERED);
	assert_int_equal(look(d->store, "kw:answered kw:seen L:later").docid, 1);
}

/* ---- blobs and labels ---- */

static void blobs_are_found_by_abbreviation(void **state)
{
	struct dirs *d = *state;
	struct store *s = NULL;
	struct buf raw = { 0 };
	struct err e = { 0 };
	char oid[41];

	store_all(d->store, mails, COUNT(mails));
	assert_int_equal(store_open(d->store, &s, &e), 0);
	fake_oid("gamma", oid);
	for (size_t n = 40; n >= 7; n--) {
		oid[n] = '\0';
		assert_int_equal(store_blob(s, oid, &raw, &e), 0);
		assert_int_equal(raw.len, 5);
		assert_memory_equal(raw.data, "gamma", 5);
	}
	oid[6] = '\0';
	assert_int_equal(store_blob(s, oid, &raw, &e), -EINVAL);
	assert_int_equal(store_blob(s, "0000000", &raw, &e), -ENOENT);
	assert_int_equal(store_blob(s, "not hex", &raw, &e), -EINVAL);
	assert_int_equal(store_blob(s, "", &raw, &e), -EINVAL);
	store_close(s);
	buf_free(&raw);
}

static int join_label(void *rock, const char *label, uint64_t messages)
{
	(void)messages;
	buf_adds(rock, label);
	buf_addc(rock, ' ');
	return 0;
}

static void labels_are_listed_once(void **state)
{
	struct dirs *d = *state;
	struct store *s = NULL;
	struct buf all = { 0 };
	struct err e = { 0 };

	store_all(d->store, mails, COUNT(mails));
	assert_int_equal(store_open(d->store, &s, &e), 0);
	assert_int_equal(store_labels(s, join_label, &all, &e), 0);
	assert_string_equal(buf_cstr(&all), "inbox work ");
	store_close(s);
	buf_free(&all);
}

static void no_store_is_told_from_a_bad_one(void **state)
{
	struct dirs *d = *state;
	struct store *s = NULL;
	struct err e = { 0 };

	assert_int_equal(store_open(d->store, &s, &e), -ENOENT);
	assert_null(s);
	assert_int_equal(access(d->store, F_OK), -1); /* and none was made */
}

static void huge_queries_work_or_say_why(void **state)
{
	struct dirs *d = *state;
	static const struct search_opts all = { .limit = -1 };
	static const char *const pieces[] = { "wireless OR ",         "L:work OR ", "mid:1@x OR ",
		                              "(kw:seen OR z:1) OR ", "-kw:seen ",  "L:work AND " };
	struct store *s = NULL;

	store_all(d->store, mails, COUNT(mails));
	for (size_t i = 0; i < COUNT(pieces); i++) {
		struct buf text = { 0 };
		struct found f = { 0 };
		struct query *q = NULL;
		struct err e = { 0 };

		for (int k = 0; k < 1000; k++)
			buf_adds(&text, pieces[i]);
		buf_adds(&text, "s:gamma");
		assert_int_equal(store_open(d->store, &s, &e), 0);
		assert_int_equal(query_compile(buf_cstr(&text), NOW, &q, &e), 0);
		int rc = store_search(s, q, &all, false, found_add, &f, &e);
		if (rc)
			fail_msg("%s: %s", pieces[i], e.text);
		query_free(q);
		store_close(s);
		buf_free(&text);
		buf_free(&f.subjects);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, dirs_setup, dirs_teardown)
	const struct CMUnitTest tests[] = {
		T(queries_find_the_right_messages),
		T(order_limit_and_offset_are_obeyed),
		T(relevance_falls),
		T(relevance_of_no_text_is_the_date),
		T(a_hit_carries_everything_and_can_stop),
		T(duplicates_are_one_message),
		T(what_differs_is_not_a_duplicate),
		T(an_import_only_adds_keywords),
		T(blobs_are_found_by_abbreviation),
		T(labels_are_listed_once),
		T(no_store_is_told_from_a_bad_one),
		T(huge_queries_work_or_say_why),
	};
	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

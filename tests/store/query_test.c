/* The query language: what text compiles to, and what is refused. */
#include "testing.h"

#include "store/query.h"

/* The tree as text: the shape matters here, not the SQL. */
static void show(struct buf *out, const struct node *n)
{
	static const char *const names[] = { "text", "kw", "L",   "mid", "lid", "range",
		                             "AND",  "OR", "XOR", "NOT", "NEAR" };
	static const char columns[] = "sftcmlnqbN-+@'<>#";
	static const char *const filters[] = { "", "", "", "", "d", "dt", "rt", "z" };

	if (n->kind == NODE_TEXT) {
		unsigned all = (1u << TEXT_FIELDS) - 1;
		all &= ~(1u << TEXT_TO | 1u << TEXT_CC | 1u << TEXT_LIST);
		for (unsigned i = 0; n->columns != all && i < TEXT_FIELDS; i++)
			if (n->columns & 1u << i)
				buf_addc(out, columns[i]);
		const char *before = n->columns == all ? "'" : ":'";
		for (const struct word *w = n->words; w; w = w->next, before = " ")
			buf_addf(out, "%s%s", before, w->str);
		bool as_it_is = !n->stem && !n->wildcard && !n->words->next;
		buf_adds(out, n->wildcard ? "'*" : as_it_is ? "'=" : "'");
	} else if (n->kind == NODE_KW) {
		buf_addf(out, "kw:%u", n->kw);
	} else if (n->kind == NODE_RANGE) {
		buf_addf(out, "%s:%lld..%lld", filters[n->filter], (long long)n->lo,
		         (long long)n->hi);
	} else if (n->nkids == 0) {
		buf_addf(out, "%s:'%s'", names[n->kind], n->str);
	} else {
		buf_addf(out, "(%s", names[n->kind]);
		if (n->kind == NODE_NEAR)
			buf_addf(out, "%s%u", n->ordered ? "<" : "=", n->window);
		for (size_t i = 0; i < n->nkids; i++) {
			buf_addc(out, ' ');
			show(out, n->kids[i]);
		}
		buf_addc(out, ')');
	}
}

struct shape {
	const char *query, *tree;
};

/* As Xapian's parser answers, unless a comment says otherwise. */
static const struct shape shapes[] = {
	{ "foo", "'foo'" },
	{ "foo bar", "(AND 'foo' 'bar')" },
	{ "foo AND bar", "(AND 'foo' 'bar')" },
	{ "foo OR bar", "(OR 'foo' 'bar')" },
	{ "foo XOR bar", "(XOR 'foo' 'bar')" },
	{ "foo NOT bar", "(AND 'foo' (NOT 'bar'))" },
	{ "foo AND NOT bar", "(AND 'foo' (NOT 'bar'))" },
	{ "NOT foo", "(NOT 'foo')" },
	{ "NOT foo AND bar", "(AND (NOT 'foo') 'bar')" },
	{ "foo -bar", "(AND 'foo' (NOT 'bar'))" },
	{ "foo -bar -baz", "(AND 'foo' (NOT (OR 'bar' 'baz')))" },
	{ "+foo bar", "(AND 'foo' 'bar')" },
	{ "-foo", "(NOT 'foo')" }, /* Xapian forgets the sign */
	{ "foo - bar", "(AND 'foo' 'bar')" },
	{ "a OR b c", "(OR 'a' (AND 'b' 'c'))" },
	{ "a b NOT c d", "(AND 'a' 'b' (NOT (AND 'c' 'd')))" },
	{ "a AND b OR c AND d", "(OR (AND 'a' 'b') (AND 'c' 'd'))" },
	{ "a OR b XOR c AND d", "(OR 'a' (XOR 'b' (AND 'c' 'd')))" },
	{ "a (b OR c) -d", "(AND 'a' (OR 'b' 'c') (NOT 'd'))" },
	{ "a -(b c)", "(AND 'a' (NOT (AND 'b' 'c')))" },
	{ "and or not", "(AND 'and' 'or' 'not')" },
	{ "s:foo", "s:'foo'" },
	{ "s:\"a b\" c", "(AND s:'a b' 'c')" },
	{ "s:(a b)", "(AND s:'a' s:'b')" },
	{ "s:(a f:b) c", "(AND s:'a' f:'b' 'c')" },
	{ "tcf:x", "ftc:'x'" },
	{ "a:x", "ftc:'x'" },
	{ "b:x nq:y q:z bs:w", "(AND qbN-+@'<>#:'x' bN-+@'<>#:'y' q:'z' sqbN-+@'<>#:'w')" },
	{ "n:x.txt m:a@b l:c", "(AND n:'x txt' m:'a b' l:'c')" },
	{ "m:<a@b>", "m:'a b'" },
	{ "s:-foo", "s:'foo'" },
	{ "S:foo", "'s foo'" },
	{ "foo:bar", "'foo bar'" },
	{ "s: foo", "(AND 's' 'foo')" },
	{ "foo-bar", "'foo bar'" },
	{ "user@example.com", "'user example com'" },
	{ "foo,bar", "(AND 'foo' 'bar')" },
	{ "12,345", "'12,345'=" },
	{ "http://x.org/a?b=c", "(AND 'http x org a' 'b'= 'c')" },
	{ "don't", "'don't'" },
	{ "'quoted'", "'quoted'" },
	{ "foo*", "'foo'*" },
	{ "s:foo* bar*", "(AND s:'foo'* 'bar'*)" },
	{ "\"foo* bar\"", "'foo bar'" },
	{ "\xe2\x80\x9c"
	  "a b\xe2\x80\x9d",
	  "'a b'" },
	{ "caf\xc3\xa9 \xe2\x86\x92 x", "(AND 'caf\xc3\xa9' 'x')" },
	{ "foo \"\" ()", "'foo'" },
	{ "AND* x", "(AND 'and'* 'x')" },
	/* As it stands: capitals, numbers, in quotes, before some signs. */
	{ "Foo foo's FOO", "(AND 'foo'= 'foo's' 'foo'=)" },
	{ "\"foo\" foo/ foo@ (foo)", "(AND 'foo'= 'foo'= 'foo'= 'foo')" },
	{ "2nd _x \xc3\x89t\xc3\xa9", "(AND '2nd'= '_x'= '\xc3\xa9t\xc3\xa9'=)" },
	/* Signs that belong to a word. */
	{ "C++ C# Na+ C++++", "(AND 'c++'= 'c#'= 'na+'= 'c'=)" },
	{ "fish+chips AT&T", "(AND 'fish' 'chips' 'at&t'=)" },
	{ "U.N.C.L.E. U.S", "(AND 'uncle'= 'us'=)" },
	{ "1.2.3 1.2.x 3,a", "(AND '1.2.3'= '1.2 x' '3'= 'a')" },
	{ "foo_bar don\xe2\x80\x99t", "(AND 'foo_bar' 'don't')" },
	{ "foo*bar foo-bar*", "(AND 'foo'= 'bar' 'foo bar')" },
	{ "s:.foo s::foo", "(AND s:'foo' 's foo')" },
	/* Scripts without blanks: each character is a word, beside others a phrase. */
	{ "\xe6\x97\xa5\xe6\x9c\xac", "'\xe6\x97\xa5 \xe6\x9c\xac'" },
	{ "foo\xe6\x97\xa5", "'foo \xe6\x97\xa5'" },
	{ "\xe6\x97\xa5", "'\xe6\x97\xa5'=" },
	{ "a NEAR b", "(NEAR=10 'a'= 'b'=)" },
	{ "a NEAR/3 b NEAR c", "(NEAR=3 'a'= 'b'= 'c'=)" },
	{ "x a ADJ b y", "(AND 'x' (NEAR<10 'a'= 'b'=) 'y')" },
	{ "s:(a NEAR \"b c\")", "(NEAR=10 s:'a'= s:'b c')" },
	{ "a OR b ADJ/2 c", "(OR 'a' (NEAR<2 'b'= 'c'=))" },
	{ "near adj NEAR/x NEAR/0", "(AND 'near' 'adj' 'near x' 'near 0')" },
	{ "dfn:a.c dfa:b dfb:c", "(AND N:'a c' -:'b' +:'c')" },
	{ "dfhh:b dfctx:c", "(AND @:'b' ':'c')" },
	{ "dfpre:ABC dfpre:d dfblob:1", "(AND (OR <:'abc'* <:'d'*) <>:'1'*)" },
	{ "dfpost:a patchid:b", "(AND >:'a'* #:'b'=)" },
	{ "kw:seen", "kw:1" },
	{ "kw:Seen", "kw:0" },
	{ "kw:seen kw:flagged x", "(AND 'x' (OR kw:1 kw:4))" },
	{ "L:a L:b kw:seen", "(AND kw:1 (OR L:'a' L:'b'))" },
	{ "L:a AND L:b", "(AND L:'a' L:'b')" },
	{ "L:a -L:b L:c", "(AND (OR L:'a' L:'c') (NOT L:'b'))" },
	{ "L:\"a b\"", "L:'a b'" },
	{ "(L:a)", "L:'a'" },
	{ "mid:<a@b> lid:X.Org", "(AND mid:'a@b' lid:'x.org')" },
	{ "z:100..2000", "z:100..2000" },
	{ "z:..5 z:7..", "(OR z:-9223372036854775808..5 z:7..9223372036854775807)" },
	{ "z:100", "z:100..100" },
	{ "rt:100000..200000", "rt:100000..200000" },
	{ "rt:1577934245", "rt:1577934245..1578020644" },
	{ "d:20200102", "d:1577923200..1578009599" },
	{ "d:20200102..2020-01-03", "d:1577923200..1578095999" },
	{ "d:2.days.ago..", "d:1599827200..9223372036854775807" },
	{ "d:..yesterday x", "(AND 'x' d:-9223372036854775808..1599913600)" },
	{ "d:\"2 days ago\"", "d:1599827200..1599913599" },
	{ "dt:20200102030405..", "dt:1577934245..9223372036854775807" },
};

static void queries_have_the_shape_of_xapians(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(shapes); i++) {
		struct arena a = { 0 };
		struct node *root = NULL;
		struct err e = { 0 };
		struct buf out = { 0 };
		size_t len = strlen(shapes[i].query);
		char *exact = malloc(len);

		assert_non_null(exact);
		memcpy(exact, shapes[i].query, len);
		if (query_parse(exact, len, NOW, &a, &root, &e))
			fail_msg("%s: %s", shapes[i].query, e.text);
		show(&out, root);
		if (strcmp(buf_cstr(&out), shapes[i].tree))
			fail_msg("%s is %s", shapes[i].query, buf_cstr(&out));
		buf_free(&out);
		arena_free(&a);
		free(exact);
	}
}

static const struct shape refused[] = {
	{ "", "query: nothing to search for" },
	{ "  ", "query: nothing to search for" },
	{ "\"\"", "query: nothing to search for" },
	{ "()", "query: nothing to search for" },
	{ "*", "query: nothing to search for" },
	{ "a b c (d", "query: unbalanced \"(\" at column 7" },
	{ "a (b", "query: unbalanced \"(\" at column 3" },
	{ "a)", "query: unbalanced \")\" at column 2" },
	{ "a \"b", "query: unbalanced '\"' at column 3" },
	{ "s:\"b", "query: unbalanced '\"' at column 1" },
	{ "AND", "query: a term is missing at column 1" },
	{ "a AND", "query: a term is missing at column 6" },
	{ "OR a", "query: a term is missing at column 1" },
	{ "a OR OR b", "query: a term is missing at column 6" },
	{ "NOT", "query: a term is missing at column 4" },
	{ "NEAR a", "query: NEAR or ADJ without a word before it at column 1" },
	{ "(a b) NEAR c", "query: NEAR or ADJ without a word before it at column 7" },
	{ "a NEAR", "query: NEAR or ADJ without a word after it at column 7" },
	{ "a NEAR kw:seen", "query: NEAR or ADJ without a word after it at column 8" },
	{ "a NEAR b ADJ c", "query: NEAR and ADJ in one chain at column 10" },
	{ "a NEAR s:b", "query: NEAR or ADJ between different prefixes at column 8" },
	{ "a NEAR/501 b", "query: words too far apart at column 3" },
	{ "x dfpre:xyz", "query: \"xyz\" is not an id in hex at column 3" },
	{ "d:junk", "query: cannot understand \"junk\" as a date at column 1" },
	{ "x d:2020-99-99..", "query: cannot understand \"2020-99-99\" as a date at column 3" },
	{ "z:1k..", "query: cannot understand \"1k\" as a size at column 1" },
	{ "d:..", "query: a range without ends at column 1" },
};

static void bad_syntax_says_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct query *q = NULL;
		struct err e = { 0 };
		int rc = query_compile(refused[i].query, NOW, &q, &e);

		if (rc != -EINVAL || q || strcmp(e.text, refused[i].tree))
			fail_msg("%s: %d %s", refused[i].query, rc, e.text);
	}
}

static int compile_repeated(const char *before, const char *piece, size_t n, const char *after)
{
	struct buf text = { 0 };
	struct query *q = NULL;
	struct err e = { 0 };

	buf_adds(&text, before);
	for (size_t i = 0; i < n; i++)
		buf_adds(&text, piece);
	buf_adds(&text, after);
	int rc = query_compile(buf_cstr(&text), NOW, &q, &e);
	assert_true((rc == 0) == (e.text[0] == '\0'));
	query_free(q);
	buf_free(&text);
	return rc;
}

static void size_and_depth_are_bounded(void **state)
{
	(void)state;
	assert_int_equal(compile_repeated("", "x OR ", 9000, "y"), 0);
	assert_int_equal(compile_repeated("", "x OR ", 30000, "y"), -E2BIG);
	assert_int_equal(compile_repeated("", "x ", 200000, "y"), -E2BIG);
	assert_int_equal(compile_repeated("", "(", 100000, ""), -E2BIG);
	assert_int_equal(compile_repeated("", "-(", 100000, ""), -E2BIG);
	assert_int_equal(compile_repeated("", "NOT ", 1000, "x"), -EINVAL);
	assert_int_equal(
	    compile_repeated("((((((((((((((((((((((((", "x ", 1, "))))))))))))))))))))))))"), 0);
	assert_int_equal(compile_repeated("", "a XOR ", 1000, "b"), -EINVAL);
	assert_int_equal(compile_repeated("\"", "x", 100000, "\""), 0);
	assert_int_equal(compile_repeated("\"", "x ", 500, "\""), 0);
	assert_int_equal(compile_repeated("\"", "x ", 501, "\""), -E2BIG);
	assert_int_equal(compile_repeated("x", ".x", 100000, ""), -E2BIG);
	assert_int_equal(compile_repeated("x", " NEAR x", 20000, ""), -EINVAL);
	assert_int_equal(compile_repeated("x", " ADJ x", 499, ""), 0);
}

static void values_are_bound_not_pasted(void **state)
{
	(void)state;
	static const char *const texts[] = { "L:x';DROP", "mid:\"a' OR 1=1\"", "s:\"x) OR (y\"",
		                             "l:'x'", "\"a'b\" L:\"'\"" };
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct query *q = NULL;
		struct err e = { 0 };

		assert_int_equal(query_compile(texts[i], NOW, &q, &e), 0);
		assert_null(strchr(q->where.data, '\''));
		assert_null(strchr(q->where.data, 'x'));
		assert_null(strchr(q->where.data, '='));
		query_free(q);
	}
}

static void what_is_asked_again_is_looked_for_once(void **state)
{
	(void)state;
	static const char *const queries[] = { "cat OR cat OR cat", "cat cat",
		                               "cat OR s:x OR cat" };
	for (size_t i = 0; i < COUNT(queries); i++) {
		struct query *q = NULL;
		assert_int_equal(query_compile(queries[i], NOW, &q, NULL), 0);
		const char *text = strstr(q->rank, "cat"),
			   *match = strstr(q->params[0].text, "cat");
		assert_non_null(text);
		assert_null(strstr(text + 1, "cat"));
		assert_non_null(match);
		assert_null(strstr(match + 1, "cat"));
		query_free(q);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queries_have_the_shape_of_xapians),
		cmocka_unit_test(bad_syntax_says_where),
		cmocka_unit_test(size_and_depth_are_bounded),
		cmocka_unit_test(what_is_asked_again_is_looked_for_once),
		cmocka_unit_test(values_are_bound_not_pasted),
	};
	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

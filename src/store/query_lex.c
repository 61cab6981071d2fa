/* Tokens of the query language: that of Xapian's parser with the prefixes of lei. */
#include "query.h"

#include "../base/err.h"
#include "terms.h"

#include <errno.h>
#include <string.h>

#define C(f) (1u << TEXT_##f)
/* What is not quoted of a body: patches, too. */
#define PLAIN                                                                                      \
	(C(BODY) | C(DIFF_NAME) | C(DIFF_OLD) | C(DIFF_NEW) | C(DIFF_HUNK) | C(DIFF_CONTEXT) |     \
	 C(DIFF_PRE) | C(DIFF_POST) | C(PATCH_ID))

struct text_prefix {
	const char *name;
	unsigned columns;
};

static const struct text_prefix text_prefixes[] = {
	{ "s", C(SUBJECT) },
	{ "f", C(FROM) },
	{ "t", C(TO) },
	{ "c", C(CC) },
	{ "tc", C(TO) | C(CC) },
	{ "tcf", C(TO) | C(CC) | C(FROM) },
	{ "a", C(TO) | C(CC) | C(FROM) },
	{ "b", C(QUOTED) | PLAIN },
	{ "bs", C(QUOTED) | PLAIN | C(SUBJECT) },
	{ "q", C(QUOTED) },
	{ "nq", PLAIN },
	{ "n", C(FILENAME) },
	{ "m", C(MID) },
	{ "l", C(LIST) },
	{ "dfn", C(DIFF_NAME) },
	{ "dfa", C(DIFF_OLD) },
	{ "dfb", C(DIFF_NEW) },
	{ "dfhh", C(DIFF_HUNK) },
	{ "dfctx", C(DIFF_CONTEXT) },
};

struct filter_prefix {
	const char *name;
	enum filter filter;
};

static const struct filter_prefix filter_prefixes[] = {
	{ "kw", FILTER_KW },          { "L", FILTER_LABEL },
	{ "mid", FILTER_MID },        { "lid", FILTER_LIST },
	{ "d", FILTER_DAY },          { "dt", FILTER_SENT },
	{ "rt", FILTER_RECEIVED },    { "z", FILTER_SIZE },
	{ "dfpre", FILTER_BLOB_PRE }, { "dfpost", FILTER_BLOB_POST },
	{ "dfblob", FILTER_BLOB },    { "patchid", FILTER_PATCH },
};

/* ---- characters ---- */

static bool is_space(unsigned char c)
{
	return c <= ' ';
}

/* Length of a double quote at p, straight or curly, else 0. */
static size_t quote(const char *p, size_t n)
{
	if (n && *p == '"')
		return 1;
	return n >= 3 && (!memcmp(p, "\xe2\x80\x9c", 3) || !memcmp(p, "\xe2\x80\x9d", 3)) ? 3 : 0;
}

/* Between two words these make a phrase of them. */
static bool is_joint(char c)
{
	return c && strchr(".-/:\\@", c);
}

/* A word before these is meant as it stands. */
static bool keeps_form(char c)
{
	return c && strchr("(/\\@<>=*[{\"", c);
}

static bool word_at(const struct lexer *l, size_t at)
{
	return term_begins(l->text + at, l->len - at);
}

/* ---- tokens ---- */

static int fail_at(struct err *e, size_t column, const char *what)
{
	return err_set(e, -EINVAL, "query: %s at column %zu", what, column);
}

/* The words of a token as they are found. */
struct found {
	struct word *first, **last;
	size_t n;
	struct term term; /* the latest */
};

static int add_word(struct lexer *l, struct found *f, size_t end, struct err *e)
{
	buf_reset(&l->scratch);
	l->at += term_read(l->text + l->at, end - l->at, &l->scratch, &f->term);
	struct word *w = arena_get(l->a, sizeof(*w));
	char *str = buf_ok(&l->scratch) ? arena_str(l->a, l->scratch.data, l->scratch.len) : NULL;
	if (!w || !str)
		return err_sys(e, ENOMEM, "query");
	w->str = str;
	if (f->n++ == 0)
		f->first = w;
	else
		*f->last = w;
	f->last = &w->next;
	return 0;
}

static int too_long(struct token *t, const struct found *f, struct err *e)
{
	t->words = f->first;
	return f->n > QUERY_PHRASE_MAX
	           ? err_set(e, -E2BIG, "query: a phrase of more than %d words at column %zu",
	                     QUERY_PHRASE_MAX, t->column)
	           : 0;
}

/* The text between quotes; the lexer stands behind the first. */
static int quoted_end(struct lexer *l, const struct token *t, size_t *ret_close, struct err *e)
{
	for (size_t at = l->at; at < l->len; at++)
		if (quote(l->text + at, l->len - at)) {
			*ret_close = at;
			return 0;
		}
	return fail_at(e, t->column, "unbalanced '\"'");
}

static int lex_phrase(struct lexer *l, struct token *t, struct err *e)
{
	struct found f = { 0 };
	size_t close;
	unsigned c;

	t->kind = TOK_TEXT;
	l->at += quote(l->text + l->at, l->len - l->at);
	int rc = quoted_end(l, t, &close, e);
	while (!rc && l->at < close) {
		if (term_begins(l->text + l->at, close - l->at))
			rc = add_word(l, &f, close, e);
		else
			l->at += char_at(l->text + l->at, close - l->at, &c);
	}
	if (rc)
		return rc;
	l->at = close + quote(l->text + close, l->len - close);
	return too_long(t, &f, e);
}

/* Does the phrase go on at l->at?  Then the lexer stands at its next word.  Words touch only in
 * scripts without blanks. */
static bool goes_on(struct lexer *l)
{
	size_t at = l->at;

	while (at < l->len && is_joint(l->text[at]))
		at++;
	if (!word_at(l, at))
		return false;
	l->at = at;
	return true;
}

static int lex_word(struct lexer *l, struct token *t, struct err *e)
{
	struct found f = { 0 };
	int rc = add_word(l, &f, l->len, e);
	char after = l->at < l->len ? l->text[l->at] : '\0';
	struct term first = f.term;

	t->kind = TOK_TEXT;
	while (!rc && goes_on(l))
		rc = add_word(l, &f, l->len, e);
	if (rc)
		return rc;
	t->stem = f.n == 1 && first.plain && !first.joined && !keeps_form(after);
	if (f.n == 1 && after == '*' && !first.joined && !word_at(l, l->at + 1)) {
		t->wildcard = true;
		t->stem = false;
		l->at++;
	}
	return too_long(t, &f, e);
}

static int lex_value(struct lexer *l, struct token *t, struct err *e)
{
	size_t q = quote(l->text + l->at, l->len - l->at), close;

	t->kind = TOK_FILTER;
	l->at += q;
	t->p = l->text + l->at;
	if (q) {
		int rc = quoted_end(l, t, &close, e);
		if (rc)
			return rc;
		t->n = close - l->at;
		l->at = close + quote(l->text + close, l->len - close);
		return 0;
	}
	while (l->at < l->len && !is_space((unsigned char)l->text[l->at]) && l->text[l->at] != ')')
		l->at++;
	t->n = (size_t)(l->text + l->at - t->p);
	return 0;
}

/* After "s:" -- a phrase, a group, or the next word, over punctuation. */
static int lex_prefixed(struct lexer *l, struct token *t, struct err *e)
{
	if (l->text[l->at] == '(') {
		t->kind = TOK_OPEN;
		l->at++;
		return 0;
	}
	if (quote(l->text + l->at, l->len - l->at))
		return lex_phrase(l, t, e);
	return lex_word(l, t, e);
}

static bool name_is(const char *name, const char *p, size_t n)
{
	return strlen(name) == n && !memcmp(name, p, n);
}

/* A prefix we know, followed by something to search: 1 done, 0 none, -EINVAL. */
static int lex_prefix(struct lexer *l, struct token *t, struct err *e)
{
	const char *p = l->text + l->at;
	const char *colon = memchr(p, ':', l->len - l->at < 9 ? l->len - l->at : 9);

	if (!colon)
		return 0;
	size_t n = (size_t)(colon - p), after = l->at + n + 1;
	if (after >= l->len || is_space((unsigned char)l->text[after]) || l->text[after] == ')')
		return 0;
	for (size_t i = 0; i < sizeof(filter_prefixes) / sizeof(*filter_prefixes); i++)
		if (name_is(filter_prefixes[i].name, p, n)) {
			t->filter = filter_prefixes[i].filter;
			l->at = after;
			int rc = lex_value(l, t, e);
			return rc ? rc : 1;
		}
	for (size_t i = 0; i < sizeof(text_prefixes) / sizeof(*text_prefixes); i++) {
		if (!name_is(text_prefixes[i].name, p, n))
			continue;
		while (after < l->len && l->text[after] && strchr("-+.,<'/\\@", l->text[after]))
			after++;
		const char *next = l->text + after;
		size_t left = l->len - after;
		if (!word_at(l, after) && !quote(next, left) && !(left && *next == '('))
			return 0;
		t->columns = text_prefixes[i].columns;
		l->at = after;
		int rc = lex_prefixed(l, t, e);
		return rc ? rc : 1;
	}
	return 0;
}

/* "NEAR", "ADJ", "NEAR/5": the length of what stands at l->at, or 0. */
static size_t near_operator(const struct lexer *l, struct token *t)
{
	const char *p = l->text + l->at;
	size_t left = l->len - l->at, n;

	t->ordered = left >= 3 && !memcmp(p, "ADJ", 3);
	n = t->ordered ? 3 : 4;
	if (left < n || (!t->ordered && memcmp(p, "NEAR", 4) != 0))
		return 0;
	if (n < left && p[n] == '/')
		for (n++; n < left && p[n] >= '0' && p[n] <= '9'; n++)
			if (t->window <= QUERY_PHRASE_MAX)
				t->window = t->window * 10 + (unsigned)(p[n] - '0');
	if (n < left && !is_space((unsigned char)p[n]))
		return 0;
	return p[n - 1] != '/' && (t->window > 0 || n < 5) ? n : 0;
}

/* Operators are whole words in capitals. */
static bool lex_operator(struct lexer *l, struct token *t)
{
	static const struct {
		const char *name;
		enum token_kind kind;
	} operators[] = {
		{ "AND", TOK_AND }, { "OR", TOK_OR }, { "XOR", TOK_XOR }, { "NOT", TOK_NOT }
	};
	const char *p = l->text + l->at;
	size_t n = near_operator(l, t);

	if (n > 0) {
		t->kind = TOK_NEAR;
		l->at += n;
		return true;
	}
	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		n = strlen(operators[i].name);
		if (l->len - l->at < n || memcmp(p, operators[i].name, n) != 0)
			continue;
		if (l->len - l->at > n && (word_at(l, l->at + n) || p[n] == '*' || is_joint(p[n]) ||
		                           strchr("'&+#", p[n])))
			continue;
		t->kind = operators[i].kind;
		l->at += n;
		return true;
	}
	return false;
}

static int lex_plain(struct lexer *l, struct token *t, struct err *e)
{
	int rc = lex_prefix(l, t, e);

	if (rc)
		return rc < 0 ? rc : 0;
	return lex_operator(l, t) ? 0 : lex_word(l, t, e);
}

/* "+" and "-" count where a term may start and something follows. */
static bool is_sign(const struct lexer *l)
{
	char c = l->text[l->at];
	bool starts = l->at == 0 || is_space((unsigned char)l->text[l->at - 1]) ||
	              l->text[l->at - 1] == '(';

	return (c == '+' || c == '-') && starts && l->at + 1 < l->len &&
	       !is_space((unsigned char)l->text[l->at + 1]) && l->text[l->at + 1] != ')';
}

int query_lex(struct lexer *l, struct token *ret, struct err *e)
{
	for (; l->at < l->len; l->at++) {
		const char *p = l->text + l->at;
		size_t left = l->len - l->at;

		*ret = (struct token){ .column = l->at + 1 };
		if (word_at(l, l->at))
			return lex_plain(l, ret, e);
		if (quote(p, left))
			return lex_phrase(l, ret, e);
		if (*p == '(' || *p == ')') {
			ret->kind = *p == '(' ? TOK_OPEN : TOK_CLOSE;
			l->at++;
			return 0;
		}
		if (is_sign(l)) {
			ret->kind = *p == '+' ? TOK_PLUS : TOK_MINUS;
			l->at++;
			return 0;
		}
		unsigned c;
		l->at += char_at(p, left, &c) - 1;
	}
	*ret = (struct token){ .kind = TOK_END, .column = l->len + 1 };
	return 0;
}

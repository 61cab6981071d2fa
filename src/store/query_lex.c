/* Tokens of the query language: that of Xapian's parser with the prefixes of lei. */
#include "query.h"

#include "../base/err.h"

#include <errno.h>
#include <string.h>

#define C(f) (1u << TEXT_##f)

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
	{ "b", C(QUOTED) | C(BODY) },
	{ "bs", C(QUOTED) | C(BODY) | C(SUBJECT) },
	{ "q", C(QUOTED) },
	{ "nq", C(BODY) },
	{ "n", C(FILENAME) },
	{ "m", C(MID) },
	{ "l", C(LIST) },
};

struct filter_prefix {
	const char *name;
	enum filter filter;
};

static const struct filter_prefix filter_prefixes[] = {
	{ "kw", FILTER_KW },       { "L", FILTER_LABEL }, { "mid", FILTER_MID },
	{ "lid", FILTER_LIST },    { "d", FILTER_DAY },   { "dt", FILTER_SENT },
	{ "rt", FILTER_RECEIVED }, { "z", FILTER_SIZE },
};

/* Prefixes of the original that we do not index; reading them as text would find wrong mail. */
static const char *const missing_prefixes[] = { "dfn",   "dfa",    "dfb",    "dfhh",    "dfctx",
	                                        "dfpre", "dfpost", "dfblob", "patchid", "uid" };

/* ---- characters ---- */

static bool is_space(unsigned char c)
{
	return c <= ' ';
}

/* Length of the character at p if it is punctuation or a symbol beyond ASCII, else 0. */
static size_t wide_punctuation(const char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;

	if (n >= 2 && u[0] == 0xc2 && u[1] != 0xaa && u[1] != 0xb5 && u[1] != 0xba)
		return 2; /* U+0080..U+00BF */
	if (n >= 3 && u[0] == 0xe2 && (u[1] < 0xb0 && u[1] != 0x82 && u[1] != 0x84 && u[1] != 0x85))
		return 3; /* U+2000..U+2BFF but for letter-like ones */
	if (n >= 3 && u[0] == 0xe3 && u[1] == 0x80 && u[2] <= 0x84)
		return 3; /* U+3000..U+3004 */
	if (n >= 4 && u[0] == 0xf0 && u[1] == 0x9f)
		return 4; /* U+1F000..U+1FFFF */
	return 0;
}

/* Length of the word character at p, else 0. */
static size_t word_char(const char *p, size_t n)
{
	unsigned char c = n ? (unsigned char)*p : ' ';

	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')
		return 1;
	return c >= 0x80 && !wide_punctuation(p, n) ? 1 : 0;
}

/* Length of a double quote at p, straight or curly, else 0. */
static size_t quote(const char *p, size_t n)
{
	if (n && *p == '"')
		return 1;
	return n >= 3 && (!memcmp(p, "\xe2\x80\x9c", 3) || !memcmp(p, "\xe2\x80\x9d", 3)) ? 3 : 0;
}

bool query_has_word(const char *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t wide = wide_punctuation(p + i, n - i);
		if (!wide && word_char(p + i, n - i))
			return true;
		i += wide ? wide : 1;
	}
	return false;
}

/* End of the run of word characters that starts at `at`, with punctuation between them: mail
 * addresses, file names and versions are one piece of text and so a phrase. */
static size_t word_end(const struct lexer *l, size_t at)
{
	size_t end = at;

	while (at < l->len) {
		size_t n = word_char(l->text + at, l->len - at);
		if (n) {
			end = at += n;
			continue;
		}
		char c = l->text[at];
		bool digits = at > 0 && at + 1 < l->len && strchr(",;", c) &&
		              strchr("0123456789", l->text[at - 1]) &&
		              strchr("0123456789", l->text[at + 1]);
		if (!digits && !strchr(".-/:\\@'&", c))
			break;
		at++;
	}
	return end;
}

/* ---- tokens ---- */

static int fail_at(struct err *e, size_t column, const char *what)
{
	return err_set(e, -EINVAL, "query: %s at column %zu", what, column);
}

static int lex_phrase(struct lexer *l, struct token *t, struct err *e)
{
	size_t at = l->at + quote(l->text + l->at, l->len - l->at);

	t->kind = TOK_TEXT;
	t->p = l->text + at;
	for (; at < l->len; at++) {
		size_t n = quote(l->text + at, l->len - at);
		if (n) {
			t->n = (size_t)(l->text + at - t->p);
			l->at = at + n;
			return 0;
		}
	}
	return fail_at(e, t->column, "unbalanced '\"'");
}

static void lex_word(struct lexer *l, struct token *t)
{
	size_t end = word_end(l, l->at);

	t->kind = TOK_TEXT;
	t->p = l->text + l->at;
	t->n = end - l->at;
	l->at = end;
	if (l->at < l->len && l->text[l->at] == '*') {
		t->wildcard = true;
		l->at++;
	}
}

static int lex_value(struct lexer *l, struct token *t, struct err *e)
{
	t->kind = TOK_FILTER;
	if (quote(l->text + l->at, l->len - l->at)) {
		int rc = lex_phrase(l, t, e);
		t->kind = TOK_FILTER;
		return rc;
	}
	t->p = l->text + l->at;
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
	lex_word(l, t);
	return 0;
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
	for (size_t i = 0; i < sizeof(missing_prefixes) / sizeof(*missing_prefixes); i++)
		if (name_is(missing_prefixes[i], p, n))
			return err_set(e, -EINVAL,
			               "query: prefix \"%s:\" at column %zu is not supported",
			               missing_prefixes[i], t->column);
	for (size_t i = 0; i < sizeof(text_prefixes) / sizeof(*text_prefixes); i++) {
		if (!name_is(text_prefixes[i].name, p, n))
			continue;
		while (after < l->len && strchr("-+.,<'", l->text[after]))
			after++;
		const char *next = l->text + after;
		size_t left = l->len - after;
		if (!word_char(next, left) && !quote(next, left) && !(left && *next == '('))
			return 0;
		t->columns = text_prefixes[i].columns;
		l->at = after;
		int rc = lex_prefixed(l, t, e);
		return rc ? rc : 1;
	}
	return 0;
}

/* Operators are whole words in capitals. */
static void as_operator(struct token *t, bool *ret_unsupported)
{
	static const struct {
		const char *name;
		enum token_kind kind;
	} operators[] = {
		{ "AND", TOK_AND }, { "OR", TOK_OR }, { "XOR", TOK_XOR }, { "NOT", TOK_NOT }
	};

	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++)
		if (name_is(operators[i].name, t->p, t->n))
			t->kind = operators[i].kind;
	*ret_unsupported = name_is("NEAR", t->p, t->n) || name_is("ADJ", t->p, t->n);
}

static int lex_plain(struct lexer *l, struct token *t, struct err *e)
{
	bool unsupported = false;
	int rc = lex_prefix(l, t, e);

	if (rc)
		return rc < 0 ? rc : 0;
	lex_word(l, t);
	if (!t->wildcard)
		as_operator(t, &unsupported);
	return unsupported ? fail_at(e, t->column, "operator NEAR or ADJ, which is not supported,")
	                   : 0;
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
		if (word_char(p, left))
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
		size_t wide = wide_punctuation(p, left);
		l->at += wide ? wide - 1 : 0;
	}
	*ret = (struct token){ .kind = TOK_END, .column = l->len + 1 };
	return 0;
}

/* lei p2q: from a patch to a query for the mail about it. */
#include "cmd.h"
#include "inputs.h"
#include "program.h"

#include "../mail/message.h"
#include "../mail/message_leaf.h"
#include "../mail/patch_words.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { /* what the header of the mail has, behind what patches have */
       HEAD_A = PATCH_WORDS,
       HEAD_BS,
       HEAD_C,
       HEAD_D,
       HEAD_DT,
       HEAD_F,
       HEAD_RT,
       HEAD_S,
       HEAD_T,
       HEAD_TC,
       HEAD_TCF,
       PREFIXES
};

static const char *const prefixes[PREFIXES] = {
	[PATCH_DFA] = "dfa",
	[PATCH_DFB] = "dfb",
	[PATCH_DFCTX] = "dfctx",
	[PATCH_DFHH] = "dfhh",
	[PATCH_DFN] = "dfn",
	[PATCH_DFPRE] = "dfpre",
	[PATCH_DFPOST] = "dfpost",
	[HEAD_A] = "a",
	[HEAD_BS] = "bs",
	[HEAD_C] = "c",
	[HEAD_D] = "d",
	[HEAD_DT] = "dt",
	[HEAD_F] = "f",
	[HEAD_RT] = "rt",
	[HEAD_S] = "s",
	[HEAD_T] = "t",
	[HEAD_TC] = "tc",
	[HEAD_TCF] = "tcf",
};

struct p2q {
	struct cmd *c;
	struct buf want; /* what --want says, NUL-separated */
	struct phrases found[PREFIXES];
	int git_status; /* what git failed with */
};

/* ---- what is wanted ---- */

static void add_wanted(struct p2q *q, const char *list)
{
	while (*list != '\0') {
		size_t n = strcspn(list, ", ");
		if (n > 0) {
			buf_add(&q->want, list, n);
			buf_addc(&q->want, '\0');
		}
		list += n + (list[n] != '\0');
	}
}

static void read_wanted(struct p2q *q)
{
	const struct invocation *inv = &q->c->inv;
	for (size_t i = 0; i < inv->nvalues; i++) {
		if (inv->values[i].id == OPT_WANT)
			add_wanted(q, inv->values[i].text);
	}
	if (option_last(inv, OPT_WANT) == NULL)
		add_wanted(q, "dfpost7");
}

static bool is_wanted(const struct p2q *q, const char *prefix)
{
	for (size_t at = 0; at < q->want.len; at += strlen(q->want.data + at) + 1) {
		if (strcmp(q->want.data + at, prefix) == 0)
			return true;
	}
	return false;
}

/* ---- what there is ---- */

static void add_field(struct p2q *q, int prefix, const char *text)
{
	if (is_wanted(q, prefixes[prefix]))
		phrases_add(&q->found[prefix], text, strlen(text));
}

static void add_date(struct p2q *q, int prefix, int64_t when)
{
	char text[32];
	snprintf(text, sizeof(text), "%" PRId64, when);
	add_field(q, prefix, text);
}

static int add_head(struct p2q *q, const struct raw_mail *m, struct err *e)
{
	struct message msg;
	int rc = message_parse(m->data, m->len, &msg, e);
	if (rc < 0)
		return rc;
	static const int with_to[] = { HEAD_T, HEAD_TC, HEAD_TCF, HEAD_A },
			 with_cc[] = { HEAD_C, HEAD_TC, HEAD_TCF, HEAD_A },
			 with_from[] = { HEAD_F, HEAD_TCF, HEAD_A };
	for (size_t i = 0; i < 4; i++)
		add_field(q, with_to[i], msg.to);
	for (size_t i = 0; i < 4; i++)
		add_field(q, with_cc[i], msg.cc);
	for (size_t i = 0; i < 3; i++)
		add_field(q, with_from[i], msg.from);
	add_field(q, HEAD_S, msg.subject);
	add_field(q, HEAD_BS, msg.subject);
	add_date(q, HEAD_D, msg.sent);
	add_date(q, HEAD_DT, msg.sent);
	add_date(q, HEAD_RT, msg.received);
	message_done(&msg);
	return 0;
}

static int add_part(void *rock, const struct leaf *l)
{
	struct p2q *q = rock;
	if (l->is_text)
		patch_words_add(q->found, l->body, l->len);
	return 0;
}

static int add_mail(void *rock, const struct raw_mail *m, struct err *e)
{
	struct p2q *q = rock;
	int rc = add_head(q, m, e);
	if (rc == 0 && message_leaves(m->raw, m->raw_len, add_part, q) < 0)
		rc = err_set(e, -ENOMEM, "out of memory");
	return rc;
}

/* ---- where it comes from ---- */

/* What is no file is a commit of the repository that we are in. */
static int read_commit(struct p2q *q, const char *commit, struct err *e)
{
	const char *argv[] = { "git", "format-patch", "--stdout", "-1", "--end-of-options", commit,
		               NULL };
	struct buf out = { 0 };
	int rc = program_run(&(struct program){ .argv = argv, .out = &out }, e);
	if (rc > 0) {
		q->git_status = rc;
		rc = err_set(e, -EINVAL, "%s: neither a file nor a commit that git knows", commit);
	}
	if (rc == 0) {
		const char *raw = buf_cstr(&out);
		rc = add_mail(q, &(struct raw_mail){ raw, out.len, raw, out.len, NULL, 0, 0 }, e);
	}
	buf_free(&out);
	return rc;
}

static bool is_commit(const char *arg)
{
	const char *path;
	struct stat st;
	return mail_format_split(arg, &path) == MAIL_UNKNOWN && strcmp(arg, "-") != 0 &&
	       stat(arg, &st) < 0 && errno == ENOENT;
}

static int read_all(struct p2q *q, struct err *e)
{
	struct inputs in = { 0 };
	uint64_t count;
	int rc = inputs_prepare_patches(q->c, is_commit, &in, e);
	for (size_t i = 0; i < in.n && rc == 0; i++) {
		rc = is_commit(in.paths[i]) ? read_commit(q, in.paths[i], e)
		                            : inputs_read(&in, i, add_mail, q, &count, e);
	}
	inputs_free(&in);
	return rc;
}

/* ---- the query ---- */

static void add_term(struct buf *out, const char *term, size_t len, bool uri)
{
	static const char hex[] = "0123456789ABCDEF", bare[] = "-._~";
	if (out->len > 0)
		buf_addc(out, uri ? '+' : ' ');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)term[i];
		if (!uri || isalnum(c) || (c != 0 && strchr(bare, c) != NULL)) {
			buf_addc(out, term[i]);
		} else {
			buf_addc(out, '%');
			buf_addc(out, hex[c >> 4]);
			buf_addc(out, hex[c & 15]);
		}
	}
}

static bool is_operator(const char *word)
{
	static const char *const names[] = { "OR", "XOR", "AND", "NOT", "ADJ", "NEAR" };
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t n = strlen(names[i]);
		if (strncmp(word, names[i], n) != 0)
			continue;
		if (word[n] == '\0')
			return true;
		if (i >= 4 && word[n] == '/' && word[n + 1] != '\0' &&
		    word[n + 1 + strspn(word + n + 1, "0123456789")] == '\0')
			return true;
	}
	return false;
}

struct wanted { /* "+dfpost7": what is looked for, and how its terms are written */
	int prefix; /* PREFIXES: there is no such */
	char sign[2];
	unsigned long shortest; /* 0: as they are */
	bool star;
};

static struct wanted parse_wanted(const char *word)
{
	struct wanted w = { .prefix = PREFIXES };
	if (*word == '+' || *word == '-')
		w.sign[0] = *word++;
	size_t n = strlen(word);
	while (n > 0 && (isdigit((unsigned char)word[n - 1]) || word[n - 1] == '*'))
		n--;
	for (int i = 0; i < PREFIXES; i++) {
		if (strlen(prefixes[i]) == n && strncmp(prefixes[i], word, n) == 0)
			w.prefix = i;
	}
	for (const char *p = word + n; *p != '\0'; p++) {
		if (*p == '*')
			w.star = true;
		else if (w.shortest < 1000)
			w.shortest = w.shortest * 10 + (unsigned long)(*p - '0');
	}
	if (w.prefix == PATCH_DFPRE || w.prefix == PATCH_DFPOST)
		w.star = false; /* a whole id, or the beginning of one: no need */
	return w;
}

/* The term, and with a shortest length what is left of it at each length down to that. */
static void add_wanted_term(struct buf *out, const struct wanted *w, const char *term, bool uri)
{
	struct buf b = { 0 };
	size_t len = strlen(term);
	for (bool first = true;; first = false) {
		buf_reset(&b);
		buf_addf(&b, "%s%s:%.*s%s", w->sign, prefixes[w->prefix], (int)len, term,
		         w->star ? "*" : "");
		if (!first)
			add_term(out, "OR", 2, uri);
		add_term(out, buf_cstr(&b), b.len, uri);
		if (w->shortest == 0 || len <= w->shortest)
			break;
		for (len--; len > 0 && ((unsigned char)term[len] & 0xc0) == 0x80; len--)
			;
	}
	out->failed |= b.failed;
	buf_free(&b);
}

static void write_query(struct p2q *q, struct buf *out)
{
	bool uri = option_on(&q->c->inv, OPT_URI, false), done[PREFIXES + 1] = { false };
	for (size_t at = 0; at < q->want.len; at += strlen(q->want.data + at) + 1) {
		const char *word = q->want.data + at;
		if (is_operator(word)) {
			add_term(out, word, strlen(word), uri);
			continue;
		}
		struct wanted w = parse_wanted(word);
		if (w.prefix == PREFIXES || done[w.prefix])
			continue;
		const struct buf *list = &q->found[w.prefix].list;
		done[w.prefix] = true;
		for (size_t i = 0; i < list->len; i += strlen(list->data + i) + 1)
			add_wanted_term(out, &w, list->data + i, uri);
	}
	buf_addc(out, '\n');
}

static void show_found(const struct p2q *q)
{
	json_t *all = json_object();
	for (int i = 0; i < PREFIXES; i++) {
		const struct buf *list = &q->found[i].list;
		json_t *terms = json_array();
		for (size_t at = 0; at < list->len; at += strlen(list->data + at) + 1)
			json_array_append_new(terms, json_string(list->data + at));
		if (json_array_size(terms) > 0)
			json_object_set(all, prefixes[i], terms);
		json_decref(terms);
	}
	char *text = json_dumps(all, JSON_INDENT(3) | JSON_SORT_KEYS);
	if (text != NULL)
		fprintf(q->c->call->err, "%s\n", text);
	free(text);
	json_decref(all);
}

static int print_query(struct p2q *q, struct err *e)
{
	struct buf out = { 0 };
	bool ok = true;
	for (int i = 0; i < PREFIXES; i++)
		ok = ok && buf_ok(&q->found[i].list);
	if (option_on(&q->c->inv, OPT_DEBUG, false))
		show_found(q);
	write_query(q, &out);
	int rc = ok && buf_ok(&out) && buf_ok(&q->want) ? cmd_write(out.data, out.len, e)
	                                                : err_set(e, -ENOMEM, "out of memory");
	buf_free(&out);
	return rc;
}

int cmd_p2q(struct cmd *c)
{
	struct p2q q = { .c = c };
	struct err e = { .text = "" };
	message_setup();
	read_wanted(&q);
	int rc = read_all(&q, &e);
	if (rc == 0)
		rc = print_query(&q, &e);
	for (int i = 0; i < PREFIXES; i++)
		phrases_free(&q.found[i]);
	buf_free(&q.want);
	if (rc < 0)
		cmd_fail_err(c, &e);
	return q.git_status > 0 ? q.git_status : rc < 0;
}

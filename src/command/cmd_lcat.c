/* lei lcat: messages by what is at hand: a Message-ID, a link, a blob id, or text around them. */
#include "folder.h"
#include "lcat_words.h"
#include "q_run.h"
#include "q_words.h"
#include "searched.h"

#include "../store/lookup.h"
#include "../store/sync.h"

#include <ctype.h>
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct place {
	struct store *store;
	int64_t docid;
};

struct lcat {
	struct cmd *c;
	struct buf terms; /* of Message-IDs and m:, joined by OR */
	struct buf places; /* blob ids and folders: a byte of kind, text, NUL */
	bool thread, failed;
	void *seen; /* a tree of struct place, owned: put out already */
	const struct place *last; /* of it */
	struct q_out *out;
};

/* ---- what is asked for ---- */

static void add_term(struct lcat *l, enum lcat_kind kind, const char *text)
{
	const char *quote = strchr(text, '"') == NULL ? "\"" : "";
	if (l->terms.len > 0)
		buf_adds(&l->terms, " OR ");
	if (kind == LCAT_MID)
		buf_addf(&l->terms, "mid:%s%s%s", quote, text, quote);
	else
		buf_adds(&l->terms, text);
}

/* 1 when there was something in it. */
static int add_word(struct lcat *l, const char *word, struct err *e)
{
	struct buf text = { 0 };
	bool thread;
	int rc = 1;
	enum lcat_kind kind = lcat_word(word, &text, &thread);
	l->thread = l->thread || thread;
	if (!buf_ok(&text))
		rc = err_set(e, -ENOMEM, "out of memory");
	else if (kind == LCAT_NOTHING)
		rc = 0;
	else if (kind == LCAT_REMOTE)
		rc = err_set(e, -EINVAL, "%s: folders on servers are not implemented yet",
		             text.data);
	else if (kind == LCAT_MID || kind == LCAT_TERM)
		add_term(l, kind, text.data);
	else {
		buf_addc(&l->places, (char)kind);
		buf_add(&l->places, text.data, text.len + 1);
	}
	buf_free(&text);
	return rc;
}

static int read_arguments(struct lcat *l, struct err *e)
{
	const struct invocation *inv = &l->c->inv;
	for (size_t i = 0; i < inv->nargs; i++) {
		int rc = add_word(l, inv->args[i], e);
		if (rc < 0)
			return rc;
		if (rc == 0)
			return err_set(e, -EINVAL, "no Message-ID in `%s': write <MESSAGE-ID>",
			               inv->args[i]);
	}
	return 0;
}

/* Text as it is pasted: words that say nothing are passed over. */
static int read_words(struct lcat *l, char *text, struct err *e)
{
	int found = 0;
	for (char *p = text; *p != '\0';) {
		while (isspace((unsigned char)*p))
			p++;
		char *word = p;
		while (*p != '\0' && !isspace((unsigned char)*p))
			p++;
		if (*p != '\0')
			*p++ = '\0';
		int rc = *word != '\0' ? add_word(l, word, e) : 0;
		if (rc < 0)
			return rc;
		found |= rc;
	}
	return found ? 0 : err_set(e, -ENOENT, "no Message-ID in what standard input has");
}

static int read_asked(struct lcat *l, struct err *e)
{
	const struct invocation *inv = &l->c->inv;
	bool asked = option_on(inv, OPT_STDIN, false);
	if (asked && inv->nargs > 0)
		return err_set(e, -EINVAL, "no arguments with --stdin");
	if (inv->nargs > 0)
		return read_arguments(l, e);
	if (!asked && !query_on_stdin())
		return err_set(e, -EINVAL, "no message given: name one or use --stdin");
	struct buf text = { 0 };
	int rc = query_read(STDIN_FILENO, &text, e);
	if (rc == 0)
		rc = read_words(l, text.data, e);
	buf_free(&text);
	return rc;
}

/* ---- what no query finds: blobs and folders ---- */

static int compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	if (x->store != y->store)
		return (uintptr_t)x->store < (uintptr_t)y->store ? -1 : 1;
	return x->docid < y->docid ? -1 : x->docid > y->docid;
}

static int put_hit(void *rock, const struct hit *h)
{
	struct lcat *l = rock;
	struct hit from = *h;
	from.store = l->last->store;
	return q_out_hit(l->out, &from);
}

static int put_one(struct lcat *l, struct store *s, int64_t docid, struct err *e)
{
	struct place *one = malloc(sizeof(*one));
	if (one == NULL)
		return err_set(e, -ENOMEM, "out of memory");
	*one = (struct place){ s, docid };
	struct place **node = tsearch(one, &l->seen, compare);
	bool is_new = node != NULL && *node == one;
	if (!is_new) {
		free(one);
		return node == NULL ? err_set(e, -ENOMEM, "out of memory") : 0;
	}
	l->last = one;
	return store_fetch(s, docid, put_hit, l, e);
}

static int put_file(void *rock, const struct sync_file *f)
{
	struct lcat *l = rock;
	return put_one(l, l->out->store, f->docid, l->out->e);
}

static int put_folder(struct lcat *l, const char *arg, struct err *e)
{
	struct buf url = { 0 };
	struct folder_stat stat = { 0 };
	int rc = folder_url(arg, &url, e);
	if (rc == 0)
		rc = l->out->store != NULL ? lookup_folder(l->out->store, url.data, &stat, e) : 0;
	if (rc == 0)
		rc = err_set(e, -ENOENT, "%s: no such folder is known", arg);
	else if (rc > 0)
		rc = sync_files(l->out->store, url.data, put_file, l, e);
	buf_free(&url);
	return rc;
}

static int put_blob(struct lcat *l, const char *hex, struct err *e)
{
	char oid[41];
	int64_t docid;
	const struct searched *all = l->out->searched;
	int rc = err_set(e, -ENOENT, "no blob '%s'", hex);
	for (size_t i = 0; i < all->n && rc == -ENOENT; i++) {
		struct store *s = all->v[i].store;
		rc = lookup_blob(s, hex, &docid, oid, e);
		if (rc >= 0)
			rc = put_one(l, s, docid, e);
	}
	return rc;
}

static bool is_absent(int rc)
{
	return rc == -ENOENT || rc == -EEXIST || rc == -EINVAL;
}

/* One that cannot be had leaves the others. */
static int put_places(void *rock, struct q_out *out)
{
	struct lcat *l = rock;
	int rc = 0;
	l->out = out;
	for (size_t i = 0; i < l->places.len && rc == 0; i += strlen(l->places.data + i) + 1) {
		const char *text = l->places.data + i + 1;
		rc = l->places.data[i] == LCAT_BLOB ? put_blob(l, text, out->e)
		                                    : put_folder(l, text, out->e);
		if (is_absent(rc)) {
			cmd_fail_err(l->c, out->e);
			l->failed = true;
			rc = 0;
		}
	}
	return rc;
}

static bool was_put(void *rock, const struct hit *h)
{
	const struct lcat *l = rock;
	const struct place one = { h->store != NULL ? h->store : l->out->store, h->docid };
	return tfind(&one, &l->seen, compare) != NULL;
}

int cmd_lcat(struct cmd *c)
{
	struct lcat l = { .c = c };
	struct err e = { .text = "" };
	struct q_ask ask = { .format = "text", .sort = SORT_RELEVANCE, .rock = &l };
	int rc = read_asked(&l, &e);
	const char *terms = buf_cstr(&l.terms);
	if (rc == 0 && !(buf_ok(&l.terms) && buf_ok(&l.places)))
		rc = err_set(&e, -ENOMEM, "out of memory");
	ask.threads = l.thread;
	ask.text = l.terms.len > 0 ? terms : NULL;
	if (l.places.len > 0) {
		ask.first = put_places;
		ask.was_first = was_put;
	}
	int status = rc < 0 ? cmd_fail_err(c, &e) : q_run(c, &ask);
	tdestroy(l.seen, free);
	buf_free(&l.terms);
	buf_free(&l.places);
	return status != 0 ? status : l.failed;
}

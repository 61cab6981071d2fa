#include "message_leaf.h"

#include "message_decode.h"
#include "message_text.h"

#include <errno.h>
#include <string.h>

struct leaves {
	leaf_fn *fn;
	void *rock;
	bool keep_charset;
	struct buf body, name;
};

static int give(void *rock, const struct part *p)
{
	struct leaves *l = rock;
	struct decode d;
	struct slice piece;
	bool text = part_text_kind(p) == PART_TEXT;
	buf_reset(&l->body);
	decode_open(&d, p, text && !l->keep_charset);
	while (decode_next(&d, &piece))
		buf_add(&l->body, piece.p, piece.len);
	bool ok = !d.failed && buf_ok(&l->body);
	decode_close(&d);
	buf_reset(&l->name);
	part_filename(p, &l->name);
	struct leaf leaf = { .index = p->depth == 0 && p->container ? "0" : p->index,
		             .depth = p->depth,
		             .name = buf_cstr(&l->name),
		             .head = p->block.p,
		             .head_len = p->block.len,
		             .is_text = text,
		             .body = slice_of(&l->body).p,
		             .len = l->body.len };
	return ok && buf_ok(&l->name) ? l->fn(l->rock, &leaf) : -ENOMEM;
}

static bool starts_with(const char *p, size_t len, const char *word)
{
	size_t n = strlen(word);
	return len >= n && memcmp(p, word, n) == 0;
}

/* A line of a patch may look like a header line. */
static int open_top(const char *raw, size_t len, struct part *ret)
{
	bool bare = starts_with(raw, len, "diff --git ") || starts_with(raw, len, "--- ");
	int rc = part_open((struct slice){ raw, bare ? 0 : len }, ret);
	if (rc == 0 && bare)
		ret->body = (struct slice){ raw, len };
	return rc;
}

static int walk(struct leaves l, const char *raw, size_t len)
{
	struct part top;
	if (open_top(raw ? raw : "", len, &top) < 0)
		return -ENOMEM;
	int rc = part_walk(&top, give, &l);
	part_done(&top);
	buf_free(&l.body);
	buf_free(&l.name);
	return rc;
}

int message_leaves(const char *raw, size_t len, leaf_fn *fn, void *rock)
{
	return walk((struct leaves){ .fn = fn, .rock = rock }, raw, len);
}

int message_leaves_raw(const char *raw, size_t len, leaf_fn *fn, void *rock)
{
	return walk((struct leaves){ .fn = fn, .rock = rock, .keep_charset = true }, raw, len);
}

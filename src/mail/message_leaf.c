#include "message_leaf.h"

#include "message_decode.h"
#include "message_text.h"

#include <errno.h>
#include <string.h>

struct leaves {
	leaf_fn *fn;
	void *rock;
	struct buf body;
};

static int give(void *rock, const struct part *p)
{
	struct leaves *l = rock;
	struct decode d;
	struct slice piece;
	bool text = part_text_kind(p) == PART_TEXT;
	buf_reset(&l->body);
	decode_open(&d, p, text);
	while (decode_next(&d, &piece))
		buf_add(&l->body, piece.p, piece.len);
	bool ok = !d.failed && buf_ok(&l->body);
	decode_close(&d);
	if (!ok)
		return -ENOMEM;
	struct slice body = slice_of(&l->body);
	return l->fn(l->rock,
	             &(struct leaf){ p->index, p->block.p, p->block.len, text, body.p, body.len });
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

int message_leaves(const char *raw, size_t len, leaf_fn *fn, void *rock)
{
	struct leaves l = { .fn = fn, .rock = rock };
	struct part top;
	if (open_top(raw ? raw : "", len, &top) < 0)
		return -ENOMEM;
	int rc = part_walk(&top, give, &l);
	part_done(&top);
	buf_free(&l.body);
	return rc;
}

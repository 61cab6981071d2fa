/* A message's or part's own bytes: where the header ends, and its lines.  Internal to message*. */
#ifndef MAIL_MESSAGE_HEAD_H
#define MAIL_MESSAGE_HEAD_H

#include "../base/buf.h"

#include <stdbool.h>

enum { HEAD_MAX = 1 << 20 }; /* bytes of one header block that are looked at */

struct slice {
	const char *p;
	size_t len;
};

struct head_line {
	struct slice name, value; /* value: still folded, without surrounding blanks */
};
struct head {
	struct head_line *lines; /* owned; slices point into the message */
	size_t n;
};

/* Find header and body.  Without any header line everything is body; a `part` that opens with an
 * empty line has no header. */
void head_split(struct slice raw, bool part, struct slice *ret_block, struct slice *ret_body);
int head_parse(struct slice block, struct head *ret); /* -ENOMEM */
void head_done(struct head *h);

/* The next line called `name` (any case), starting with line *at; *at moves past it. */
bool head_next(const struct head *h, const char *name, size_t *at, struct slice *ret);
/* The first line called `name`, unfolded, NUL-terminated in `out`; NULL when there is none. */
const char *head_first(const struct head *h, const char *name, struct buf *out);
/* Append a value with each line break and the blanks after it as one blank. */
void head_unfold(struct slice value, struct buf *out);

bool slice_is(struct slice s, const char *word); /* ASCII letters in any case */
struct slice slice_trim(struct slice s);
/* What a buffer holds; never a null pointer, so that pointers into it can be reckoned with. */
static inline struct slice slice_of(const struct buf *b)
{
	return (struct slice){ b->data ? b->data : "", b->len };
}
static inline bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

#endif

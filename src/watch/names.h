/* Names of mail in a Maildir: "UNIQUE:2,FLAGS", or whatever else others put there.
 *
 * UNIQUE is what precedes the first colon and never changes; everything behind it may, at any time.
 * FLAGS are letters.  Five of them are keywords; T is trash; all others belong to somebody else and
 * are kept. */
#ifndef WATCH_NAMES_H
#define WATCH_NAMES_H

#include "../base/buf.h"
#include "../mail/keywords.h"

#include <stdbool.h>
#include <stddef.h>

size_t name_unique(const char *name); /* its length */
/* Replace `out` by the name with these keywords (as a string); false when it cannot carry any. */
bool name_with_kw(const char *name, kw_set kw, struct buf *out);

/* A list of names, with its own copy of each. */
struct name {
	const char *text;
	size_t unique;
};
struct names {
	struct name *v;
	size_t n, cap;
	struct names_chunk *chunks;
};

int names_add(struct names *l, const char *text); /* 0 or -ENOMEM */
void names_sort(struct names *l); /* by unique part, then by name; each once */
/* In a sorted list: the first name with this unique part, and how many there are. */
const struct name *names_find(const struct names *l, const char *unique, size_t len, size_t *ret_n);
int name_compare(const struct name *a, const struct name *b); /* the order of names_sort */
bool name_same_mail(const struct name *a, const struct name *b); /* equal unique parts */
void names_free(struct names *l); /* back to zero-initialised */

#endif

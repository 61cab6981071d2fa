#include "names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64 << 10 };

struct names_chunk { /* texts do not move */
	struct names_chunk *next;
	size_t used, size;
	char text[];
};

/* ---- one name ---- */

size_t name_unique(const char *name)
{
	return strcspn(name, ":");
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Where the flags begin; NULL for a name without a colon or with something else behind it. */
static const char *flags_of(const char *name)
{
	const char *p = strrchr(name, ':');

	if (!p || strncmp(p, ":2,", 3) != 0)
		return NULL;
	p += 3;
	for (const char *q = p; *q; q++)
		if (!is_letter(*q))
			return NULL;
	return p;
}

static bool is_keyword(char c)
{
	const char flag[] = { ':', '2', ',', c, '\0' };

	return kw_from_maildir(flag) != 0;
}

bool name_with_kw(const char *name, kw_set kw, struct buf *out)
{
	const char *flags = flags_of(name);
	char ours[8];

	if (!flags && strchr(name, ':'))
		return false;
	kw_to_maildir(kw & KW_MAILDIR, ours);
	buf_reset(out);
	buf_add(out, name, flags ? (size_t)(flags - name) : strlen(name));
	if (!flags)
		buf_adds(out, ":2,");
	for (int c = 'A'; c <= 'z'; c++)
		if (is_letter((char)c) &&
		    (is_keyword((char)c) ? strchr(ours, c) != NULL : flags && strchr(flags, c)))
			buf_addc(out, (char)c);
	buf_cstr(out);
	return buf_ok(out);
}

/* ---- lists ---- */

static char *room(struct names *l, size_t n)
{
	struct names_chunk *c = l->chunks;

	if (!c || c->size - c->used < n) {
		size_t size = n > CHUNK ? n : CHUNK;
		c = malloc(sizeof(*c) + size);
		if (!c)
			return NULL;
		*c = (struct names_chunk){ .next = l->chunks, .size = size };
		l->chunks = c;
	}
	c->used += n;
	return c->text + c->used - n;
}

int names_add(struct names *l, const char *text)
{
	size_t len = strlen(text) + 1;

	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 16;
		struct name *v = reallocarray(l->v, cap, sizeof(*v));
		if (!v)
			return -ENOMEM;
		l->v = v;
		l->cap = cap;
	}
	char *copy = room(l, len);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, len);
	l->v[l->n++] = (struct name){ copy, name_unique(copy) };
	return 0;
}

static int compare_unique(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int c = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return c ? c : (a_len > b_len) - (a_len < b_len);
}

int name_compare(const struct name *a, const struct name *b)
{
	int c = compare_unique(a->text, a->unique, b->text, b->unique);

	return c ? c : strcmp(a->text, b->text);
}

bool name_same_mail(const struct name *a, const struct name *b)
{
	return compare_unique(a->text, a->unique, b->text, b->unique) == 0;
}

static int compare(const void *a, const void *b)
{
	return name_compare(a, b);
}

void names_sort(struct names *l)
{
	size_t kept = 0;

	if (!l->n)
		return;
	qsort(l->v, l->n, sizeof(*l->v), compare);
	for (size_t i = 1; i < l->n; i++)
		if (name_compare(&l->v[kept], &l->v[i]) != 0)
			l->v[++kept] = l->v[i];
	l->n = kept + 1;
}

const struct name *names_find(const struct names *l, const char *unique, size_t len, size_t *ret_n)
{
	size_t lo = 0, hi = l->n, n = 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (compare_unique(l->v[mid].text, l->v[mid].unique, unique, len) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo + n < l->n &&
	       compare_unique(l->v[lo + n].text, l->v[lo + n].unique, unique, len) == 0)
		n++;
	*ret_n = n;
	return n ? &l->v[lo] : NULL;
}

void names_free(struct names *l)
{
	for (struct names_chunk *c = l->chunks, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	free(l->v);
	*l = (struct names){ 0 };
}

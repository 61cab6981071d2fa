#include "message_ids.h"

#include "message.h"
#include "message_decode.h"
#include "message_fields.h"

#include <string.h>

/* Each is compared with those before it; that many of them nobody means. */
enum { LOOKS_MAX = 10 * MESSAGE_REFS_MAX };

bool ids_has(const struct buf *list, const char *id)
{
	for (size_t at = 0; at < list->len; at += strlen(list->data + at) + 1)
		if (strcmp(list->data + at, id) == 0)
			return true;
	return false;
}

/* One id as it is kept: without line breaks and tabs, UTF-8, not too long. */
static const char *clean(struct slice id, struct buf *out)
{
	struct buf bytes = { 0 };
	for (size_t i = 0; i < id.len; i++)
		if (!strchr("\r\n\t", id.p[i])) /* nor NUL */
			buf_addc(&bytes, id.p[i]);
	buf_reset(out);
	utf8_add(out, slice_of(&bytes).p, bytes.len);
	out->len = out->len ? utf8_cut(out->data, out->len, MID_MAX) : 0;
	out->failed |= bytes.failed;
	buf_free(&bytes);
	return buf_cstr(out);
}

/* *left: entries that the list may still take. */
static void add(struct buf *list, const char *id, size_t *left)
{
	if (!*id || *left == 0 || ids_has(list, id))
		return;
	buf_add(list, id, strlen(id) + 1);
	--*left;
}

/* What stands between "<" and ">" next. */
static bool next_bracketed(struct slice *s, struct slice *ret)
{
	const char *open, *close;
	while ((open = s->len ? memchr(s->p, '<', s->len) : NULL)) {
		s->len -= (size_t)(open + 1 - s->p);
		s->p = open + 1;
		close = s->len ? memchr(s->p, '>', s->len) : NULL;
		if (!close)
			return false;
		if (close == s->p)
			continue;
		*ret = (struct slice){ s->p, (size_t)(close - s->p) };
		s->len -= ret->len + 1;
		s->p = close + 1;
		return true;
	}
	return false;
}

/* The values of two kinds of field, unfolded: all of the first, then all of the second. */
struct values {
	const struct head *h;
	const char *names[2];
	size_t kind, at;
	struct buf line; /* the value that is told */
};

static bool next_value(struct values *w, struct slice *ret)
{
	for (; w->kind < 2; w->kind++, w->at = 0) {
		struct slice v;
		if (!head_next(w->h, w->names[w->kind], &w->at, &v))
			continue;
		buf_reset(&w->line);
		head_unfold(v, &w->line);
		*ret = slice_of(&w->line);
		return true;
	}
	return false;
}

void ids_own(const struct head *h, struct buf *list)
{
	struct values w = { .h = h, .names = { "Message-ID", "X-Alt-Message-ID" } };
	struct buf one = { 0 };
	size_t room = MESSAGE_REFS_MAX, looks = LOOKS_MAX;
	for (struct slice left, id; next_value(&w, &left);) {
		bool any = false;
		for (; room > 0 && looks > 0 && next_bracketed(&left, &id); any = true, looks--)
			add(list, clean(id, &one), &room);
		if (!any && room > 0)
			add(list, clean(slice_of(&w.line), &one), &room);
	}
	list->failed |= w.line.failed || one.failed;
	buf_free(&w.line);
	buf_free(&one);
}

/* git-send-email once asked for In-Reply-To, and people answered "y"; others sent an address. */
static bool is_no_ref(struct field_people *people, const char *id)
{
	return strcmp(id, "y") == 0 || strcmp(id, "n") == 0 ||
	       (strchr(id, '@') && field_people_have(people, id));
}

void ids_refs(const struct head *h, const struct buf *own, struct buf *list)
{
	struct values w = { .h = h, .names = { "References", "In-Reply-To" } };
	const char *self = own->len > 0 ? own->data : "";
	struct buf one = { 0 };
	size_t room = MESSAGE_REFS_MAX, looks = LOOKS_MAX;
	struct field_people people = { .h = h };
	for (struct slice left, id; next_value(&w, &left);) {
		for (; room > 0 && looks > 0 && next_bracketed(&left, &id); looks--) {
			const char *ref = clean(id, &one);
			if (strcmp(ref, self) != 0 && !ids_has(list, ref) &&
			    !is_no_ref(&people, ref))
				add(list, ref, &room);
		}
	}
	field_people_done(&people);
	/* Further ids of a message tie it to the threads of those. */
	for (size_t at = strlen(self) + 1; at < own->len; at += strlen(own->data + at) + 1)
		add(list, own->data + at, &room);
	list->failed |= w.line.failed || one.failed;
	buf_free(&w.line);
	buf_free(&one);
}

void ids_lists(const struct head *h, struct buf *list)
{
	struct buf one = { 0 };
	size_t at = 0, room = MESSAGE_REFS_MAX;
	for (struct slice v, id; head_next(h, "List-Id", &at, &v);) {
		if (!next_bracketed(&v, &id))
			continue;
		clean(id, &one);
		for (size_t i = 0; i < one.len; i++)
			one.data[i] = g_ascii_tolower(one.data[i]);
		add(list, buf_cstr(&one), &room);
	}
	list->failed |= one.failed;
	buf_free(&one);
}

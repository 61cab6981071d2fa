#include "message_ids.h"

#include "message.h"
#include "message_decode.h"
#include "message_fields.h"

#include <string.h>

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

void ids_own(const struct head *h, struct buf *list)
{
	static const char *const names[] = { "Message-ID", "X-Alt-Message-ID" };
	struct buf line = { 0 }, one = { 0 };
	size_t room = MESSAGE_REFS_MAX;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t at = 0;
		for (struct slice v, id; head_next(h, names[i], &at, &v);) {
			buf_reset(&line);
			head_unfold(v, &line);
			struct slice left = slice_of(&line);
			bool any = false;
			for (; room > 0 && next_bracketed(&left, &id); any = true)
				add(list, clean(id, &one), &room);
			if (!any && room > 0)
				add(list, clean(slice_of(&line), &one), &room);
		}
	}
	list->failed |= line.failed || one.failed;
	buf_free(&line);
	buf_free(&one);
}

/* git-send-email once asked for In-Reply-To, and people answered "y"; others sent an address. */
static bool is_no_ref(const struct head *h, const char *id)
{
	return strcmp(id, "y") == 0 || strcmp(id, "n") == 0 ||
	       (strchr(id, '@') && field_has_address(h, id));
}

void ids_refs(const struct head *h, const struct buf *own, struct buf *list)
{
	static const char *const names[] = { "References", "In-Reply-To" };
	const char *self = own->len > 0 ? own->data : "";
	struct buf line = { 0 }, one = { 0 };
	size_t room = MESSAGE_REFS_MAX;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t at = 0;
		for (struct slice v, id; head_next(h, names[i], &at, &v);) {
			buf_reset(&line);
			head_unfold(v, &line);
			struct slice left = slice_of(&line);
			while (room > 0 && next_bracketed(&left, &id)) {
				const char *ref = clean(id, &one);
				if (strcmp(ref, self) != 0 && !ids_has(list, ref) &&
				    !is_no_ref(h, ref))
					add(list, ref, &room);
			}
		}
	}
	/* Further ids of a message tie it to the threads of those. */
	for (size_t at = strlen(self) + 1; at < own->len; at += strlen(own->data + at) + 1)
		add(list, own->data + at, &room);
	list->failed |= line.failed || one.failed;
	buf_free(&line);
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

#include "message_fields.h"

#include "message.h"
#include "message_address.h"
#include "message_decode.h"
#include "message_words.h"

#include <string.h>

static bool has_words(const char *text)
{
	return strstr(text, "=?") != NULL;
}

/* Decoding can create anything; a field stays one line. */
static void flatten(struct buf *out, size_t from)
{
	size_t to = from;
	for (size_t i = from; i < out->len; i++) {
		char c = out->data[i];
		if (c == '\r')
			continue;
		out->data[to++] = c == '\0' || c == '\t' || c == '\n' ? ' ' : c;
	}
	out->len = to;
}

/* A field is in one charset: when it is not UTF-8 throughout, it is Latin-1 throughout. */
static void field_utf8(const char *text, struct buf *out)
{
	size_t len = strlen(text);
	charset_add(out, utf8_valid(text, len) == len ? "utf-8" : "iso-8859-1", text, len);
}

void field_decode(const char *text, struct buf *out)
{
	size_t from = out->len;
	if (has_words(text)) {
		struct buf utf8 = { 0 };
		field_utf8(text, &utf8);
		words_decode(slice_of(&utf8), out);
		out->failed |= utf8.failed;
		buf_free(&utf8);
	} else {
		field_utf8(text, out);
	}
	flatten(out, from);
}

/* ---- addresses ---- */

static bool one_atom(const struct buf *b)
{
	for (size_t i = 0; i < b->len; i++)
		if (!g_ascii_isalnum(b->data[i]) && (unsigned char)b->data[i] < 0x80 &&
		    !strchr("!#$%&'*+-/=?^_`{|}~", b->data[i]))
			return false;
	return true;
}

static void add_phrase(struct buf *phrase, struct buf *out)
{
	struct buf plain = { 0 };
	field_decode(buf_cstr(phrase), &plain);
	bool quote = !one_atom(&plain);
	if (quote)
		buf_addc(out, '"');
	for (size_t i = 0; i < plain.len; i++) {
		if (quote && (plain.data[i] == '"' || plain.data[i] == '\\'))
			buf_addc(out, '\\');
		buf_addc(out, plain.data[i]);
	}
	buf_adds(out, quote ? "\" " : " ");
	out->failed |= plain.failed;
	buf_free(&plain);
}

static void add_comment(struct buf *comment, struct buf *out)
{
	struct buf plain = { 0 };
	field_decode(buf_cstr(comment), &plain);
	buf_adds(out, " (");
	for (size_t i = 0; i < plain.len; i++) {
		if (strchr("()\\", plain.data[i]))
			buf_addc(out, '\\');
		buf_addc(out, plain.data[i]);
	}
	buf_addc(out, ')');
	out->failed |= plain.failed;
	buf_free(&plain);
}

static void add_mailbox(struct address *a, struct buf *out)
{
	if (a->phrase.len > 0) {
		add_phrase(&a->phrase, out);
		buf_addc(out, '<');
	}
	buf_add(out, a->address.data, a->address.len);
	if (a->phrase.len > 0)
		buf_addc(out, '>');
	if (a->comment.len > 0)
		add_comment(&a->comment, out);
}

void field_decode_addresses(const char *text, struct buf *out)
{
	if (!has_words(text)) {
		field_decode(text, out);
		return;
	}
	size_t from = out->len;
	struct buf utf8 = { 0 };
	field_utf8(text, &utf8);
	struct address_list l = { .left = slice_of(&utf8) };
	while (address_next(&l)) {
		if (l.now.address.len == 0)
			continue;
		if (out->len > from)
			buf_adds(out, ", ");
		add_mailbox(&l.now, out);
	}
	flatten(out, from);
	out->failed |= utf8.failed;
	address_list_done(&l);
	buf_free(&utf8);
}

void message_addresses(const char *field,
                       void (*fn)(void *rock, const char *name, const char *addr), void *rock)
{
	struct address_list l = { .left = { field, strlen(field) } };
	while (address_next(&l)) {
		struct buf *name = l.now.phrase.len > 0 ? &l.now.phrase : &l.now.comment;
		fn(rock, name->len > 0 ? buf_cstr(name) : NULL,
		   l.now.address.len > 0 ? buf_cstr(&l.now.address) : NULL);
	}
	address_list_done(&l);
}

static void take_addresses(GTree *set, struct slice value)
{
	struct buf line = { 0 };
	head_unfold(value, &line);
	struct address_list l = { .left = slice_of(&line) };
	while (address_next(&l)) {
		if (l.now.address.len > 0)
			g_tree_insert(set, g_strdup(buf_cstr(&l.now.address)), set);
	}
	address_list_done(&l);
	buf_free(&line);
}

static const char *const people[] = { "To", "From", "Cc" };

static bool may_have(const struct head *h, const char *address)
{
	size_t len = strlen(address);
	for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
		size_t at = 0;
		for (struct slice v; head_next(h, people[i], &at, &v);)
			if (memmem(v.p, v.len, address, len))
				return true;
	}
	return false;
}

static int compare_names(const void *a, const void *b, void *rock)
{
	(void)rock;
	return strcmp(a, b);
}

/* Taking them apart is for the rare message that may have it; a tree, for nobody can make it slow. */
bool field_people_have(struct field_people *f, const char *address)
{
	enum { MAY_ASK = 50 };
	if (!f->set && f->asked++ < MAY_ASK && !may_have(f->h, address))
		return false;
	if (!f->set) {
		f->set = g_tree_new_full(compare_names, NULL, g_free, NULL);
		for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
			size_t at = 0;
			for (struct slice v; head_next(f->h, people[i], &at, &v);)
				take_addresses(f->set, v);
		}
	}
	return g_tree_lookup(f->set, address) != NULL;
}

void field_people_done(struct field_people *f)
{
	if (f->set)
		g_tree_destroy(f->set);
	f->set = NULL;
}

/* ---- fields ---- */

static void join(const struct head *h, const char *name, struct buf *out,
                 void (*decode)(const char *text, struct buf *out))
{
	struct buf line = { 0 };
	size_t at = 0;
	bool more = false;
	for (struct slice v; head_next(h, name, &at, &v); more = true) {
		if (more)
			buf_adds(out, ", ");
		buf_reset(&line);
		head_unfold(v, &line);
		if (memchr(slice_of(&line).p, '\0', line.len))
			flatten(&line, 0);
		decode(buf_cstr(&line), out);
	}
	out->failed |= line.failed;
	buf_free(&line);
}

void field_text(const struct head *h, const char *name, struct buf *out)
{
	join(h, name, out, field_decode);
}

void field_addresses(const struct head *h, const char *name, struct buf *out)
{
	join(h, name, out, field_decode_addresses);
}

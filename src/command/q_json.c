/* JSON by hand for the frame, jansson for every string that is not plain. */
#include "q_json.h"

#include "../mail/message.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

/* Printable ASCII that needs no escape: most strings, and a copy is all they cost. */
static bool is_plain(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
			return false;
	}
	return true;
}

static int add_dump(const char *part, size_t len, void *rock)
{
	buf_add(rock, part, len);
	return 0;
}

/* The length of the UTF-8 character at s, 0 if there is none. */
static size_t utf8_length(const char *s, size_t len)
{
	unsigned char c = (unsigned char)*s;
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	json_t *one = n <= len ? json_stringn(s, n) : NULL;
	json_decref(one);
	return one != NULL ? n : 0;
}

static json_t *repaired(const char *s, size_t len)
{
	struct buf fixed = { 0 };
	for (size_t i = 0; i < len;) {
		size_t n = utf8_length(s + i, len - i);
		if (n > 0)
			buf_add(&fixed, s + i, n);
		else
			buf_adds(&fixed, "\xef\xbf\xbd");
		i += n > 0 ? n : 1;
	}
	json_t *str = buf_ok(&fixed) ? json_stringn(fixed.data, fixed.len) : NULL;
	buf_free(&fixed);
	return str;
}

json_t *json_lenient(const char *s)
{
	size_t len = strlen(s);
	json_t *str = json_stringn(s, len);
	return str != NULL ? str : repaired(s, len);
}

void json_text(struct buf *out, const char *s)
{
	size_t len = strlen(s);
	if (is_plain(s, len)) {
		buf_addc(out, '"');
		buf_add(out, s, len);
		buf_addc(out, '"');
		return;
	}
	json_t *str = json_lenient(s);
	if (str == NULL || json_dump_callback(str, add_dump, out, JSON_ENCODE_ANY) < 0)
		out->failed = true;
	json_decref(str);
}

/* ---- fields ---- */

struct object {
	struct buf *out;
	bool pretty, any; /* any: a field was written */
	size_t indent; /* of the further lines of an array */
	bool any_item;
};

static void add_key(struct object *o, const char *key)
{
	const char *sep = o->any ? "," : "";
	if (o->pretty)
		buf_addf(o->out, "%s\n  \"%s\": ", sep, key);
	else
		buf_addf(o->out, "%s\"%s\":", sep, key);
	o->any = true;
	o->indent = strlen(key) + 7;
	o->any_item = false;
}

static void add_string(struct object *o, const char *key, const char *value)
{
	add_key(o, key);
	json_text(o->out, value);
}

/* Before an item of an array: on a line of its own, or (`same_line`) after a blank. */
static void next_item(struct object *o, bool same_line)
{
	if (!o->any_item) {
		o->any_item = true;
		return;
	}
	buf_addc(o->out, ',');
	if (o->pretty && same_line)
		buf_addc(o->out, ' ');
	else if (o->pretty)
		buf_addf(o->out, "\n%*s", (int)o->indent, "");
}

/* A NUL-separated list; nothing at all when it is empty. */
static void add_list(struct object *o, const char *key, const char *list)
{
	if (list == NULL || *list == '\0')
		return;
	add_key(o, key);
	buf_addc(o->out, '[');
	for (; *list != '\0'; list += strlen(list) + 1) {
		next_item(o, false);
		json_text(o->out, list);
	}
	buf_addc(o->out, ']');
}

static void add_pair(void *rock, const char *name, const char *addr)
{
	struct object *o = rock;
	next_item(o, false);
	buf_addc(o->out, '[');
	if (name != NULL)
		json_text(o->out, name);
	else
		buf_adds(o->out, "null");
	buf_adds(o->out, o->pretty ? ", " : ",");
	if (addr != NULL)
		json_text(o->out, addr);
	else
		buf_adds(o->out, "null");
	buf_addc(o->out, ']');
}

static void add_addresses(struct object *o, const char *key, const char *field)
{
	if (field == NULL || *field == '\0')
		return;
	add_key(o, key);
	buf_addc(o->out, '[');
	message_addresses(field, add_pair, o);
	buf_addc(o->out, ']');
}

static void add_time(struct object *o, const char *key, int64_t when)
{
	struct tm tm;
	char text[48] = "1970-01-01T00:00:00Z"; /* for a year that no calendar holds */
	time_t t = (time_t)when;
	if (gmtime_r(&t, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	add_string(o, key, text);
}

static void add_keywords(struct object *o, kw_set kw)
{
	const char *names[KW_COUNT] = { NULL };
	size_t n = kw_names(kw, names);
	if (n == 0)
		return;
	add_key(o, "kw");
	buf_addc(o->out, '[');
	for (size_t i = 0; i < n; i++) {
		next_item(o, true);
		json_text(o->out, names[i]);
	}
	buf_addc(o->out, ']');
}

/* Is `item` in the list before `end` (NULL: anywhere)? */
static bool list_has(const char *list, const char *end, const char *item)
{
	for (; list != end && *list != '\0'; list += strlen(list) + 1) {
		if (strcmp(list, item) == 0)
			return true;
	}
	return false;
}

static void add_reference(struct object *o, const char *ref)
{
	if (!o->any_item) {
		add_key(o, "refs");
		buf_addc(o->out, '[');
	}
	next_item(o, false);
	json_text(o->out, ref);
}

/* References, then the further Message-IDs, each once and never the first Message-ID itself. */
static void add_references(struct object *o, const struct hit *h)
{
	const char *first = h->mids;
	o->any_item = false;
	for (const char *r = h->refs; *r != '\0'; r += strlen(r) + 1) {
		if (strcmp(r, first) != 0 && !list_has(h->refs, r, r))
			add_reference(o, r);
	}
	const char *more = *first != '\0' ? first + strlen(first) + 1 : first;
	for (const char *m = more; *m != '\0'; m += strlen(m) + 1) {
		if (!list_has(h->mids, m, m) && !list_has(h->refs, NULL, m))
			add_reference(o, m);
	}
	if (o->any_item)
		buf_addc(o->out, ']');
}

void json_hit(struct buf *out, const struct hit *h, bool pretty)
{
	struct object o = { .out = out, .pretty = pretty };
	buf_addc(out, '{');
	add_list(&o, "L", h->labels);
	add_string(&o, "blob", h->oid);
	add_addresses(&o, "c", h->cc);
	add_time(&o, "dt", h->sent);
	add_addresses(&o, "f", h->from);
	add_keywords(&o, h->kw);
	if (*h->mids != '\0')
		add_string(&o, "m", h->mids);
	if (h->nth > 0) {
		add_key(&o, "pct");
		/* as the original where none is known */
		buf_addf(out, "%d", h->pct >= 0 ? h->pct : 99);
	}
	add_references(&o, h);
	add_time(&o, "rt", h->received);
	add_string(&o, "s", h->subject);
	add_addresses(&o, "t", h->to);
	buf_adds(out, pretty ? "\n}" : "}");
}

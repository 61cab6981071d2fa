/* See inspect_json.h. */
#include "inspect_json.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

static void set_text(json_t *o, const char *key, const char *value)
{
	json_object_set_new(o, key, json_lenient(value));
}

/* In seconds, and for a person. */
static void set_time(json_t *o, const char *seconds, const char *shown, int64_t when)
{
	char text[64];
	time_t t = (time_t)when;
	struct tm tm;
	json_object_set_new(o, seconds, json_integer(when));
	if (gmtime_r(&t, &tm) != NULL &&
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		json_object_set_new(o, shown, json_string(text));
}

static void set_list(json_t *o, const char *key, const char *list)
{
	json_t *items = json_array();
	for (; *list != '\0'; list += strlen(list) + 1)
		json_array_append_new(items, json_lenient(list));
	if (json_array_size(items) > 0)
		json_object_set(o, key, items);
	json_decref(items);
}

static void set_keywords(json_t *o, kw_set kw)
{
	const char *names[KW_COUNT] = { NULL };
	json_t *items = json_array();
	for (size_t i = 0, n = kw_names(kw, names); i < n; i++)
		json_array_append_new(items, json_string(names[i]));
	if (kw != 0)
		json_object_set(o, "kw", items);
	json_decref(items);
}

/* "<a@b> <c@d>" */
static void set_references(json_t *o, const char *refs)
{
	struct buf text = { 0 };
	for (; *refs != '\0'; refs += strlen(refs) + 1)
		buf_addf(&text, "%s<%s>", text.len > 0 ? " " : "", refs);
	set_text(o, "references", buf_cstr(&text));
	buf_free(&text);
}

int inspect_hit(void *rock, const struct hit *h)
{
	json_t *o = json_object();
	json_object_set_new(rock, INSPECT_MESSAGE, o);
	json_object_set_new(o, "num", json_integer(h->docid));
	json_object_set_new(o, "bytes", json_integer((json_int_t)h->size));
	set_text(o, "blob", h->oid);
	set_text(o, "mid", h->mids);
	set_text(o, "subject", h->subject);
	set_text(o, "from", h->from);
	set_text(o, "to", h->to);
	set_text(o, "cc", h->cc);
	set_references(o, h->refs);
	set_time(o, "ds", "dt", h->sent);
	set_time(o, "ts", "rt", h->received);
	set_keywords(o, h->kw);
	set_list(o, "L", h->labels);
	return 0;
}

/* See q_dedupe.h. */
#include "q_dedupe.h"

#include "../mail/message.h"
#include "../mail/source.h"
#include "../store/oid.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <strings.h>

/* What stands for a message: nothing that a sender could make many of with one hash. */
enum { KEY_BYTES = 32 };
struct key {
	uint8_t bytes[KEY_BYTES];
};

static guint hash_key(gconstpointer p)
{
	guint hash;
	memcpy(&hash, p, sizeof(hash));
	return hash;
}

static gboolean same_key(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, KEY_BYTES) == 0;
}

/* True when it is new. */
static bool add_key(GHashTable *keys, const struct key *key)
{
	return g_hash_table_add(keys, g_memdup2(key, sizeof(*key)));
}

/* ---- messages ---- */

struct identity {
	const char *oid, *mids;
	size_t mids_len;
	const uint8_t *content;
};

static struct key key_of_oid(const char *oid)
{
	struct key k = { 0 };
	oid_bytes(oid, k.bytes);
	return k;
}

static struct key key_of_content(const uint8_t *content)
{
	struct key k;
	memcpy(k.bytes, content, sizeof(k.bytes));
	return k;
}

static struct key key_of_mid(const char *mid)
{
	struct key k;
	gsize len = sizeof(k.bytes);
	GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_checksum_update(sum, (const guchar *)mid, (gssize)strlen(mid));
	g_checksum_get_digest(sum, k.bytes, &len);
	g_checksum_free(sum);
	return k;
}

/* One that was seen is enough; the others are then the same message's, too. */
static bool add_mids(GHashTable *keys, const struct identity *id)
{
	bool is_new = true;
	for (size_t at = 0; at < id->mids_len; at += strlen(id->mids + at) + 1) {
		struct key k = key_of_mid(id->mids + at);
		is_new = add_key(keys, &k) && is_new;
	}
	return is_new;
}

static bool add(struct q_dedupe *d, const struct identity *id)
{
	if (d->by == DEDUPE_MID && id->mids_len > 0)
		return add_mids(d->seen, id);
	struct key k = d->by == DEDUPE_OID ? key_of_oid(id->oid) : key_of_content(id->content);
	return add_key(d->seen, &k);
}

/* ---- mail that is there ---- */

static int take_old(void *rock, const struct raw_mail *m, struct err *e)
{
	struct message msg;
	int rc = message_parse(m->data, m->len, &msg, e);
	if (rc < 0)
		return rc;
	add(rock, &(struct identity){ msg.oid, msg.mids.data, msg.mids.len, msg.content });
	message_done(&msg);
	return 0;
}

int q_dedupe_read(struct q_dedupe *d, const struct dest *dest, struct err *e)
{
	uint64_t count = 0;
	if (d->seen == NULL)
		return 0;
	message_setup();
	int rc = mail_read_path(dest->path, dest->format, take_old, d, &count, e);
	if (rc < 0)
		err_prefix(e, "%s is not changed since it cannot be read", dest->shown.data);
	return rc;
}

/* ---- results ---- */

static enum dedupe strategy(const char *name)
{
	static const char *const names[] = { [DEDUPE_CONTENT] = "content",
		                             [DEDUPE_OID] = "oid",
		                             [DEDUPE_MID] = "mid",
		                             [DEDUPE_NONE] = "none" };
	for (enum dedupe by = DEDUPE_CONTENT; name != NULL && by <= DEDUPE_NONE; by++) {
		if (strcasecmp(name, names[by]) == 0)
			return by;
	}
	return DEDUPE_CONTENT;
}

void q_dedupe_open(struct q_dedupe *d, const struct cmd *c, bool old)
{
	d->by = strategy(option_text(&c->inv, OPT_DEDUPE));
	if (d->by == DEDUPE_MID || (d->by != DEDUPE_NONE && old))
		d->seen = g_hash_table_new_full(hash_key, same_key, g_free, NULL);
}

static size_t list_length(const char *list)
{
	const char *end = list;
	while (*end != '\0')
		end += strlen(end) + 1;
	return (size_t)(end - list);
}

bool q_dedupe_hit(struct q_dedupe *d, const struct hit *h)
{
	return d->seen != NULL &&
	       !add(d, &(struct identity){ h->oid, h->mids, list_length(h->mids), h->content });
}

void q_dedupe_close(struct q_dedupe *d)
{
	if (d->seen != NULL)
		g_hash_table_destroy(d->seen);
	*d = (struct q_dedupe){ 0 };
}

/* What is kept of a message: the original drops some fields before it hashes and stores. */
#include "canon.h"

#include "eml.h"
#include "message_identity.h"
#include "source.h"

#include "../base/buf.h"

#include <errno.h>

struct rule {
	const char *const *drop; /* names of fields */
	bool blank_before_text; /* a text without a header gets a blank line before it */
};

/* How a mailbox keeps a message's state; they become keywords. */
static const char *const status_fields[] = { "Status", "X-Status", NULL };
/* Also the sizes that were true only in the mailbox it came from.  The original's mailing list
 * archives drop more (Delivered-To, ...), but not its private store. */
static const char *const unwanted_fields[] = { "Status", "X-Status", "Content-Length",
	                                       "Lines",  "Bytes",    NULL };

static const struct rule copy_rule = { status_fields, false };
static const struct rule store_rule = { unwanted_fields, true };

static bool listed(const struct eml_field *f, const char *const *names)
{
	for (; f->name_len && *names; names++)
		if (eml_field_is(f, *names))
			return true;
	return false;
}

/* True when a field of `names` is there; keywords are added to *kw. */
static bool look(const struct eml *m, const char *const *names, kw_set *kw)
{
	struct eml_field f;
	bool found = false;
	for (size_t pos = 0; eml_next_field(m->hdr, m->hdr_len, &pos, &f);) {
		if (!listed(&f, names))
			continue;
		found = true;
		if (kw && listed(&f, status_fields))
			*kw |= kw_from_status(f.value, f.value_len);
	}
	return found;
}

static void copy_without(const struct eml *m, const char *const *names, struct buf *out)
{
	struct eml_field f;
	for (size_t pos = 0; eml_next_field(m->hdr, m->hdr_len, &pos, &f);)
		if (!listed(&f, names))
			buf_add(out, f.start, f.len);
	if (!m->has_body)
		return;
	buf_adds(out, m->eol);
	buf_add(out, m->body, m->body_len);
}

static int apply(const struct rule *rule, const char *data, size_t len, struct buf *out, kw_set *kw,
                 const char **ret, size_t *ret_len)
{
	struct eml m;
	eml_split(data, len, &m);
	bool found = look(&m, rule->drop, kw);

	if (!found && (m.hdr_len || !rule->blank_before_text)) { /* the common case costs no copy */
		*ret = data;
		*ret_len = len;
		return 0;
	}
	size_t at = out->len;
	copy_without(&m, rule->drop, out);
	if (!buf_ok(out))
		return -ENOMEM;
	*ret = out->data ? out->data + at : "";
	*ret_len = out->len - at;
	return 0;
}

int canon_copy(const char *data, size_t len, struct buf *out, kw_set *kw, const char **ret,
               size_t *ret_len)
{
	return apply(&copy_rule, data, len, out, kw, ret, ret_len);
}

int canon_store(const char *data, size_t len, struct buf *out, kw_set *kw, const char **ret,
                size_t *ret_len)
{
	return apply(&store_rule, data, len, out, kw, ret, ret_len);
}

int mail_canon(const char *data, size_t len, struct buf *out, kw_set *kw)
{
	const char *p;
	size_t n, at = out->len;
	int rc = canon_store(data, len, out, kw, &p, &n);
	if (rc < 0)
		return rc;
	if (out->len == at)
		buf_add(out, p, n);
	return buf_ok(out) ? 0 : -ENOMEM;
}

void mail_oid(const char *data, size_t len, char oid[41])
{
	identity_oid(data, len, oid);
}

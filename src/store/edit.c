/* The layout of an edit in a batch (native byte order, no padding between parts):
 *
 *   struct head | the variable parts, each followed by a NUL
 *
 * with parts[] holding the length of each, in the order of the PART_s. */
#include "edit.h"

#include "../base/err.h"
#include "batch.h"
#include "pieces.h"

#include <errno.h>
#include <string.h>

enum { EDIT_TEXT_MAX = 64 << 10 }; /* bytes of one part */
enum { FLAG_NEWS = 1, FLAG_WROTE = 2 };
enum { PART_FOLDER, PART_NAME, PART_TO, PART_ADD, PART_DROP, PARTS };

struct head {
	uint32_t magic, op;
	uint32_t kw, own, set, clear, flags;
	uint32_t parts[PARTS];
	int64_t docid;
	struct folder_look look;
	char oid[40];
};

static void fill_head(const struct edit *ed, struct head *h)
{
	*h = (struct head){ .magic = BATCH_EDIT,
		            .op = (uint32_t)ed->op,
		            .kw = ed->kw,
		            .own = ed->own,
		            .set = ed->set,
		            .clear = ed->clear,
		            .flags = (ed->news ? FLAG_NEWS : 0) | (ed->wrote ? FLAG_WROTE : 0),
		            .docid = ed->docid,
		            .look = ed->look };
	memset(h->oid, '0', sizeof(h->oid));
	if (ed->oid[0])
		memcpy(h->oid, ed->oid, sizeof(h->oid));
}

int edit_encode(const struct edit *ed, struct buf *out, struct err *e)
{
	const char *const texts[PARTS] = { ed->folder, ed->name, ed->to, ed->add_labels,
		                           ed->drop_labels };
	struct head h;
	size_t lens[PARTS];

	fill_head(ed, &h);
	for (int i = 0; i < PARTS; i++) {
		lens[i] = !texts[i] ? 0 : i < PART_ADD ? strlen(texts[i]) : list_len(texts[i]);
		if (lens[i] > EDIT_TEXT_MAX)
			return err_set(e, -E2BIG, "a name of %zu bytes", lens[i]);
		h.parts[i] = (uint32_t)lens[i];
	}
	buf_add(out, &h, sizeof(h));
	for (int i = 0; i < PARTS; i++) {
		buf_add(out, texts[i] ? texts[i] : "", lens[i]);
		buf_addc(out, '\0');
	}
	return buf_ok(out) ? 0 : err_sys(e, ENOMEM, "remember a change");
}

static bool well_formed(const struct head *h, const struct piece parts[PARTS])
{
	const uint32_t known = (1u << KW_COUNT) - 1;

	return h->op <= EDIT_BLOB_IS && !((h->kw | h->own | h->set | h->clear) & ~known) &&
	       !(h->flags & ~(uint32_t)(FLAG_NEWS | FLAG_WROTE)) &&
	       is_hex(h->oid, sizeof(h->oid)) && piece_is_text(parts[PART_FOLDER]) &&
	       piece_is_text(parts[PART_NAME]) && piece_is_text(parts[PART_TO]) &&
	       (h->op != EDIT_BLOB_IS ||
	        (parts[PART_TO].n == sizeof(h->oid) && is_hex(parts[PART_TO].p, sizeof(h->oid)))) &&
	       piece_is_list(parts[PART_ADD]) && piece_is_list(parts[PART_DROP]);
}

static void fill(const struct head *h, const struct piece parts[PARTS], struct edit *ret)
{
	*ret = (struct edit){ .op = (enum edit_op)h->op,
		              .folder = parts[PART_FOLDER].p,
		              .name = parts[PART_NAME].p,
		              .to = parts[PART_TO].p,
		              .add_labels = parts[PART_ADD].p,
		              .drop_labels = parts[PART_DROP].p,
		              .docid = h->docid,
		              .kw = h->kw,
		              .own = h->own,
		              .set = h->set,
		              .clear = h->clear,
		              .news = h->flags & FLAG_NEWS,
		              .wrote = h->flags & FLAG_WROTE,
		              .look = h->look };
	memcpy(ret->oid, h->oid, sizeof(h->oid));
}

int edit_next(const char *batch, size_t len, size_t *at, struct edit *ret)
{
	struct head h;
	struct piece parts[PARTS];
	size_t i = *at;

	if (i > len || len - i < sizeof(h))
		return -EBADMSG;
	memcpy(&h, batch + i, sizeof(h));
	i += sizeof(h);
	for (int k = 0; k < PARTS; k++)
		if (h.parts[k] > EDIT_TEXT_MAX)
			return -EBADMSG;
	if (pieces_next(batch, len, &i, h.parts, PARTS, parts) < 0)
		return -EBADMSG;
	if (h.magic != BATCH_EDIT || !well_formed(&h, parts))
		return -EBADMSG;
	fill(&h, parts, ret);
	*at = i;
	return 1;
}

/* The layout of a record in a batch (native byte order, no padding between parts):
 *
 *   struct head | the variable parts, each followed by a NUL | the zstd frame
 *
 * with parts[] holding the length of each variable part, in the order of the PART_s. */
#include "batch.h"
#include "pieces.h"
#include "stems.h"
#include "terms.h"
#include "zip.h"

#include "../base/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	PART_SUBJECT,
	PART_FROM,
	PART_TO,
	PART_CC,
	PART_MIDS,
	PART_REFS,
	PART_LISTS,
	PART_LABELS,
	PART_FOLDER,
	PART_NAME,
	PART_TEXT, /* TEXT_FIELDS of them */
	PART_STEMS = PART_TEXT + TEXT_FIELDS,
	PARTS
};

struct head {
	uint32_t magic, kw, set_kw, file_kw;
	int64_t docid;
	uint64_t words_only;
	uint32_t parts[PARTS];
	uint64_t blob, size;
	int64_t sent, received;
	uint8_t content[32];
	char oid[40];
};

struct encoder {
	struct zip *zip;
	struct stems *stems;
	struct buf found; /* stems of this record */
};

struct encoder *encoder_new(void)
{
	struct encoder *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->zip = zip_new();
	x->stems = stems_new();
	if (x->zip && x->stems)
		return x;
	encoder_free(x);
	return NULL;
}

void encoder_free(struct encoder *x)
{
	if (!x)
		return;
	zip_free(x->zip);
	stems_free(x->stems);
	buf_free(&x->found);
	free(x);
}

static struct piece piece_str(const char *s)
{
	return (struct piece){ s ? s : "", s ? strlen(s) : 0 };
}

static void gather(const struct message *m, const struct record_marks *marks,
                   struct piece pieces[PART_TEXT])
{
	pieces[PART_SUBJECT] = piece_str(m->subject);
	pieces[PART_FROM] = piece_str(m->from);
	pieces[PART_TO] = piece_str(m->to);
	pieces[PART_CC] = piece_str(m->cc);
	pieces[PART_MIDS] = (struct piece){ m->mids.data, m->mids.len };
	pieces[PART_REFS] = (struct piece){ m->refs.data, m->refs.len };
	pieces[PART_LISTS] = (struct piece){ m->lists.data, m->lists.len };
	pieces[PART_LABELS] = (struct piece){ marks->labels, list_len(marks->labels) };
	pieces[PART_FOLDER] = piece_str(marks->folder);
	pieces[PART_NAME] = piece_str(marks->name);
}

static void add_text(struct encoder *x, const struct buf *text, bool words, struct buf *out)
{
	size_t from = out->len;

	if (words)
		buf_add(out, text->data, text->len);
	else
		terms_add(text->data, text->len, out);
	if (buf_ok(out))
		stems_add(x->stems, out->data + from, out->len - from, &x->found);
	out->failed |= x->found.failed;
}

/* Text goes as words and stems: finding them is work that the writer, of which there is one, is
 * spared. */
static void add_part(struct encoder *x, struct buf *out, const struct message *m,
                     const struct piece pieces[PART_TEXT], bool words, int part)
{
	if (part < PART_TEXT)
		buf_add(out, pieces[part].p, pieces[part].n);
	else if (part < PART_STEMS)
		add_text(x, &m->text[part - PART_TEXT], words, out);
	else
		buf_add(out, x->found.data, x->found.len);
}

int record_encode(struct encoder *x, const struct message *m, const char *raw, size_t len,
                  const struct record_marks *marks, struct buf *out, struct err *e)
{
	struct piece pieces[PART_TEXT];
	struct head h = { .magic = BATCH_RECORD,
		          .kw = marks->kw,
		          .set_kw = marks->set_kw,
		          .file_kw = marks->file_kw,
		          .docid = marks->docid,
		          .words_only = marks->words_only };
	size_t at = out->len;

	gather(m, marks, pieces);
	h.size = m->size;
	h.sent = m->sent;
	h.received = m->received;
	memcpy(h.content, m->content, sizeof(h.content));
	memcpy(h.oid, m->oid, sizeof(h.oid));
	buf_add(out, &h, sizeof(h));
	buf_reset(&x->found);
	for (int i = 0; i < PARTS; i++) {
		size_t from = out->len;
		add_part(x, out, m, pieces, marks->words_only, i);
		if (out->len - from > UINT32_MAX)
			return err_set(e, -EFBIG, "a header of %zu bytes", out->len - from);
		h.parts[i] = (uint32_t)(out->len - from);
		buf_addc(out, '\0');
	}
	int rc = raw ? zip_pack(x->zip, raw, len, out, &h.blob, e) : 0;
	if (!rc && !buf_ok(out))
		rc = err_sys(e, ENOMEM, "message of %zu bytes", len);
	if (rc) {
		out->len = at;
		return rc;
	}
	memcpy(out->data + at, &h, sizeof(h));
	return 0;
}

/* A buffer that points into the batch: never grown, never freed. */
static struct buf view(struct piece p)
{
	return (struct buf){ .data = (char *)(uintptr_t)p.p, .len = p.n, .cap = p.n };
}

static void fill(const struct head *h, const struct piece pieces[PARTS], struct record *ret)
{
	struct message *m = &ret->msg;

	memcpy(m->oid, h->oid, sizeof(h->oid));
	m->oid[sizeof(h->oid)] = '\0';
	memcpy(m->content, h->content, sizeof(h->content));
	m->sent = h->sent;
	m->received = h->received;
	m->size = h->size;
	m->subject = view(pieces[PART_SUBJECT]).data;
	m->from = view(pieces[PART_FROM]).data;
	m->to = view(pieces[PART_TO]).data;
	m->cc = view(pieces[PART_CC]).data;
	m->mids = view(pieces[PART_MIDS]);
	m->refs = view(pieces[PART_REFS]);
	m->lists = view(pieces[PART_LISTS]);
	for (int i = 0; i < TEXT_FIELDS; i++)
		m->text[i] = view(pieces[PART_TEXT + i]);
	ret->stems = view(pieces[PART_STEMS]);
	ret->labels = pieces[PART_LABELS].p;
	ret->folder = pieces[PART_FOLDER].p;
	ret->name = pieces[PART_NAME].p;
	ret->file_kw = h->file_kw;
	ret->kw = h->kw;
	ret->set_kw = h->set_kw != 0;
	ret->docid = h->docid;
	ret->words_only = h->words_only != 0;
}

static bool well_formed(const struct head *h, const struct piece pieces[PARTS])
{
	return h->magic == BATCH_RECORD && h->set_kw <= 1 && h->docid >= 0 && h->words_only <= 1 &&
	       (h->kw | h->file_kw) < (1u << KW_COUNT) && is_hex(h->oid, sizeof(h->oid)) &&
	       piece_is_list(pieces[PART_MIDS]) && piece_is_list(pieces[PART_REFS]) &&
	       piece_is_list(pieces[PART_LISTS]) && piece_is_list(pieces[PART_LABELS]);
}

enum batch_kind batch_peek(const char *batch, size_t len, size_t at)
{
	uint32_t magic;

	if (at == len)
		return BATCH_END;
	if (at > len || len - at < sizeof(magic))
		return BATCH_BROKEN;
	memcpy(&magic, batch + at, sizeof(magic));
	return magic == BATCH_RECORD || magic == BATCH_EDIT ? (enum batch_kind)magic : BATCH_BROKEN;
}

int record_next(const char *batch, size_t len, size_t *at, struct record *ret)
{
	struct head h;
	struct piece pieces[PARTS];
	size_t i = *at;

	if (i == len)
		return 0;
	if (i > len || len - i < sizeof(h))
		return -EBADMSG;
	memcpy(&h, batch + i, sizeof(h));
	i += sizeof(h);
	if (pieces_next(batch, len, &i, h.parts, PARTS, pieces) < 0)
		return -EBADMSG;
	if (h.blob > len - i || !well_formed(&h, pieces))
		return -EBADMSG;
	fill(&h, pieces, ret);
	ret->blob = batch + i;
	ret->blob_len = h.blob;
	*at = i + h.blob;
	return 1;
}

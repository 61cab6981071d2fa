/* Each message and blob: are the bytes those of the id, and do the columns say what they say? */
#include "../base/err.h"
#include "../mail/message_identity.h"
#include "db.h"
#include "elsewhere.h"
#include "fsck_inside.h"
#include "list.h"
#include "oid.h"
#include "terms.h"
#include "zip.h"

#include <errno.h>
#include <string.h>

enum { COL_DOCID, COL_OID, COL_Z, COL_RECEIVED, COL_SENT, COL_SIZE, COL_CONTENT, COL_TEXTS };

static const char row_sql[] =
    "SELECT m.docid, m.oid, b.z, received, sent, size, content, subject, from_, to_, cc, mids, "
    "refs,"
    " b.oid, kw FROM message m LEFT JOIN blob b ON b.id = m.docid WHERE m.docid = ?1";
enum { COL_BLOB = COL_TEXTS + 6, COL_KW };

struct walk {
	struct fsck *f;
	sqlite3_stmt *row;
	struct buf raw, words, list;
	struct buf further; /* Message-IDs that copies of one message have beside its own */
	int64_t copied; /* that message */
};

/* ---- what it ought to be ---- */

static bool same(sqlite3_stmt *st, int i, const void *p, size_t n)
{
	return (size_t)sqlite3_column_bytes(st, i) == n &&
	       (n == 0 || memcmp(sqlite3_column_blob(st, i), p, n) == 0);
}

static void expect(struct walk *w, int i, const char *name, const void *p, size_t n)
{
	if (!same(w->row, i, p, n))
		fsck_report(w->f, CURE_REINDEX, "message", sqlite3_column_int64(w->row, COL_DOCID),
		            NULL, "its %s is not what the message says", name);
}

/* A message without any date got that of its import. */
static void expect_dates(struct walk *w, const struct message *m)
{
	int64_t received = sqlite3_column_int64(w->row, COL_RECEIVED);
	int64_t sent = sqlite3_column_int64(w->row, COL_SENT);
	bool none = m->sent == 0 && m->received == 0;

	if (none ? sent != received : sent != m->sent || received != m->received)
		fsck_report(w->f, CURE_REINDEX, "message", sqlite3_column_int64(w->row, COL_DOCID),
		            NULL, "its dates are not what the message says");
	if (sqlite3_column_int64(w->row, COL_SIZE) != (int64_t)m->size)
		fsck_report(w->f, CURE_REINDEX, "message", sqlite3_column_int64(w->row, COL_DOCID),
		            NULL, "its size is not that of the message");
}

static void expect_columns(struct walk *w, const struct message *m)
{
	static const char *const names[] = { "subject", "sender", "recipient", "Cc" };
	const char *const texts[] = { m->subject, m->from, m->to, m->cc };

	expect_dates(w, m);
	expect(w, COL_CONTENT, "content identity", m->content, sizeof(m->content));
	for (int i = 0; i < 4; i++)
		expect(w, COL_TEXTS + i, names[i], texts[i], strlen(texts[i]));
	list_pack(&w->list, &m->mids);
	expect(w, COL_TEXTS + 4, "list of Message-IDs", w->list.data, w->list.len);
	list_pack(&w->list, &m->refs);
	expect(w, COL_TEXTS + 5, "list of references", w->list.data, w->list.len);
}

static uint64_t sum_of_list(const struct buf *list)
{
	uint64_t sum = 0;

	LIST_EACH(p, list->data, list->len)
	sum += *p ? fsck_hash(0, p, strlen(p)) : 0;
	return sum;
}

static size_t add_varint(char *to, uint64_t n)
{
	size_t len = 1;

	for (uint64_t more = n >> 7; more; more >>= 7)
		len++;
	for (size_t i = len; i-- > 0; n >>= 7)
		to[i] = (char)((n & 127) | (i + 1 < len ? 128 : 0));
	return len;
}

static int add_words(struct walk *w, const struct message *m, struct fsck_message *x)
{
	char sizes[10 * TEXT_FIELDS];
	size_t len = 0;

	for (unsigned field = 0; field < TEXT_FIELDS; field++) {
		uint64_t at = 0;
		buf_reset(&w->words);
		terms_add(m->text[field].data, m->text[field].len, &w->words);
		if (!buf_ok(&w->words))
			return -ENOMEM;
		for (const char *p = w->words.data, *end = p + w->words.len; p && p < end; at++) {
			const char *blank = memchr(p, ' ', (size_t)(end - p));
			size_t n = (size_t)((blank ? blank : end) - p);
			x->sums[SUM_WORDS] += fsck_hash(at * TEXT_FIELDS + field + 1, p, n);
			p += n + 1;
		}
		len += add_varint(sizes + len, at);
		w->f->counts.words += at;
	}
	x->sums[SUM_SIZES] += fsck_hash(0, sizes, len);
	x->sums[SUM_MIDS] += sum_of_list(&m->mids);
	x->sums[SUM_LISTS] += sum_of_list(&m->lists);
	return 0;
}

/* ---- bytes ---- */

/* A repair has moved its bytes aside. */
static bool is_lost(struct walk *w, const char *oid)
{
	sqlite3_stmt *st = NULL;
	uint8_t id[OID_BYTES];

	if (sqlite3_prepare_v2(w->f->store->db, "SELECT 1 FROM lost WHERE oid = ?1", -1, &st,
	                       NULL) != SQLITE_OK)
		return false;
	oid_bytes(oid, id);
	sqlite3_bind_blob(st, 1, id, sizeof(id), SQLITE_STATIC);
	bool lost = sqlite3_step(st) == SQLITE_ROW;
	sqlite3_finalize(st);
	return lost;
}

/* `may_be`: the id that its bytes may have as well, by what else is known of it; NULL: any.
 * Of one blob: 1 read, and its id is right; 0 reported or not to be had. */
static int read_blob(struct walk *w, int64_t docid, const char *oid, const char *may_be,
                     const void *z, size_t n)
{
	struct store *s = w->f->store;
	struct err why = { 0 };
	char got[41];

	w->f->counts.blobs++;
	if (n == 0) {
		int rc = elsewhere_read(s, oid, &w->raw, &why);
		w->f->counts.elsewhere += rc < 0;
		if (rc < 0 && is_lost(w, oid))
			fsck_report(w->f, CURE_NONE, "blob", docid, oid, "its bytes are lost");
		return rc == -ENOMEM ? rc : rc == 0;
	}
	int rc = zip_unpack(s->zip, z, n, &w->raw, &why);
	if (rc == -ENOMEM)
		return rc;
	if (rc == 0)
		identity_oid(w->raw.data, w->raw.len, got);
	if (rc < 0)
		fsck_report(w->f, CURE_BYTES, "blob", docid, oid, "%s", why.text);
	w->f->is = rc == 0 && (!may_be || strcmp(got, may_be) == 0) ? got : NULL;
	if (rc == 0 && strcmp(got, oid) != 0)
		fsck_report(w->f, CURE_BYTES, "blob", docid, oid, "its bytes are those of %s", got);
	w->f->is = NULL;
	return rc == 0 && strcmp(got, oid) == 0;
}

static void column_oid(sqlite3_stmt *st, int i, char ret[41])
{
	ret[0] = '\0';
	if (sqlite3_column_bytes(st, i) == OID_BYTES)
		oid_hex(sqlite3_column_blob(st, i), ret);
}

/* ---- one message ---- */

static int parse_and_compare(struct walk *w, struct fsck_message *x, const char *oid, struct err *e)
{
	struct message m = { 0 };
	int rc = message_parse(w->raw.data, w->raw.len, &m, e);

	(void)oid;
	if (rc < 0)
		return rc;
	expect_columns(w, &m);
	rc = add_words(w, &m, x);
	message_done(&m);
	return rc < 0 ? err_sys(e, ENOMEM, "check a message") : 0;
}

static int check_row(struct walk *w, struct fsck_message *x, struct err *e)
{
	sqlite3_stmt *st = w->row;
	char oid[41], blob[41];
	const int64_t kw = sqlite3_column_int64(st, COL_KW);

	column_oid(st, COL_OID, oid);
	column_oid(st, COL_BLOB, blob);
	w->f->counts.messages++;
	x->unread = true;
	if (kw < 0 || kw >= 1 << KW_COUNT)
		fsck_report(w->f, CURE_ROWS, "message", x->docid, oid, "unknown keywords");
	if (sqlite3_column_type(st, COL_Z) == SQLITE_NULL) {
		fsck_report(w->f, CURE_BYTES, "blob", x->docid, oid, "it is not there");
		return 0;
	}
	if (strcmp(oid, blob) != 0)
		fsck_report(w->f, CURE_REINDEX, "message", x->docid, blob,
		            "it is said to have the blob %s", oid);
	int rc = read_blob(w, x->docid, blob, oid, sqlite3_column_blob(st, COL_Z),
	                   (size_t)sqlite3_column_bytes(st, COL_Z));
	if (rc < 0)
		return err_sys(e, ENOMEM, "check blob %s", blob);
	x->unread = rc == 0;
	return rc > 0 ? parse_and_compare(w, x, oid, e) : 0;
}

static int check_message(struct walk *w, struct fsck_message *x, struct err *e)
{
	sqlite3_bind_int64(w->row, 1, x->docid);
	int rc = 0, code = sqlite3_step(w->row);
	if (code == SQLITE_ROW)
		rc = check_row(w, x, e);
	else
		x->unread = true;
	if (code == SQLITE_DONE)
		fsck_report(w->f, CURE_NONE, "message", x->docid, NULL, "its row is not there");
	else if (code != SQLITE_ROW)
		fsck_report(w->f, CURE_NONE, "message", x->docid, NULL, "it cannot be read: %s",
		            sqlite3_errmsg(w->f->store->db));
	sqlite3_reset(w->row);
	return rc;
}

/* ---- other copies ---- */

static bool has(const char *list, size_t len, const char *entry)
{
	LIST_EACH(p, list, len)
	if (strcmp(p, entry) == 0)
		return true;
	return false;
}

/* All copies of a message come one after the other.  Column 4: its own list, as text for the NUL. */
static void add_further(struct walk *w, sqlite3_stmt *st, int64_t docid, const struct message *m)
{
	struct fsck_message *x = fsck_find(w->f, docid);
	const char *own = (const char *)sqlite3_column_text(st, 4);
	size_t n = (size_t)sqlite3_column_bytes(st, 4);

	if (docid != w->copied)
		buf_reset(&w->further);
	w->copied = docid;
	if (!x)
		return;
	LIST_EACH(p, m->mids.data, m->mids.len)
	if (*p && !has(own, n, p) && !has(w->further.data, w->further.len, p)) {
		buf_add(&w->further, p, strlen(p) + 1);
		x->sums[SUM_MIDS] += fsck_hash(0, p, strlen(p));
	}
}

static int check_copy(struct walk *w, sqlite3_stmt *st, struct err *e)
{
	char oid[41];
	int64_t docid = sqlite3_column_int64(st, 0);
	struct message m = { 0 };

	column_oid(st, 1, oid);
	int rc = read_blob(w, docid, oid, NULL, sqlite3_column_blob(st, 2),
	                   (size_t)sqlite3_column_bytes(st, 2));
	if (rc > 0)
		rc = message_parse(w->raw.data, w->raw.len, &m, e) < 0 ? -ENOMEM : 1;
	if (rc > 0 && !same(st, 3, m.content, sizeof(m.content)))
		fsck_report(w->f, CURE_NONE, "blob", docid, oid, "it is a copy of another message");
	if (rc > 0)
		add_further(w, st, docid, &m);
	if (!buf_ok(&w->further))
		rc = -ENOMEM;
	message_done(&m);
	return rc < 0 ? err_sys(e, ENOMEM, "check blob %s", oid) : 0;
}

static int check_copies(struct walk *w, struct err *e)
{
	/* Sorted without the bytes. */
	static const char sql[] =
	    "SELECT b.docid, b.oid, b.z, m.content, m.mids FROM"
	    " (SELECT id AS copy FROM blob WHERE id <> docid ORDER BY docid LIMIT -1)"
	    " CROSS JOIN blob b ON b.id = copy CROSS JOIN message m ON m.docid = b.docid";
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(w->f->store->db, sql, -1, &st, NULL);
	int rc = 0;

	while (!rc && code == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		rc = check_copy(w, st, e);
	if (sqlite3_finalize(st) != SQLITE_OK || code != SQLITE_OK)
		fsck_failed(w->f, "copies of messages");
	return rc;
}

int fsck_messages(struct fsck *f, struct err *e)
{
	struct walk w = { .f = f };
	int rc = 0;

	message_setup();
	if (!f->store->zip)
		f->store->zip = zip_new();
	if (!f->store->zip)
		return err_sys(e, ENOMEM, "check messages");
	if (sqlite3_prepare_v2(f->store->db, row_sql, -1, &w.row, NULL) != SQLITE_OK)
		fsck_failed(f, "messages");
	for (size_t i = 0; w.row && !rc && i < f->n; i++) {
		rc = check_message(&w, &f->v[i], e);
		if (f->w->progress)
			f->w->progress(f->w->rock, i + 1, f->n);
	}
	if (!rc)
		rc = check_copies(&w, e);
	sqlite3_finalize(w.row);
	buf_free(&w.raw);
	buf_free(&w.words);
	buf_free(&w.list);
	buf_free(&w.further);
	return rc;
}

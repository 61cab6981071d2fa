/* Raw messages by id, and the labels in use. */
#include "blob.h"

#include "../base/err.h"
#include "db.h"
#include "elsewhere.h"
#include "oid.h"
#include "zip.h"

#include <errno.h>
#include <string.h>

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The first and the last id that begin with these digits. */
static int id_range(const char *hex, uint8_t lo[20], uint8_t hi[20])
{
	size_t n = strlen(hex);

	if (n < 7 || n > 40)
		return -EINVAL;
	memset(lo, 0, 20);
	memset(hi, 0xff, 20);
	for (size_t i = 0; i < n; i++) {
		int v = nibble(hex[i]), shift = i % 2 ? 0 : 4;
		if (v < 0)
			return -EINVAL;
		lo[i / 2] = (uint8_t)(lo[i / 2] | v << shift);
		hi[i / 2] = (uint8_t)((hi[i / 2] & ~(0xf << shift)) | v << shift);
	}
	return 0;
}

int blob_select(struct store *s, const char *hex, const char *sql, sqlite3_stmt **ret,
                struct err *e)
{
	uint8_t lo[20], hi[20];

	*ret = NULL;
	if (id_range(hex, lo, hi))
		return err_set(e, -EINVAL, "'%s' is not a blob id (7 to 40 hex digits)", hex);
	int rc = db_prepare(s->db, sql, ret, e);
	if (rc)
		return rc;
	sqlite3_bind_blob(*ret, 1, lo, sizeof(lo), SQLITE_TRANSIENT);
	sqlite3_bind_blob(*ret, 2, hi, sizeof(hi), SQLITE_TRANSIENT);
	int code = sqlite3_step(*ret);
	if (code == SQLITE_DONE)
		return err_set(e, -ENOENT, "no blob '%s'", hex);
	return code == SQLITE_ROW ? 0 : db_error(s->db, e, "cannot read a blob");
}

int blob_alone(sqlite3_stmt *st, const char *hex, struct err *e)
{
	return sqlite3_step(st) == SQLITE_ROW
	           ? err_set(e, -EEXIST, "blob '%s' is ambiguous: give more digits", hex)
	           : 0;
}

/* ---- raw bytes ---- */

/* What is packed here or, when that is nothing, lies elsewhere. */
static int unpack(struct store *s, const char *oid, const void *z, size_t len, struct buf *out,
                  struct err *e)
{
	if (len == 0)
		return elsewhere_read(s, oid, out, e);
	if (!s->zip)
		s->zip = zip_new();
	return s->zip ? zip_unpack(s->zip, z, len, out, e) : err_sys(e, ENOMEM, "blob '%s'", oid);
}

int store_raw(struct store *s, const struct hit *h, struct buf *out, struct err *e)
{
	return unpack(s, h->oid, h->zblob, h->zblob_len, out, e);
}

int store_blob(struct store *s, const char *hex, struct buf *out, struct err *e)
{
	sqlite3_stmt *st;
	char oid[OID_HEX + 1] = "";
	int rc = blob_select(s, hex, "SELECT z, oid FROM blob WHERE oid BETWEEN ?1 AND ?2 LIMIT 2",
	                     &st, e);

	if (!rc && sqlite3_column_bytes(st, 1) == OID_BYTES) {
		oid_hex(sqlite3_column_blob(st, 1), oid);
		const void *z = sqlite3_column_blob(st, 0);
		rc = unpack(s, oid, z, (size_t)sqlite3_column_bytes(st, 0), out, e);
	}
	int alone = rc == -EINVAL || rc == -ENOENT ? rc : blob_alone(st, hex, e);
	sqlite3_finalize(st);
	return alone ? alone : rc;
}

int store_labels(struct store *s, int (*fn)(void *rock, const char *label, uint64_t messages),
                 void *rock, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int code = SQLITE_DONE, stop = 0;
	int rc = db_prepare(s->db, "SELECT name, count(*) FROM label GROUP BY name ORDER BY name",
	                    &st, e);

	while (!rc && !stop && (code = sqlite3_step(st)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(st, 0);
		stop = name ? fn(rock, name, (uint64_t)sqlite3_column_int64(st, 1)) : 0;
	}
	if (!rc && !stop && code != SQLITE_DONE)
		rc = db_error(s->db, e, "cannot read labels");
	sqlite3_finalize(st);
	return rc ? rc : stop;
}

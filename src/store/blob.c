/* Raw messages by id, and the labels in use. */
#include "store.h"

#include "../base/err.h"
#include "db.h"
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

static int first_blob(sqlite3_stmt *st, struct zip *zip, const char *oid, struct buf *out,
                      struct err *e)
{
	int code = sqlite3_step(st), rc;

	if (code == SQLITE_DONE)
		return err_set(e, -ENOENT, "no blob '%s'", oid);
	if (code != SQLITE_ROW)
		return db_error(sqlite3_db_handle(st), e, "cannot read a blob");
	rc = zip_unpack(zip, sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0), out,
	                e);
	if (!rc && sqlite3_step(st) == SQLITE_ROW)
		rc = err_set(e, -EEXIST, "blob '%s' is ambiguous: give more digits", oid);
	return rc;
}

int store_blob(struct store *s, const char *oid, struct buf *out, struct err *e)
{
	uint8_t lo[20], hi[20];
	sqlite3_stmt *st = NULL;

	if (id_range(oid, lo, hi))
		return err_set(e, -EINVAL, "'%s' is not a blob id (7 to 40 hex digits)", oid);
	struct zip *zip = zip_new();
	if (!zip)
		return err_sys(e, ENOMEM, "blob '%s'", oid);
	int rc = db_prepare(s->db, "SELECT z FROM blob WHERE oid BETWEEN ?1 AND ?2 LIMIT 2", &st,
	                    e);
	if (!rc) {
		sqlite3_bind_blob(st, 1, lo, sizeof(lo), SQLITE_STATIC);
		sqlite3_bind_blob(st, 2, hi, sizeof(hi), SQLITE_STATIC);
		rc = first_blob(st, zip, oid, out, e);
	}
	sqlite3_finalize(st);
	zip_free(zip);
	return rc;
}

int store_labels(struct store *s, int (*fn)(void *rock, const char *label), void *rock,
                 struct err *e)
{
	sqlite3_stmt *st = NULL;
	int code = SQLITE_DONE, stop = 0;
	int rc = db_prepare(s->db, "SELECT DISTINCT name FROM label ORDER BY name", &st, e);

	while (!rc && !stop && (code = sqlite3_step(st)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(st, 0);
		stop = name ? fn(rock, name) : 0;
	}
	if (!rc && !stop && code != SQLITE_DONE)
		rc = db_error(s->db, e, "cannot read labels");
	sqlite3_finalize(st);
	return rc ? rc : stop;
}

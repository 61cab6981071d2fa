#include "index_sync.h"

#include "../base/err.h"
#include "db.h"
#include "file_base.h"
#include "oid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum statement {
	FOLDER_ID,
	FOLDER_ADD,
	FOLDER_LOOK,
	FOLDER_DROP,
	FOLDER_FILES_DROP,
	BLOB_BY_OID,
	FILE_GET,
	FILE_PUT,
	FILE_DROP,
	KW_CHANGE,
	LABEL_ADD,
	LABEL_DROP,
	OUTBOX_ADD,
	OUTBOX_CALM,
	OUTBOX_SETTLE,
	STATEMENTS
};

/* A message that one of its files does not agree with. */
#define DIFFERS                                                                                    \
	"EXISTS(SELECT 1 FROM file f JOIN message m USING(docid)"                                  \
	" WHERE f.docid = ?1 AND " BASE_DIFFERS ")"

static const char *const sqls[STATEMENTS] = {
	[FOLDER_ID] = "SELECT id FROM folder WHERE url = ?1",
	[FOLDER_ADD] = "INSERT OR IGNORE INTO folder(url, wrote) VALUES(?1, ?2)",
	[FOLDER_LOOK] = "UPDATE folder SET cur_ino = ?2, new_ino = ?3, cur_ns = ?4, new_ns = ?5"
			" WHERE id = ?1",
	[FOLDER_DROP] = "DELETE FROM folder WHERE id = ?1",
	[FOLDER_FILES_DROP] = "DELETE FROM file WHERE folder = ?1",
	[BLOB_BY_OID] = "SELECT docid, id FROM blob WHERE oid = ?1",
	[FILE_GET] = "SELECT docid, blob, base FROM file WHERE folder = ?1 AND name = ?2",
	[FILE_PUT] = "INSERT OR REPLACE INTO file(folder, name, docid, blob, base)"
		     " VALUES(?1, ?2, ?3, ?4, ?5)",
	[FILE_DROP] = "DELETE FROM file WHERE folder = ?1 AND name = ?2",
	[KW_CHANGE] = "UPDATE message SET kw = (kw | ?2) & ~?3"
		      " WHERE docid = ?1 AND (kw | ?2) & ~?3 <> kw",
	[LABEL_ADD] = "INSERT OR IGNORE INTO label(name, docid) VALUES(?1, ?2)",
	[LABEL_DROP] = "DELETE FROM label WHERE name = ?1 AND docid = ?2",
	[OUTBOX_ADD] = "INSERT OR IGNORE INTO outbox(docid) SELECT ?1 WHERE " DIFFERS,
	[OUTBOX_CALM] = "DELETE FROM outbox WHERE docid = ?1 AND NOT " DIFFERS,
	[OUTBOX_SETTLE] = "DELETE FROM outbox WHERE docid = ?1 AND"
			  " (SELECT kw & 31 FROM message WHERE docid = ?1) IS ?2",
};

struct index_sync {
	sqlite3 *db;
	sqlite3_stmt *st[STATEMENTS];
	bool stirred;
};

/* One file as it is known. */
struct row {
	int64_t docid, blob;
	kw_set base, own;
};

/* ---- statements ---- */

static void bind_bytes(sqlite3_stmt *st, int i, const char *s)
{
	sqlite3_bind_blob64(st, i, s, strlen(s), SQLITE_STATIC);
}

static int run(sqlite3_stmt *st)
{
	int code = db_run(st);

	sqlite3_clear_bindings(st);
	return code;
}

static int run_on(sqlite3_stmt *st, int64_t id)
{
	sqlite3_bind_int64(st, 1, id);
	return run(st);
}

/* Up to three numbers of the first row: 1, 0 without a row, or a negated code. */
static int numbers(sqlite3_stmt *st, int64_t *ret, int n)
{
	int code = sqlite3_step(st);

	if (code == SQLITE_ROW)
		for (int i = 0; i < n; i++)
			ret[i] = sqlite3_column_int64(st, i);
	int reset = sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : -reset;
}

/* ---- rows ---- */

static int folder_id(struct index_sync *x, const char *url, int64_t *ret)
{
	bind_bytes(x->st[FOLDER_ID], 1, url);
	return numbers(x->st[FOLDER_ID], ret, 1);
}

/* Found or made. */
static int need_folder(struct index_sync *x, const char *url, bool wrote, int64_t *ret)
{
	int found = folder_id(x, url, ret);

	if (found)
		return found > 0 ? SQLITE_OK : -found;
	bind_bytes(x->st[FOLDER_ADD], 1, url);
	sqlite3_bind_int(x->st[FOLDER_ADD], 2, wrote);
	int code = run(x->st[FOLDER_ADD]);
	*ret = sqlite3_last_insert_rowid(x->db);
	return code;
}

static int find_blob(struct index_sync *x, const char *oid, struct row *ret)
{
	uint8_t bytes[OID_BYTES];
	int64_t n[2] = { 0 };

	oid_bytes(oid, bytes);
	sqlite3_bind_blob(x->st[BLOB_BY_OID], 1, bytes, sizeof(bytes), SQLITE_STATIC);
	int found = numbers(x->st[BLOB_BY_OID], n, 2);
	if (found > 0)
		*ret = (struct row){ .docid = n[0], .blob = n[1] };
	return found;
}

static int get_file(struct index_sync *x, int64_t folder, const char *name, struct row *ret)
{
	sqlite3_stmt *st = x->st[FILE_GET];
	int64_t n[3] = { 0 };

	sqlite3_bind_int64(st, 1, folder);
	bind_bytes(st, 2, name);
	int found = numbers(st, n, 3);
	if (found > 0)
		*ret = (struct row){
			.docid = n[0], .blob = n[1], .base = base_of(n[2]), .own = base_own(n[2])
		};
	return found;
}

static int put_file(struct index_sync *x, int64_t folder, const char *name, const struct row *r)
{
	sqlite3_stmt *st = x->st[FILE_PUT];

	sqlite3_bind_int64(st, 1, folder);
	bind_bytes(st, 2, name);
	sqlite3_bind_int64(st, 3, r->docid);
	sqlite3_bind_int64(st, 4, r->blob);
	sqlite3_bind_int64(st, 5, base_pack(r->base, r->own));
	return run(st);
}

static int drop_file(struct index_sync *x, int64_t folder, const char *name)
{
	sqlite3_bind_int64(x->st[FILE_DROP], 1, folder);
	bind_bytes(x->st[FILE_DROP], 2, name);
	return run(x->st[FILE_DROP]);
}

/* ---- keywords ---- */

/* After the message or one of its files has changed. */
static int look_at_outbox(struct index_sync *x, int64_t docid)
{
	int code = run_on(x->st[OUTBOX_ADD], docid);

	if (code == SQLITE_OK && sqlite3_changes(x->db) > 0)
		x->stirred = true;
	return code == SQLITE_OK ? run_on(x->st[OUTBOX_CALM], docid) : code;
}

static int change_kw(struct index_sync *x, int64_t docid, kw_set set, kw_set clear, bool *ret)
{
	sqlite3_stmt *st = x->st[KW_CHANGE];

	*ret = false;
	if (!(set | clear))
		return SQLITE_OK;
	sqlite3_bind_int64(st, 1, docid);
	sqlite3_bind_int64(st, 2, set);
	sqlite3_bind_int64(st, 3, clear);
	int code = run(st);
	*ret = code == SQLITE_OK && sqlite3_changes(x->db) > 0;
	return code;
}

int index_sync_kw(struct index_sync *x, int64_t docid, kw_set set, kw_set clear, bool *ret_changed)
{
	int code = change_kw(x, docid, set, clear, ret_changed);

	return code == SQLITE_OK && *ret_changed ? look_at_outbox(x, docid) : code;
}

/* ---- edits ---- */

/* `row` is what was known of the file (its base counts), `ed` how it is called now. */
static int file_is_now(struct index_sync *x, const struct edit *ed, int64_t folder,
                       const char *name, struct row row, bool *ret_changed)
{
	kw_set now = ed->kw & KW_MAILDIR;
	kw_set set = ed->news ? now & ~row.base : 0;
	kw_set clear = ed->news ? row.base & ~now : 0;
	int code = change_kw(x, row.docid, set, clear, ret_changed);

	row.base = now;
	row.own = (ed->news ? row.own : row.own | ed->own) & now;
	if (code == SQLITE_OK)
		code = put_file(x, folder, name, &row);
	return code == SQLITE_OK ? look_at_outbox(x, row.docid) : code;
}

int index_sync_file(struct index_sync *x, const struct edit *ed, int64_t docid, int64_t blob)
{
	struct row row = { 0 };
	int64_t folder = 0;
	bool changed;
	int code = need_folder(x, ed->folder, ed->wrote, &folder);

	if (code != SQLITE_OK)
		return code;
	int known = get_file(x, folder, ed->name, &row);
	if (known < 0)
		return -known;
	if (!known || row.docid != docid) /* a first meeting only adds */
		row = (struct row){ .docid = docid };
	row.blob = blob;
	return file_is_now(x, ed, folder, ed->name, row, &changed);
}

static int apply_file(struct index_sync *x, const struct edit *ed, int *ret)
{
	struct row row = { 0 };
	int found = find_blob(x, ed->oid, &row);

	*ret = found > 0 ? 1 : -1;
	return found > 0 ? index_sync_file(x, ed, row.docid, row.blob) : -found;
}

/* Under neither name: somebody has forgotten the folder meanwhile.  Under the new one only: this
 * edit, or one like it, was applied already. */
static int apply_rename(struct index_sync *x, const struct edit *ed, int *ret)
{
	struct row row = { 0 };
	int64_t folder = 0;
	bool changed;
	int known = folder_id(x, ed->folder, &folder);
	bool old = false;

	if (known > 0) {
		known = get_file(x, folder, ed->name, &row);
		old = known > 0;
		if (known == 0)
			known = get_file(x, folder, ed->to, &row);
	}
	*ret = known > 0 ? 1 : -1;
	if (known <= 0)
		return -known;
	int code = old && strcmp(ed->name, ed->to) != 0 ? drop_file(x, folder, ed->name)
	                                                : SQLITE_OK;
	return code == SQLITE_OK ? file_is_now(x, ed, folder, ed->to, row, &changed) : code;
}

static int apply_gone(struct index_sync *x, const struct edit *ed, int *ret)
{
	struct row row = { 0 };
	int64_t folder = 0;
	int known = folder_id(x, ed->folder, &folder);

	if (known > 0)
		known = get_file(x, folder, ed->name, &row);
	*ret = known > 0 ? 1 : -1;
	if (known <= 0)
		return -known;
	int code = drop_file(x, folder, ed->name);
	return code == SQLITE_OK ? look_at_outbox(x, row.docid) : code;
}

static int each_label(struct index_sync *x, sqlite3_stmt *st, const char *list, int64_t docid,
                      bool *ret_changed)
{
	int code = SQLITE_OK;

	for (const char *p = list; code == SQLITE_OK && *p; p += strlen(p) + 1) {
		sqlite3_bind_text(st, 1, p, -1, SQLITE_STATIC);
		sqlite3_bind_int64(st, 2, docid);
		code = run(st);
		*ret_changed = *ret_changed || sqlite3_changes(x->db) > 0;
	}
	return code;
}

static int apply_mark(struct index_sync *x, const struct edit *ed, int *ret)
{
	struct row row = { 0 };
	bool changed = false;
	int found = find_blob(x, ed->oid, &row);

	*ret = -1;
	if (found <= 0)
		return -found;
	int code = index_sync_kw(x, row.docid, ed->set, ed->clear & ~ed->set, &changed);
	if (code == SQLITE_OK)
		code = each_label(x, x->st[LABEL_DROP], ed->drop_labels, row.docid, &changed);
	if (code == SQLITE_OK)
		code = each_label(x, x->st[LABEL_ADD], ed->add_labels, row.docid, &changed);
	*ret = changed;
	return code;
}

static int apply_scanned(struct index_sync *x, const struct edit *ed, int *ret)
{
	sqlite3_stmt *st = x->st[FOLDER_LOOK];
	int64_t folder = 0;
	int known = folder_id(x, ed->folder, &folder);

	*ret = known > 0 ? 1 : -1;
	if (known <= 0)
		return -known;
	sqlite3_bind_int64(st, 1, folder);
	sqlite3_bind_int64(st, 2, (int64_t)ed->look.cur_ino);
	sqlite3_bind_int64(st, 3, (int64_t)ed->look.new_ino);
	sqlite3_bind_int64(st, 4, ed->look.cur_ns);
	sqlite3_bind_int64(st, 5, ed->look.new_ns);
	return run(st);
}

/* Rows of the outbox that only this folder kept there are settled by the next who looks. */
static int apply_forget(struct index_sync *x, const struct edit *ed, int *ret)
{
	int64_t folder = 0;
	int known = folder_id(x, ed->folder, &folder);

	*ret = known > 0 ? 1 : -1;
	if (known <= 0)
		return -known;
	int code = run_on(x->st[FOLDER_FILES_DROP], folder);
	return code == SQLITE_OK ? run_on(x->st[FOLDER_DROP], folder) : code;
}

static int apply_settled(struct index_sync *x, const struct edit *ed, int *ret)
{
	sqlite3_bind_int64(x->st[OUTBOX_SETTLE], 1, ed->docid);
	sqlite3_bind_int64(x->st[OUTBOX_SETTLE], 2, ed->kw & KW_MAILDIR);
	int code = run(x->st[OUTBOX_SETTLE]);
	*ret = code == SQLITE_OK && sqlite3_changes(x->db) > 0;
	return code;
}

static int apply_folder(struct index_sync *x, const struct edit *ed, int *ret)
{
	int64_t folder = 0;

	*ret = 1;
	return need_folder(x, ed->folder, ed->wrote, &folder);
}

int index_sync_apply(struct index_sync *x, const struct edit *ed, int *ret)
{
	static int (*const apply[])(struct index_sync *, const struct edit *, int *) = {
		[EDIT_MARK] = apply_mark,     [EDIT_FOLDER] = apply_folder,
		[EDIT_FILE] = apply_file,     [EDIT_RENAME] = apply_rename,
		[EDIT_GONE] = apply_gone,     [EDIT_SCANNED] = apply_scanned,
		[EDIT_FORGET] = apply_forget, [EDIT_SETTLED] = apply_settled,
	};
	return apply[ed->op](x, ed, ret);
}

/* ---- life ---- */

bool index_sync_stirred(struct index_sync *x)
{
	bool ret = x->stirred;

	x->stirred = false;
	return ret;
}

void index_sync_reset(struct index_sync *x)
{
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_reset(x->st[i]);
	x->stirred = false;
}

int index_sync_open(sqlite3 *db, struct index_sync **ret, struct err *e)
{
	struct index_sync *x = calloc(1, sizeof(*x));
	int rc = x ? 0 : err_sys(e, ENOMEM, "cannot open the store");

	if (x)
		x->db = db;
	for (int i = 0; !rc && i < STATEMENTS; i++)
		rc = db_prepare(db, sqls[i], &x->st[i], e);
	if (rc) {
		index_sync_close(x);
		return rc;
	}
	*ret = x;
	return 0;
}

void index_sync_close(struct index_sync *x)
{
	if (!x)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(x->st[i]);
	free(x);
}

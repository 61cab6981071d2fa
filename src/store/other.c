/* Somebody else's store.  Keywords and labels are personal: views in front of its tables show those
 * of our own store instead, for the messages that are there, too. */
#include "store.h"

#include "../base/err.h"
#include "db.h"

#include <errno.h>
#include <sys/stat.h>

/* The message of ours with the same bytes, else with the same content and (first) Message-ID. */
#define OURS                                                                                       \
	"coalesce((SELECT b.docid FROM own.blob b WHERE b.oid = m.oid),"                           \
	" (SELECT o.docid FROM own.mid i JOIN own.message o ON o.docid = i.docid"                  \
	" WHERE i.mid = CAST(substr(m.mids, 1, instr(m.mids, x'00') - 1) AS TEXT)"                 \
	" AND o.content = m.content LIMIT 1))"

/* Of whatever version the store is. */
static const char columns[] = "SELECT group_concat('m.' || name, ', ')"
			      " FROM pragma_table_info('message', 'main') WHERE name <> 'kw'";

static const char with_ours[] =
    "CREATE TEMP VIEW message AS SELECT %s,"
    " coalesce((SELECT o.kw FROM own.message o WHERE o.docid = " OURS "), 0) AS kw"
    " FROM main.message m;"
    "CREATE TEMP VIEW label AS SELECT l.name, m.docid FROM main.message m"
    " JOIN own.label l ON l.docid = " OURS;

static const char without[] = "CREATE TEMP VIEW message AS SELECT %s, 0 AS kw FROM main.message m;"
			      "CREATE TEMP TABLE label(name TEXT, docid INTEGER)";

static int hide_marks(sqlite3 *db, const char *how, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = db_prepare(db, columns, &st, e);

	if (!rc && sqlite3_step(st) != SQLITE_ROW)
		rc = db_error(db, e, "cannot read what a message has");
	if (!rc) {
		char *sql = sqlite3_mprintf(how, sqlite3_column_text(st, 0));
		rc = sql ? db_exec(db, sql, e) : err_sys(e, ENOMEM, "open a store");
		sqlite3_free(sql);
	}
	sqlite3_finalize(st);
	return rc;
}

/* -ENOENT: there is none to attach. */
static int attach(sqlite3 *db, const char *own, struct err *e)
{
	struct store *s;
	sqlite3_stmt *st = NULL;
	int rc = own ? store_open(own, &s, e) : -ENOENT;

	if (rc)
		return rc;
	const char *file = sqlite3_db_filename(s->db, "main");
	rc = db_prepare(db, "ATTACH ?1 AS own", &st, e);
	if (!rc) {
		sqlite3_bind_text(st, 1, file, -1, SQLITE_STATIC);
		if (db_run(st) != SQLITE_OK)
			rc = db_error(db, e, "cannot read our own marks");
	}
	sqlite3_finalize(st);
	store_close(s);
	return rc;
}

int store_open_other(const char *dir, const char *own, struct store **ret, struct err *e)
{
	struct store *s = NULL;
	int rc = store_open(dir, &s, e);

	if (rc)
		return rc;
	rc = db_exec(s->db, "PRAGMA temp_store=MEMORY", e);
	int ours = rc ? rc : attach(s->db, own, e);
	if (!rc && ours != -ENOENT)
		rc = ours;
	if (!rc)
		rc = hide_marks(s->db, ours == 0 ? with_ours : without, e);
	if (rc) {
		store_close(s);
		return rc;
	}
	*ret = s;
	return 0;
}

bool store_same(const struct store *a, const struct store *b)
{
	struct stat x, y;

	return stat(sqlite3_db_filename(a->db, "main"), &x) == 0 &&
	       stat(sqlite3_db_filename(b->db, "main"), &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

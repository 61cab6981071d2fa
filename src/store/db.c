#include "db.h"

#include "../base/err.h"
#include "pause.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct mapping {
	int code;
	int errnum;
};

static const struct mapping mappings[] = {
	{ SQLITE_NOMEM, ENOMEM },   { SQLITE_FULL, ENOSPC },     { SQLITE_BUSY, EBUSY },
	{ SQLITE_LOCKED, EBUSY },   { SQLITE_PERM, EACCES },     { SQLITE_CANTOPEN, EACCES },
	{ SQLITE_READONLY, EROFS }, { SQLITE_TOOBIG, EFBIG },    { SQLITE_CORRUPT, EBADMSG },
	{ SQLITE_NOTADB, EBADMSG }, { SQLITE_INTERRUPT, EINTR },
};

static int errno_of(int code)
{
	for (size_t i = 0; i < sizeof(mappings) / sizeof(*mappings); i++)
		if (mappings[i].code == (code & 0xff))
			return mappings[i].errnum;
	return EIO;
}

int db_error(sqlite3 *db, struct err *e, const char *what)
{
	int code = sqlite3_errcode(db);
	int sys = sqlite3_system_errno(db);
	const char *file = sqlite3_db_filename(db, "main");
	int primary = code & 0xff;
	bool of_system = sys && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN);

	return err_set(e, of_system ? -sys : -errno_of(code), "%s: %s: %s%s%s%s",
	               file ? file : DB_FILE, what,
	               primary == SQLITE_BUSY ? "another process is writing to this store"
	                                      : sqlite3_errmsg(db),
	               of_system ? " (" : "", of_system ? strerror(sys) : "", of_system ? ")" : "");
}

/* SQLite's own handler looks ten times a second at most: too seldom to find the moment between
 * two transactions of a busy writer. */
static int look_again(void *rock, int times)
{
	(void)rock;
	if (times >= DB_BUSY_MS / DB_LOOK_MS)
		return 0;
	return pause_ms(DB_LOOK_MS) == 0;
}

void db_patient(sqlite3 *db)
{
	sqlite3_busy_handler(db, look_again, NULL);
}

int db_exec(sqlite3 *db, const char *sql, struct err *e)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	char what[64];
	sqlite3_snprintf(sizeof(what), what, "cannot run '%.40s'", sql);
	return db_error(db, e, what);
}

int db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret, struct err *e)
{
	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL) == SQLITE_OK)
		return 0;
	char what[64];
	sqlite3_snprintf(sizeof(what), what, "cannot prepare '%.40s'", sql);
	return db_error(db, e, what);
}

void db_bind_text(sqlite3_stmt *st, int i, const char *s)
{
	sqlite3_bind_text(st, i, s, -1, SQLITE_STATIC);
}

int db_run(sqlite3_stmt *st)
{
	int code = sqlite3_step(st);
	int reset = sqlite3_reset(st);

	return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : reset;
}

int db_int(sqlite3_stmt *st, int64_t *ret)
{
	int code = sqlite3_step(st);

	if (code == SQLITE_ROW)
		*ret = sqlite3_column_int64(st, 0);
	int reset = sqlite3_reset(st);
	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : -reset;
}

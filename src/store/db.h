/* SQLite in the house's convention: negative errno, and text saying what was attempted. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

struct err;

#define DB_FILE "store.sqlite3" /* in the store's directory */

enum {
	DB_BUSY_MS = 30000, /* longest wait for another process that writes */
	DB_LOOK_MS = 5, /* how often to look meanwhile */
	DB_VALUE_MAX = 1000000000, /* SQLite's own limit of one value */
	DB_MAIL_SYNC = 2, /* the first version with folders and files */
	DB_WORDS = 3, /* the first version with words and stems as terms.h has them */
	DB_THREADS = 4, /* the first version with threads */
};

/* Open the database in `dir`; text in `e` names the file.  Checks application id and version:
 * -EPROTONOSUPPORT for a store made by a newer release.
 * db_open_write makes the directory (0700, with parents) and the tables when they are missing,
 * brings older ones up to date, and returns once that is durable.  db_open_read returns the
 * version; -ENOENT when there is no store. */
int db_open_write(const char *dir, sqlite3 **ret, struct err *e);
int db_open_read(const char *dir, sqlite3 **ret, struct err *e);
/* Tables as they are made today, without anything in them, in memory. */
int db_open_empty(sqlite3 **ret, struct err *e);

void db_patient(sqlite3 *db); /* wait for others as said above */
int db_error(sqlite3 *db, struct err *e, const char *what); /* the last failure as -errno */
int db_exec(sqlite3 *db, const char *sql, struct err *e);
int db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret, struct err *e);

/* `s` stays where it is until the statement has run. */
void db_bind_text(sqlite3_stmt *st, int i, const char *s);
/* Run a statement that returns no rows, then reset it: an SQLite result code. */
int db_run(sqlite3_stmt *st);
/* First column of the first row, then reset: 1 found, 0 none, else a negated SQLite code. */
int db_int(sqlite3_stmt *st, int64_t *ret);

#endif

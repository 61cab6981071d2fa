/* See delivered.h.  Tables of version 1:
 *
 *   delivered  keys of mail that is or was in the output
 *   coming     keys of mail that a writing was about to put there, and its number in that writing
 *   writing    at most one row: the writing that `coming` is about
 *   output     at most one row: what it looked like when all was delivered */
#include "delivered.h"

#include "db.h"

#include "../base/err.h"

#include <errno.h>
#include <stdlib.h>

#define APPLICATION_ID "1818584915" /* "leiS" */

struct delivered {
	sqlite3 *db;
	sqlite3_stmt *has, *add;
	bool replaces;
};

static const char tables[] =
    "CREATE TABLE delivered(key TEXT PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE coming(key TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE writing(token TEXT NOT NULL, replaces INTEGER NOT NULL);"
    "CREATE TABLE output(look TEXT NOT NULL);"
    "PRAGMA application_id = " APPLICATION_ID ";"
    "PRAGMA user_version = 1;";

/* First column of the first row. */
static int ask(struct delivered *d, const char *sql, int64_t *ret, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = db_prepare(d->db, sql, &st, e);
	if (rc == 0 && db_int(st, ret) != 1)
		rc = db_error(d->db, e, "cannot be read");
	sqlite3_finalize(st);
	return rc;
}

static int check(struct delivered *d, struct err *e)
{
	int64_t made = 0, ours = 0;
	int rc = ask(d, "SELECT count(*) FROM sqlite_master", &made, e);
	if (rc < 0)
		return rc;
	if (made == 0) {
		rc = db_exec(d->db, "BEGIN IMMEDIATE", e);
		if (rc == 0)
			rc = db_exec(d->db, tables, e);
		return rc == 0 ? db_exec(d->db, "COMMIT", e) : rc;
	}
	rc = ask(d,
	         "SELECT application_id = " APPLICATION_ID " AND user_version = 1"
	         " FROM pragma_application_id, pragma_user_version",
	         &ours, e);
	if (rc == 0 && !ours)
		rc = err_set(e, -EPROTONOSUPPORT,
		             "%s: made by a newer release, or by another program",
		             sqlite3_db_filename(d->db, "main"));
	return rc;
}

int delivered_open(const char *path, struct delivered **ret, struct err *e)
{
	struct delivered *d = calloc(1, sizeof(*d));
	if (d == NULL)
		return err_set(e, -ENOMEM, "out of memory");
	int rc = 0;
	if (sqlite3_open_v2(path, &d->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
	    SQLITE_OK)
		rc = d->db ? db_error(d->db, e, "cannot be opened")
		           : err_set(e, -ENOMEM, "out of memory");
	if (rc == 0)
		rc = db_exec(d->db, "PRAGMA synchronous = EXTRA", e);
	if (rc == 0)
		rc = check(d, e);
	if (rc == 0)
		rc = db_prepare(d->db,
		                "SELECT 1 FROM coming WHERE key = ?1"
		                " UNION ALL SELECT 1 FROM delivered WHERE key = ?1 AND NOT ?2",
		                &d->has, e);
	if (rc == 0)
		rc = db_prepare(d->db, "INSERT OR IGNORE INTO coming VALUES(?, ?)", &d->add, e);
	if (rc < 0)
		delivered_close(d);
	else
		*ret = d;
	return rc;
}

void delivered_close(struct delivered *d)
{
	if (d == NULL)
		return;
	sqlite3_finalize(d->has);
	sqlite3_finalize(d->add);
	sqlite3_close(d->db); /* rolls back what is open */
	free(d);
}

/* ---- after a crash ---- */

struct cut { /* the writing that was cut off */
	struct delivered *d;
	const struct settling *how;
	const char *token;
	bool replaces;
	bool any; /* something of it is out */
};

static int is_out(struct cut *c, int64_t number, struct err *e)
{
	int out = number == DELIVERED_THERE
	              ? 1
	              : c->how->is_out(c->how->rock, c->token, (long)number, e);
	c->any = c->any || out > 0;
	return out;
}

/* Those that did not go out leave `coming`. */
static int settle_each(struct cut *c, struct err *e)
{
	sqlite3_stmt *all = NULL, *drop = NULL;
	int code = SQLITE_DONE;
	int rc = db_prepare(c->d->db, "SELECT key, number FROM coming", &all, e);
	if (rc == 0)
		rc = db_prepare(c->d->db, "UPDATE coming SET number = -2 WHERE key = ?", &drop, e);
	while (rc == 0 && (code = sqlite3_step(all)) == SQLITE_ROW) {
		int out = is_out(c, sqlite3_column_int64(all, 1), e);
		rc = out < 0 ? out : 0;
		if (out != 0)
			continue;
		sqlite3_bind_value(drop, 1, sqlite3_column_value(all, 0));
		if (db_run(drop) != SQLITE_OK)
			rc = db_error(c->d->db, e, "cannot be written");
	}
	if (rc == 0 && code != SQLITE_DONE)
		rc = db_error(c->d->db, e, "cannot be read");
	sqlite3_finalize(all);
	sqlite3_finalize(drop);
	return rc == 0 ? db_exec(c->d->db, "DELETE FROM coming WHERE number = -2", e) : rc;
}

static const char finish[] = "INSERT OR IGNORE INTO delivered SELECT key FROM coming;"
			     "DELETE FROM coming;"
			     "DELETE FROM writing;"
			     "COMMIT";

static int settle(struct cut *c, struct err *e)
{
	int64_t n = 0;
	int rc = db_exec(c->d->db, "BEGIN IMMEDIATE", e);
	if (rc == 0)
		rc = ask(c->d, "SELECT count(*) FROM coming", &n, e);
	if (rc == 0 && n == 0) { /* an output that was emptied */
		int out = is_out(c, 0, e);
		rc = out < 0 ? out : 0;
	}
	if (rc == 0)
		rc = settle_each(c, e);
	if (rc == 0 && c->any && c->replaces)
		rc = db_exec(c->d->db, "DELETE FROM delivered", e);
	if (rc == 0)
		rc = db_exec(c->d->db, finish, e);
	if (rc == 0)
		c->how->clean(c->how->rock, c->token);
	return rc;
}

int delivered_settle(struct delivered *d, const struct settling *how, struct err *e)
{
	struct cut c = { .d = d, .how = how };
	sqlite3_stmt *st = NULL;
	char *token = NULL;
	int rc = db_prepare(d->db, "SELECT token, replaces FROM writing", &st, e);
	int code = rc == 0 ? sqlite3_step(st) : SQLITE_DONE;
	if (code == SQLITE_ROW) {
		c.token = token = sqlite3_mprintf("%s", sqlite3_column_text(st, 0));
		c.replaces = sqlite3_column_int(st, 1) != 0;
		rc = token == NULL ? err_set(e, -ENOMEM, "out of memory") : 0;
	} else if (code != SQLITE_DONE) {
		rc = db_error(d->db, e, "cannot be read");
	}
	sqlite3_finalize(st);
	if (rc == 0 && token != NULL)
		rc = settle(&c, e);
	sqlite3_free(token);
	return rc;
}

/* ---- a run ---- */

int delivered_begin(struct delivered *d, bool replaces, struct err *e)
{
	d->replaces = replaces;
	return db_exec(d->db, "BEGIN IMMEDIATE", e);
}

int delivered_has(struct delivered *d, const char *key, struct err *e)
{
	int64_t one;
	sqlite3_bind_text(d->has, 1, key, -1, SQLITE_STATIC);
	sqlite3_bind_int(d->has, 2, d->replaces);
	int rc = db_int(d->has, &one);
	return rc < 0 ? db_error(d->db, e, "cannot be read") : rc;
}

int delivered_add(struct delivered *d, const char *key, long number, struct err *e)
{
	sqlite3_bind_text(d->add, 1, key, -1, SQLITE_STATIC);
	sqlite3_bind_int64(d->add, 2, number);
	return db_run(d->add) == SQLITE_OK ? 0 : db_error(d->db, e, "cannot be written");
}

int delivered_add_original(struct delivered *d, const char *copy, struct err *e)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;
	int code = SQLITE_DONE;
	int rc = sqlite3_open_v2(copy, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK
	             ? err_set(e, -EIO, "%s: cannot be opened", copy)
	             : db_prepare(db, "SELECT DISTINCT lower(hex(oidbin)) FROM xref3", &st, e);
	while (rc == 0 && (code = sqlite3_step(st)) == SQLITE_ROW)
		rc = delivered_add(d, (const char *)sqlite3_column_text(st, 0), DELIVERED_THERE, e);
	if (rc == 0 && code != SQLITE_DONE)
		rc = db_error(db, e, "cannot be read");
	sqlite3_finalize(st);
	sqlite3_close(db);
	return rc;
}

int delivered_note(struct delivered *d, const char *token, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = db_prepare(d->db, "INSERT INTO writing VALUES(?, ?)", &st, e);
	if (rc == 0) {
		sqlite3_bind_text(st, 1, token, -1, SQLITE_STATIC);
		sqlite3_bind_int(st, 2, d->replaces);
		if (db_run(st) != SQLITE_OK)
			rc = db_error(d->db, e, "cannot be written");
	}
	sqlite3_finalize(st);
	return rc == 0 ? db_exec(d->db, "DELETE FROM output; COMMIT", e) : rc;
}

/* One text goes in; a row comes out, or none. */
static int with_text(struct delivered *d, const char *sql, const char *text, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int64_t one;
	int rc = db_prepare(d->db, sql, &st, e);
	if (rc == 0) {
		sqlite3_bind_text(st, 1, text, -1, SQLITE_STATIC);
		rc = db_int(st, &one);
		if (rc < 0)
			rc = db_error(d->db, e, "cannot be used");
	}
	sqlite3_finalize(st);
	return rc;
}

int delivered_commit(struct delivered *d, const char *look, struct err *e)
{
	int rc = db_exec(d->db, "BEGIN IMMEDIATE", e);
	if (rc == 0 && d->replaces)
		rc = db_exec(d->db, "DELETE FROM delivered", e);
	if (rc == 0 && *look != '\0')
		rc = with_text(d, "INSERT INTO output VALUES(?)", look, e);
	return rc == 0 ? db_exec(d->db, finish, e) : rc;
}

int delivered_left_as(struct delivered *d, const char *look, struct err *e)
{
	return with_text(d, "SELECT 1 FROM output WHERE look = ?", look, e);
}

/* The tables, and the checks before anything touches them.
 *
 *   message  one row per message: what a search prints.  The narrow columns come first, so that
 *            sorting and filtering read no overflow page.
 *   blob     raw messages, zstd frames.  id = docid for the message's own blob; copies that
 *            differ only in transport have further ids and the same docid, so nothing is lost.
 *   mid      Message-ID -> message, for duplicates and mid:
 *   list     List-Id in lower case -> message, for lid:
 *   label    label -> message
 *
 * mail_sync, since version 2 (edit.h):
 *
 *   folder   what a Maildir looked like when it was last read whole
 *   file     name in a folder -> message and blob; base: the keywords both agreed on last
 *   outbox   messages whose keywords differ from the base of one of their files
 *
 * words, since version 3 (terms.h); before, SQLite found and stemmed them:
 *
 *   fts      the words of a message, in lower case; columns are enum text_field
 *   stem     stem -> word, for words that are not their own stem
 *
 * threads, since version 4 (index_thread.h):
 *
 *   thread   message -> thread.  A docid below 0 is a ghost, which has a row in mid, too */
#include "db.h"

#include "../base/err.h"
#include "../event/event.h"
#include "index_thread.h"
#include "pause.h"
#include "reindex.h"
#include "tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION_ID 0x6c656943 /* "leiC" */

static const char messages[] =
    "CREATE TABLE message(docid INTEGER PRIMARY KEY, received INTEGER NOT NULL,"
    " sent INTEGER NOT NULL, kw INTEGER NOT NULL, size INTEGER NOT NULL,"
    " oid BLOB NOT NULL, content BLOB NOT NULL, subject TEXT NOT NULL, from_ TEXT NOT NULL,"
    " to_ TEXT NOT NULL, cc TEXT NOT NULL, mids BLOB NOT NULL, refs BLOB NOT NULL);"
    /* Answers sorting and every numeric condition without the table. */
    "CREATE INDEX message_received ON message(received DESC, docid, kw, sent, size);"
    "CREATE INDEX message_anonymous ON message(content) WHERE mids = x'00';"
    "CREATE TABLE blob(id INTEGER PRIMARY KEY, docid INTEGER NOT NULL, oid BLOB NOT NULL,"
    " z BLOB NOT NULL);"
    "CREATE UNIQUE INDEX blob_oid ON blob(oid);"
    "CREATE TABLE mid(mid TEXT NOT NULL, docid INTEGER NOT NULL, PRIMARY KEY(mid, docid))"
    " WITHOUT ROWID;"
    "CREATE TABLE list(name TEXT NOT NULL, docid INTEGER NOT NULL, PRIMARY KEY(name, docid))"
    " WITHOUT ROWID;"
    "CREATE TABLE label(name TEXT NOT NULL, docid INTEGER NOT NULL, PRIMARY KEY(name, docid))"
    " WITHOUT ROWID;"
    "CREATE INDEX label_docid ON label(docid, name);"
    "CREATE VIRTUAL TABLE fts USING fts5(subject, from_, to_, cc, mid, list, filename, quoted,"
    " body, content='', tokenize=\"porter unicode61 remove_diacritics 0 tokenchars '_'\");"
    /* Bytes of new words kept in memory: a bulk import then writes few, long segments. */
    "INSERT INTO fts(fts, rank) VALUES('hashsize', 16777216);";

static const char mail_sync[] =
    "CREATE TABLE folder(id INTEGER PRIMARY KEY, url BLOB NOT NULL UNIQUE,"
    " wrote INTEGER NOT NULL, cur_ino INTEGER NOT NULL DEFAULT 0,"
    " new_ino INTEGER NOT NULL DEFAULT 0, cur_ns INTEGER NOT NULL DEFAULT 0,"
    " new_ns INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE file(folder INTEGER NOT NULL, name BLOB NOT NULL, docid INTEGER NOT NULL,"
    " blob INTEGER NOT NULL, base INTEGER NOT NULL, PRIMARY KEY(folder, name)) WITHOUT ROWID;"
    "CREATE INDEX file_docid ON file(docid, folder, base);"
    "CREATE INDEX file_blob ON file(blob);"
    "CREATE TABLE outbox(docid INTEGER PRIMARY KEY);";

/* Words come ready made, ended by blanks: the tokenizer is one that any SQLite has. */
static const char words[] =
    "DROP TABLE fts;"
    "CREATE VIRTUAL TABLE fts USING fts5(subject, from_, to_, cc, mid, list, filename, quoted,"
    " body, dfn, dfa, dfb, dfhh, dfctx, dfpre, dfpost, patchid, content='',"
    " tokenize=\"ascii tokenchars '_&''+#,.;|'\");"
    "INSERT INTO fts(fts, rank) VALUES('hashsize', 16777216);"
    "CREATE TABLE stem(stem TEXT NOT NULL, word TEXT NOT NULL, PRIMARY KEY(stem, word))"
    " WITHOUT ROWID;";

static const char threads[] =
    "CREATE TABLE thread(docid INTEGER PRIMARY KEY, tid INTEGER NOT NULL);"
    "CREATE INDEX thread_tid ON thread(tid);";

/* steps[n] turns version n into n + 1, all of them or none. */
static const struct step {
	const char *sql;
	int (*fill)(sqlite3 *db, struct err *e); /* or NULL */
} steps[] = { { messages, NULL },
	      { mail_sync, NULL },
	      { words, reindex_all },
	      { threads, index_thread_fill } };
enum { SCHEMA_VERSION = sizeof(steps) / sizeof(*steps) };

struct version {
	int64_t id, number;
	int64_t tables;
};

/* In one statement: somebody may make the store at this moment, and half of each would be neither. */
static int read_version(sqlite3 *db, struct version *ret, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = db_prepare(db,
	                    "SELECT (SELECT application_id FROM pragma_application_id),"
	                    " (SELECT user_version FROM pragma_user_version),"
	                    " (SELECT count(*) FROM sqlite_master)",
	                    &st, e);

	if (!rc && sqlite3_step(st) != SQLITE_ROW)
		rc = db_error(db, e, "cannot read the version");
	if (!rc)
		*ret = (struct version){ sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
			                 sqlite3_column_int64(st, 2) };
	sqlite3_finalize(st);
	return rc;
}

/* The version: 0 for an empty database, at most ours. */
static int check_version(sqlite3 *db, struct err *e)
{
	struct version v = { 0 };
	int rc = read_version(db, &v, e);

	if (rc)
		return rc;
	const char *file = sqlite3_db_filename(db, "main");
	if (v.id == 0 && v.number == 0 && v.tables == 0)
		return 0;
	if (v.id != APPLICATION_ID)
		return err_set(e, -EPROTONOSUPPORT, "%s: not a store of this program", file);
	if (v.number > SCHEMA_VERSION)
		return err_set(e, -EPROTONOSUPPORT,
		               "%s: made by a newer release (schema %lld, this one knows %d)", file,
		               (long long)v.number, SCHEMA_VERSION);
	if (v.number < 1)
		return err_set(e, -EPROTONOSUPPORT, "%s: unknown schema %lld", file,
		               (long long)v.number);
	return (int)v.number;
}

/* All steps that are missing, in one transaction: made, upgraded, or left as it was. */
static int upgrade(sqlite3 *db, struct err *e)
{
	char stamp[96];
	int rc = db_exec(db, "BEGIN IMMEDIATE", e);

	if (rc)
		return rc;
	int version = check_version(db, e); /* somebody else may have been first */
	rc = version < 0 ? version : 0;
	for (int i = version; !rc && i < SCHEMA_VERSION; i++) {
		rc = db_exec(db, steps[i].sql, e);
		if (!rc && steps[i].fill)
			rc = steps[i].fill(db, e);
	}
	if (!rc) {
		snprintf(stamp, sizeof(stamp), "PRAGMA application_id=%d;PRAGMA user_version=%d",
		         APPLICATION_ID, SCHEMA_VERSION);
		rc = db_exec(db, stamp, e);
	}
	if (rc < 0) {
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
		return rc;
	}
	return db_exec(db, "COMMIT", e);
}

static int sync_dir(const char *dir, struct err *e)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) < 0 ? err_sys(e, errno, "cannot sync '%s'", dir) : 0;

	if (fd >= 0)
		close(fd);
	return rc;
}

/* The entry of `path` in its directory, which we may be allowed to write but not to read. */
static int sync_entry(char *path, struct err *e)
{
	char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return sync_dir(slash ? "/" : ".", e);
	*slash = '\0';
	int rc = sync_dir(path, e);
	*slash = '/';
	return rc == -EACCES ? 0 : rc;
}

/* Make `path` and its parents, each 0700, and make the new entries durable. */
static int make_dirs(char *path, struct err *e)
{
	for (char *p = path + 1;; p++) {
		if (*p && *p != '/')
			continue;
		char c = *p;
		*p = '\0';
		int rc = mkdir(path, 0700) == 0 ? sync_entry(path, e)
		         : errno == EEXIST
		             ? 0
		             : err_sys(e, errno, "cannot create directory '%s'", path);
		*p = c;
		if (rc || !c)
			return rc;
	}
}

static int prepare_dir(const char *dir, struct err *e)
{
	struct stat st;
	char path[PATH_MAX];

	if (stat(dir, &st) == 0)
		return S_ISDIR(st.st_mode) ? 0 : err_sys(e, ENOTDIR, "'%s'", dir);
	if ((size_t)snprintf(path, sizeof(path), "%s", dir) >= sizeof(path))
		return err_sys(e, ENAMETOOLONG, "store directory");
	return make_dirs(path, e);
}

/* `path` may be a URI if the flags say so. */
static int open_path(const char *path, int flags, sqlite3 **ret, struct err *e)
{
	sqlite3 *db = NULL;
	int rc = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK) {
		rc = db ? db_error(db, e, "cannot open") : err_sys(e, ENOMEM, "open '%s'", path);
		sqlite3_close(db);
		return rc;
	}
	sqlite3_extended_result_codes(db, 1);
	db_patient(db);
	*ret = db;
	return 0;
}

static int open_file(const char *dir, int flags, sqlite3 **ret, struct err *e)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/" DB_FILE, dir) >= sizeof(path))
		return err_sys(e, ENAMETOOLONG, "store directory");
	return open_path(path, flags, ret, e);
}

/* Nobody writes to it now (there is no log), and to agree on that with others SQLite would need files
 * that we may not make: on a read-only medium, or in a directory of somebody else. */
static bool is_at_rest(const char *dir)
{
	char log[PATH_MAX];
	struct stat st;

	snprintf(log, sizeof(log), "%s/" DB_FILE "-wal", dir);
	return access(dir, W_OK) < 0 && stat(log, &st) < 0 && errno == ENOENT;
}

static int open_at_rest(const char *dir, sqlite3 **ret, struct err *e)
{
	char uri[3 * PATH_MAX + 64] = "file:";
	size_t at = strlen(uri);

	for (const char *p = dir; *p && at < 3 * PATH_MAX; p++)
		at += (size_t)snprintf(uri + at, sizeof(uri) - at,
		                       strchr("?#%", *p) ? "%%%02x" : "%c", (unsigned char)*p);
	snprintf(uri + at, sizeof(uri) - at, "/" DB_FILE "?immutable=1");
	return open_path(uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, ret, e);
}

/* The page size and WAL mode count only while the file is empty; harmless later. */
static const char modes[] = "PRAGMA page_size=8192;PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;"
			    "PRAGMA cache_size=-16384;PRAGMA wal_autocheckpoint=0;"
			    "PRAGMA temp_store=MEMORY;PRAGMA trusted_schema=0;"
			    /* Debian's SQLite writes zeros over all that is deleted or moved; FAST
                             * does so where it costs no further page. */
			    "PRAGMA secure_delete=FAST";

/* Two who make the store at once stand in each other's way, and SQLite lets neither wait: it
 * refuses one of them, who tries again. */
static int set_modes(sqlite3 *db, struct err *e)
{
	int64_t end = event_now(LOOP_MONOTONIC) + DB_BUSY_MS * (EVENT_SECOND / 1000);
	int rc;

	while ((rc = db_exec(db, modes, e)) == -EBUSY && event_now(LOOP_MONOTONIC) < end)
		if (pause_ms(DB_LOOK_MS) < 0)
			break;
	return rc;
}

static int set_up_writer(sqlite3 *db, struct err *e)
{
	int rc = set_modes(db, e);

	if (!rc)
		rc = tokens_setup(db, e);
	if (!rc)
		rc = check_version(db, e);
	if (rc >= 0 && rc < SCHEMA_VERSION)
		rc = upgrade(db, e);
	return rc < 0 ? rc : 0;
}

int db_open_write(const char *dir, sqlite3 **ret, struct err *e)
{
	sqlite3 *db = NULL;
	int rc = prepare_dir(dir, e);

	if (!rc)
		rc = open_file(dir, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db, e);
	if (!rc)
		rc = set_up_writer(db, e);
	if (!rc)
		rc = sync_dir(dir, e);
	if (rc) {
		sqlite3_close(db);
		return rc;
	}
	*ret = db;
	return 0;
}

int db_open_read(const char *dir, sqlite3 **ret, struct err *e)
{
	char path[PATH_MAX];
	sqlite3 *db = NULL;

	if ((size_t)snprintf(path, sizeof(path), "%s/" DB_FILE, dir) >= sizeof(path))
		return err_sys(e, ENAMETOOLONG, "store directory");
	if (access(path, F_OK) < 0)
		return err_sys(e, errno, "no store in '%s'", dir);
	int rc = is_at_rest(dir) ? open_at_rest(dir, &db, e)
	                         : open_file(dir, SQLITE_OPEN_READONLY, &db, e);
	if (!rc)
		rc = db_exec(db, "PRAGMA mmap_size=67108864;PRAGMA trusted_schema=0", e);
	if (!rc)
		rc = check_version(db, e);
	/* Created this moment and still empty: as if it were not there. */
	if (rc == 0)
		rc = err_set(e, -ENOENT, "no store in '%s'", dir);
	if (rc < 0) {
		sqlite3_close(db);
		return rc;
	}
	*ret = db;
	return rc;
}

int db_open_empty(sqlite3 **ret, struct err *e)
{
	sqlite3 *db = NULL;
	int code = sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
	                           NULL);
	int rc = code == SQLITE_OK ? upgrade(db, e) : err_sys(e, ENOMEM, "cannot make tables");

	if (rc) {
		sqlite3_close(db);
		return rc;
	}
	*ret = db;
	return 0;
}

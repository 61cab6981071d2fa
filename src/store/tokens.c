#include "tokens.h"

#include "../base/err.h"
#include "db.h"

#include <errno.h>
#include <string.h>

static int begin(void *rock, const char **args, int nargs, Fts5Tokenizer **ret)
{
	(void)args;
	(void)nargs;
	*ret = rock; /* there is nothing to keep, but NULL would mean failure */
	return SQLITE_OK;
}

static void end(Fts5Tokenizer *unused)
{
	(void)unused;
}

static int each(Fts5Tokenizer *unused, void *rock, int why, const char *text, int len,
                int (*token)(void *, int, const char *, int, int, int))
{
	int code = SQLITE_OK;

	(void)unused;
	(void)why;
	for (int from = 0, to; code == SQLITE_OK && from < len; from = to + 1) {
		const char *blank = memchr(text + from, ' ', (size_t)(len - from));
		to = blank ? (int)(blank - text) : len;
		if (to > from)
			code = token(rock, 0, text + from, to - from, from, to);
	}
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

int fts_api(sqlite3 *db, fts5_api **ret, struct err *e)
{
	fts5_api *api = NULL;
	sqlite3_stmt *st = NULL;
	int rc = db_prepare(db, "SELECT fts5(?1)", &st, e);

	if (rc)
		return rc;
	sqlite3_bind_pointer(st, 1, &api, "fts5_api_ptr", NULL);
	sqlite3_step(st);
	sqlite3_finalize(st);
	if (!api)
		return err_set(e, -ENOTSUP, "this SQLite has no full-text search");
	*ret = api;
	return 0;
}

int tokens_setup(sqlite3 *db, struct err *e)
{
	fts5_tokenizer ready = { begin, end, each };
	fts5_api *api;
	int rc = fts_api(db, &api, e);

	if (!rc && api->xCreateTokenizer(api, "ascii", api, &ready, NULL) != SQLITE_OK)
		rc = db_error(db, e, "cannot add a tokenizer");
	return rc;
}

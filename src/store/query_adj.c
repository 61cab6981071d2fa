/* ADJ: FTS5 finds phrases near each other in any order; this function looks at their places. */
#include "query.h"

#include "../base/err.h"
#include "db.h"
#include "tokens.h"

struct places {
	const Fts5ExtensionApi *api;
	Fts5Context *fts;
	int n; /* instances, in the order of their places */
	int64_t window, columns;
};

/* Do the phrases after the first follow one another, from instance `at`, which is the first?  The
 * earliest place of each is as good as any later. */
static int follow(const struct places *p, int at, bool *ret)
{
	int phrase, column, word, next = 1, phrases = p->api->xPhraseCount(p->fts);
	int code = p->api->xInst(p->fts, at, &phrase, &column, &word);
	int in = column, end = word + p->api->xPhraseSize(p->fts, 0);
	int64_t limit = word + p->window;

	if (code != SQLITE_OK || phrase != 0 || !(p->columns >> column & 1))
		return code;
	for (int i = at + 1; next < phrases && i < p->n; i++) {
		code = p->api->xInst(p->fts, i, &phrase, &column, &word);
		if (code != SQLITE_OK || column != in || word >= limit)
			return code;
		if (phrase == next && word >= end) {
			end = word + p->api->xPhraseSize(p->fts, phrase);
			next++;
		}
	}
	*ret = next == phrases;
	return SQLITE_OK;
}

static void adj(const Fts5ExtensionApi *api, Fts5Context *fts, sqlite3_context *ctx, int nvalues,
                sqlite3_value **values)
{
	struct places p = { .api = api, .fts = fts };
	bool found = false;
	int code = api->xInstCount(fts, &p.n);

	if (nvalues != 2) {
		sqlite3_result_error(ctx, "adj() takes a window and columns", -1);
		return;
	}
	p.window = sqlite3_value_int64(values[0]);
	p.columns = sqlite3_value_int64(values[1]);
	for (int i = 0; code == SQLITE_OK && !found && i < p.n; i++)
		code = follow(&p, i, &found);
	if (code != SQLITE_OK)
		sqlite3_result_error_code(ctx, code);
	else
		sqlite3_result_int(ctx, found);
}

int query_adj(sqlite3 *db, struct err *e)
{
	fts5_api *api;
	int rc = fts_api(db, &api, e);

	if (rc)
		return rc;
	if (api->xCreateFunction(api, "adj", NULL, adj, NULL) != SQLITE_OK)
		return db_error(db, e, "cannot add adj()");
	return 0;
}

#include "list.h"

#include "../base/buf.h"
#include "db.h"

void list_pack(struct buf *to, const struct buf *list)
{
	buf_reset(to);
	LIST_EACH(p, list->data, list->len)
	if (*p)
		buf_add(to, p, strlen(p) + 1);
	buf_addc(to, '\0');
}

int list_insert(sqlite3_stmt *st, int64_t docid, const char *list, size_t len)
{
	int code = SQLITE_OK;

	LIST_EACH(p, list, len)
	{
		if (!*p)
			continue;
		db_bind_text(st, 1, p);
		sqlite3_bind_int64(st, 2, docid);
		code = db_run(st);
		if (code != SQLITE_OK)
			break;
	}
	sqlite3_clear_bindings(st);
	return code;
}

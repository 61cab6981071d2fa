/* A batch holds records (record.h) and edits (edit.h) one after the other, each behind a number
 * that says which. */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H

#include "edit.h"
#include "record.h"

#include <stddef.h>

enum batch_kind {
	BATCH_END = 0,
	BATCH_BROKEN = 1,
	BATCH_RECORD = 0x6c656952,
	BATCH_EDIT = 0x6c656945
};

/* What comes next at `at`. */
enum batch_kind batch_peek(const char *batch, size_t len, size_t at);
/* Decode the edit at *at and advance; 1, or -EBADMSG (checked, never trusted).  ret points into the
 * batch. */
int edit_next(const char *batch, size_t len, size_t *at, struct edit *ret);

#endif

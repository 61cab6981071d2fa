/* An edit: a change to what the store knows, beside new messages.
 *
 * Edits travel in batches among records (record.h), are applied in order and durable with the
 * same commit.  Each is idempotent: a batch that is sent again after a crash does no harm.
 *
 * mail_sync.  A folder is a URL ("maildir:/home/u/Mail/inbox"); a file in it is a name (of a Maildir:
 * the whole base name, flags included) that stands for a stored message.  Each file row keeps the
 * keywords that file and message agreed on last, its *base*.  What somebody else did to the file
 * is the difference between its flags and the base; what happened in the store is the difference
 * between the message's keywords and the base.  Both are merged, keyword by keyword; neither ever
 * overwrites the other. Only keywords that the folder can hold (KW_MAILDIR) take part.
 * A file may have keywords of its *own* (`lei q -tt` flags matches): until the file drops them, they
 * count as if the message had them, too.
 *
 * The outbox holds the messages whose keywords differ from the base of one of their files: what
 * is to be written to folders that want it.  It survives crashes.
 *
 * A message that is removed leaves its files known, of message 0: they are not new to whoever looks
 * at the folder, so it does not come back on its own. */
#ifndef STORE_EDIT_H
#define STORE_EDIT_H

#include "../base/buf.h"
#include "../mail/keywords.h"

#include <stdbool.h>
#include <stdint.h>

struct err;

enum edit_op {
	EDIT_MARK, /* message oid: keywords and labels */
	EDIT_FOLDER, /* make the folder known; `wrote` decides its origin the first time */
	EDIT_FILE, /* file `name` is message oid, with the flags kw */
	EDIT_RENAME, /* file `name` is now `to`, with the flags kw */
	EDIT_GONE, /* file `name` is no more */
	EDIT_SCANNED, /* the folder was read whole; it looked like `look` before that */
	EDIT_FORGET, /* the folder and all its rows; the messages stay */
	EDIT_SETTLED, /* message docid was written everywhere as kw: leave the outbox if it still is */
	EDIT_REMOVE, /* message oid, with all its copies */
	EDIT_REINDEX, /* the index is to be made anew (index_again.h) */
	EDIT_REINDEXED, /* it is; of no effect, and counted as unknown, when messages are lacking */
	EDIT_LOST, /* the bytes of blob oid are damaged: keep them aside, so that others can come */
	EDIT_BLOB_IS, /* it is the id of a blob that is damaged: `to` is right */
};

/* What a Maildir's cur/ and new/ look like (inode, and change of the directory in ns): a scan is
 * needed when that differs.  All 0: unknown, scan. */
struct folder_look {
	uint64_t cur_ino, new_ino;
	int64_t cur_ns, new_ns;
};

struct edit {
	enum edit_op op;
	const char *folder; /* URL; "" where none is meant; never NULL once decoded */
	const char *name, *to;
	char oid[41];
	int64_t docid; /* EDIT_SETTLED */
	kw_set kw;
	/* FILE, RENAME: somebody else made this name, so its flags are news: FILE adds them to the
	 * message, RENAME applies their difference to the base.  False: we wrote it ourselves, and the
	 * flags are only the new base. */
	bool news;
	kw_set own; /* FILE without news: of kw, what the file alone is to have */
	bool wrote; /* EDIT_FOLDER: made by us (lei q -o), so keywords may be written to it */
	kw_set set, clear; /* EDIT_MARK; what is in both is set, likewise with labels */
	const char *add_labels, *drop_labels; /* EDIT_MARK: NUL-separated, ended by "" */
	struct folder_look look; /* EDIT_SCANNED */
};

/* Append to a batch; 0 or -ENOMEM, -E2BIG for a name beyond 64 KiB. */
int edit_encode(const struct edit *ed, struct buf *out, struct err *e);

#endif

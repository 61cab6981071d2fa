/* Where a command's mail comes from: LOCATION... or standard input, and what +kw: and +L: say. */
#ifndef COMMAND_INPUTS_H
#define COMMAND_INPUTS_H

#include "cmd.h"

#include "../base/buf.h"
#include "../mail/mbox_lock.h"
#include "../mail/source.h"

enum { LABEL_MAX = 243 }; /* bytes */

struct inputs {
	const char **paths; /* owned array; "-" is standard input */
	size_t n;
	struct buf found; /* those that are not arguments, NUL-separated */
	enum mail_format format; /* of -F; MAIL_UNKNOWN to look */
	struct lock_plan lock; /* of files that may be mailboxes */
	kw_set kw; /* of +kw:, for every message */
	struct buf labels; /* of +L:, NUL-separated, ended by an empty string */
	kw_set drop_kw; /* of -kw: and -L: likewise */
	struct buf drop_labels;
	bool patches; /* standard input and files called .patch are one message, or a bare patch */
	bool (*is_other)(
	    const char *arg); /* not for us to check and read; NULL: there is nothing such */
};

enum input_marks {
	MARKS_NONE,
	MARKS_ADD,
	MARKS_CHANGE
}; /* none; +kw: and +L:; -kw: and -L:, too */

/* Sort the arguments and check all of them before anything is read: a missing path, an unknown
 * keyword, a bad label or a URL is an error.  With --oid or --mid there may be none. */
int inputs_prepare(const struct cmd *c, enum input_marks marks, struct inputs *ret, struct err *e);
/* As above for `patches`, without marks.  What is_other (may be NULL) says of an argument is left to
 * the caller. */
int inputs_prepare_patches(const struct cmd *c, bool (*is_other)(const char *arg),
                           struct inputs *ret, struct err *e);
void inputs_free(struct inputs *in);

/* --recursive: in place of each directory the Maildirs at and below it that --include and --exclude
 * leave, in the order of their names.  -ENOENT when there is none. */
int inputs_recurse(const struct cmd *c, struct inputs *in, struct err *e);

/* Read one input; as mail_read_path. */
int inputs_read(const struct inputs *in, size_t i, mail_sink *sink, void *rock, uint64_t *ret_count,
                struct err *e);

/* Append the URL of the folder (folder.h) that an input is, or lies in as a file; nothing for
 * mail that is in none. */
int inputs_folder(const struct inputs *in, size_t i, struct buf *out, struct err *e);

/* One argument: 1 when it was "+kw:X" or "+L:X" and is noted, 0 when it is something else. */
int inputs_mark(struct inputs *in, const char *arg, struct err *e);

#endif

/* Mail from anywhere: eml, mbox, Maildir; a path or a descriptor; compressed or not. */
#ifndef MAIL_SOURCE_H
#define MAIL_SOURCE_H

#include "format.h"
#include "keywords.h"

#include <stdint.h>

struct err;

struct raw_mail {
	const char *data; /* canonical bytes, those that the git blob holds: no "From " line, and
			     without the headers that mail_canon drops; valid during the call */
	size_t len;
	const char *raw; /* what a copy to another mailbox keeps: as it stood, but an mbox message
			    without its Status and X-Status; valid during the call */
	size_t raw_len;
	const char *name; /* of its file in a Maildir, without a directory; else NULL */
	kw_set kw; /* from an mbox message's Status/X-Status or from the Maildir file name */
	uint64_t offset; /* input bytes consumed, for progress */
};
/* Called for each message in order; non-zero stops the reading, which then returns it. */
typedef int mail_sink(void *rock, const struct raw_mail *m, struct err *e);

/* Read everything from `fd` (the caller's).  MAIL_UNKNOWN: look at it.  An empty input is an
 * empty mailbox.  *ret_count: messages delivered, also on failure. */
int mail_read_fd(int fd, const char *name, enum mail_format f, mail_sink *sink, void *rock,
                 uint64_t *ret_count, struct err *e);
/* As above for a path relative to the working directory; a directory with cur/ is a Maildir.
 * A Maildir entry that vanishes or was renamed while we read is looked up again, and skipped
 * silently only when it has really gone. */
int mail_read_path(const char *path, enum mail_format f, mail_sink *sink, void *rock,
                   uint64_t *ret_count, struct err *e);

/* The same, with a file that may be an mbox locked; lock may be NULL. */
struct lock_plan;
int mail_read_locked(const char *path, enum mail_format f, const struct lock_plan *lock,
                     mail_sink *sink, void *rock, uint64_t *ret_count, struct err *e);

/* Drop the headers that the original drops before it hashes a message (Status, X-Status, Bytes,
 * Lines, Content-Length), and normalise as it does; keywords of Status/X-Status are added
 * to *kw.  Writes to `out` (appended). */
struct buf;
int mail_canon(const char *data, size_t len, struct buf *out, kw_set *kw);
/* The git blob id of canonical bytes. */
void mail_oid(const char *data, size_t len, char oid[41]);

#endif

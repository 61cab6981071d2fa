/* The names of mail formats, and how to tell them apart. */
#ifndef MAIL_FORMAT_H
#define MAIL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

enum mail_format {
	MAIL_UNKNOWN = 0,
	MAIL_EML,
	MAIL_MBOXRD,
	MAIL_MBOXO,
	MAIL_MBOXCL,
	MAIL_MBOXCL2,
	MAIL_MAILDIR,
};

/* Case-insensitive; MAIL_UNKNOWN for another name.  "mbox" alone is none of them. */
enum mail_format mail_format_by_name(const char *name, size_t len);
const char *mail_format_name(enum mail_format f); /* "mboxrd"; static */

bool mail_format_is_mbox(enum mail_format f);

/* Split "format:path" (a format's name before the first colon); *ret_path points into arg.
 * MAIL_UNKNOWN with *ret_path = arg when there is no such prefix. */
enum mail_format mail_format_split(const char *arg, const char **ret_path);

/* Look at the first bytes of a file (uncompressed).  "From " opens an mbox: mboxrd, or mboxcl2
 * when the first header block has a Content-Length that fits; a header line opens an eml when
 * the header has at least one field that tells mail from other files with colons. */
enum mail_format mail_format_sniff(const char *head, size_t len);

#endif
